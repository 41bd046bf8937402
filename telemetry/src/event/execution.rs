//! One execution of an event, as handlers and metrics see it: with its types, or by name.
//!
//! Dispatch is not generic: an execution carries its two structs as pointers beside the event that
//! they belong to. This module is where the types are taken off and put on again, and nothing else.

#![allow(unsafe_code)]

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

use super::{AnyEvent, Event, EventSchema};
use crate::value::Value;

/// One execution of any event, by name. Copying it costs three words; nothing is allocated.
#[derive(Clone, Copy)]
pub struct Execution<'e> {
    event: &'static AnyEvent,
    measurements: *const (),
    metadata: *const (),
    values: PhantomData<&'e ()>,
}

/// One execution of a known event, with its types.
///
/// It derefs to [`Execution`] for the name and the by-name views.
pub struct Executed<'e, S: EventSchema> {
    /// The declared measurements.
    pub measurements: &'e S::Measurements,
    /// The declared metadata.
    pub metadata: &'e S::Metadata<'e>,
    execution: Execution<'e>,
}

impl<'e> Execution<'e> {
    /// The one place that makes an execution: the values have the event's own types.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "in dev builds too: there is one of these for each event"
    )]
    pub(crate) fn new<S: EventSchema>(
        event: &'static Event<S>,
        measurements: &'e S::Measurements,
        metadata: &'e S::Metadata<'_>,
    ) -> Self {
        Self {
            event: event.any(),
            measurements: ptr::from_ref(measurements).cast(),
            metadata: ptr::from_ref(metadata).cast(),
            values: PhantomData,
        }
    }

    /// The event that was executed.
    pub fn event(&self) -> &'static AnyEvent {
        self.event
    }

    /// The event's name.
    pub fn name(&self) -> &'static str {
        self.event.name()
    }

    /// The measurements by name.
    pub fn measurements(&self) -> Fields<'e> {
        self.event.measurement_fields(*self)
    }

    /// The metadata by name.
    pub fn metadata(&self) -> Fields<'e> {
        self.event.metadata_fields(*self)
    }

    /// A copy of the event's `Measurements`.
    pub(crate) fn owned_measurements(&self) -> Arc<dyn Any + Send + Sync> {
        self.event.own_measurements(self)
    }

    /// The execution with its types, if it is one of an event with the schema `S`.
    // Little of this is generic: in dev builds every generic function is made anew for each event.
    #[inline]
    pub fn typed<S: EventSchema>(&self) -> Option<Executed<'e, S>> {
        if !self.event.has_schema(TypeId::of::<S>()) {
            return None;
        }
        // SAFETY: an execution is only made by `Execution::new`, from an `Event<T>` and values of
        // T's types, borrowed for `'e`. `Event::<T>::new` keeps the id of T, which is that of S:
        // S = T.
        let measurements = unsafe { &*self.measurements.cast::<S::Measurements>() };
        // SAFETY: as above. The lifetime that the metadata was made with is erased; it outlives
        // `'e`. The code is the same for all lifetimes, and `S::shorten`, which is safe code and
        // knows nothing of this one, makes it `'e`: so metadata that may not be shortened is none.
        let metadata = S::shorten(unsafe { &*self.metadata.cast::<S::Metadata<'_>>() });
        Some(Executed { measurements, metadata, execution: *self })
    }
}

impl<'e, S: EventSchema> Executed<'e, S> {
    /// The execution without its types.
    pub fn execution(&self) -> Execution<'e> {
        self.execution
    }
}

impl<'e, S: EventSchema> Deref for Executed<'e, S> {
    type Target = Execution<'e>;

    fn deref(&self) -> &Execution<'e> {
        &self.execution
    }
}

impl fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("name", &self.name())
            .field("measurements", &self.measurements())
            .field("metadata", &self.metadata())
            .finish()
    }
}

impl<S: EventSchema> fmt::Debug for Executed<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.execution, f)
    }
}

/// Reads name and value of the field at an index; `None` past the end.
pub(super) type ReadField = for<'v> fn(&Execution<'v>, usize) -> Option<(&'v str, Value<'v>)>;

/// The measurements or the metadata of an execution by name, in the declared order.
#[derive(Clone, Copy)]
pub struct Fields<'e> {
    read: ReadField,
    execution: Execution<'e>,
}

impl<'e> Fields<'e> {
    pub(super) fn new(read: ReadField, execution: Execution<'e>) -> Self {
        Self { read, execution }
    }

    /// The value of the field with this name, `None` where the event has no such field.
    pub fn get(&self, name: &str) -> Option<Value<'e>> {
        self.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Names and values in the declared order.
    pub fn iter(&self) -> impl Iterator<Item = (&'e str, Value<'e>)> + use<'e> {
        let Self { read, execution } = *self;
        (0..).map_while(move |index| read(&execution, index))
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Name<'n>(&'n str);
        impl fmt::Debug for Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        f.debug_map().entries(self.iter().map(|(name, value)| (Name(name), value))).finish()
    }
}
