//! Events: one static each, which holds the list of its handlers.

mod count;
mod execution;
mod handler;
mod listeners;
mod record;
mod schema;

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

use self::execution::ReadField;
pub use self::execution::{Executed, Execution, Fields};
pub(crate) use self::handler::{Body, Handler, HandlerList};
pub use self::listeners::Listeners;
use self::record::Listening;
pub use self::record::Record;
pub use self::schema::EventSchema;
use crate::field::Field;
use crate::reclaim::Published;
use crate::value::Value;

/// A declared event with its types; `events!` makes a static of this type for every name.
///
/// It derefs to [`AnyEvent`], so that events of different types stand in one list.
#[repr(transparent)]
pub struct Event<S> {
    any: AnyEvent,
    schema: PhantomData<fn() -> S>,
}

/// An event without its types: its name, its fields and its handlers.
///
/// Everything that does not depend on the types lives here, so that a thousand events cost a
/// thousand small statics and not a thousand copies of the dispatch.
pub struct AnyEvent {
    listening: Listening,
    handlers: Published<HandlerList>,
    declaration: Declaration,
}

/// What is known of an event at compile time.
pub(crate) struct Declaration {
    name: &'static str,
    description: &'static str,
    measurements: &'static [Field],
    metadata: &'static [Field],
    family: Option<&'static Listeners>,
    location: &'static Location<'static>,
    is_declared: bool,
    /// Of the schema: what the values of an execution are is known by it.
    schema: TypeId,
    measurement: ReadField,
    metadatum: ReadField,
    own_measurements: for<'e> fn(&Execution<'e>) -> Arc<dyn Any + Send + Sync>,
}

impl<S: EventSchema> Event<S> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(family: Option<&'static Listeners>) -> Self {
        Self::build(S::NAME, family)
    }

    /// An event whose name is made at run time.
    #[track_caller]
    pub(crate) const fn named(name: &'static str) -> Self {
        Self::build(name, None)
    }

    #[track_caller]
    const fn build(name: &'static str, family: Option<&'static Listeners>) -> Self {
        Self {
            any: AnyEvent {
                listening: Listening::nobody(),
                handlers: Published::empty(),
                declaration: Declaration {
                    name,
                    description: S::DESCRIPTION,
                    measurements: S::MEASUREMENTS,
                    metadata: S::METADATA,
                    family,
                    location: Location::caller(),
                    is_declared: !S::NAME.is_empty(),
                    schema: TypeId::of::<S>(),
                    measurement: read_measurement::<S>,
                    metadatum: read_metadatum::<S>,
                    own_measurements: own_measurements::<S>,
                },
            },
            schema: PhantomData,
        }
    }

    /// The event without its types.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "in dev builds too: there is one of these for each event"
    )]
    pub const fn any(&self) -> &AnyEvent {
        &self.any
    }
}

// Functions and not closures, and no combinators: all of this is made anew for each event.

fn read_measurement<'e, S: EventSchema>(
    execution: &Execution<'e>,
    index: usize,
) -> Option<(&'e str, Value<'e>)> {
    match execution.typed::<S>() {
        Some(executed) => S::named_measurement(executed.measurements, index),
        None => None,
    }
}

fn read_metadatum<'e, S: EventSchema>(
    execution: &Execution<'e>,
    index: usize,
) -> Option<(&'e str, Value<'e>)> {
    match execution.typed::<S>() {
        Some(executed) => S::named_metadatum(executed.metadata, index),
        None => None,
    }
}

fn own_measurements<S: EventSchema>(execution: &Execution<'_>) -> Arc<dyn Any + Send + Sync> {
    match execution.typed::<S>() {
        Some(executed) => Arc::new(executed.measurements.clone()),
        None => Arc::new(()),
    }
}

impl AnyEvent {
    /// The name, segments joined by dots: `my_app.orders.placed`.
    pub const fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// The declaration's doc comment.
    pub const fn description(&self) -> &'static str {
        self.declaration.description
    }

    /// The declared measurements.
    pub const fn measurements(&self) -> &'static [Field] {
        self.declaration.measurements
    }

    /// The declared metadata.
    pub const fn metadata(&self) -> &'static [Field] {
        self.declaration.metadata
    }

    /// Where the event is declared.
    pub const fn location(&self) -> &'static Location<'static> {
        self.declaration.location
    }

    /// Whether a handler is attached, or a runtime measures the event. One load.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call site's whole cost while nobody listens")]
    pub fn has_handlers(&self) -> bool {
        !self.listening.is_nobody()
    }

    /// Whether somebody reads the values of an execution. Who only counts executions is told of this
    /// one.
    #[doc(hidden)]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call site's whole cost while nobody listens")]
    pub fn wants_values(&self) -> bool {
        self.listening.wants_values()
    }

    /// Tells who only counts executions of this one.
    #[inline]
    pub(crate) fn count(&self) {
        self.listening.count();
    }

    /// The handlers, if there are any.
    #[inline]
    pub(crate) fn handlers(&self) -> Option<&Published<HandlerList>> {
        self.listening.has_handlers().then_some(&self.handlers)
    }

    /// Replaces the list of handlers. To be called under the lock of attachments.
    pub(crate) fn publish(&self, handlers: HandlerList) {
        let before = self.listening.has_handlers();
        let after = !handlers.is_empty();
        self.handlers.replace(after.then(|| Box::new(handlers)));
        self.listening.set_handlers(after);
        self.count_in_family(before, after);
    }

    /// Who records the event at this moment.
    #[inline]
    pub(crate) fn recorder(&self) -> Option<&'static dyn Record> {
        self.listening.recorder()
    }

    /// The one who records the event whenever it is recorded: `recorder`, unless there is one.
    #[doc(hidden)]
    pub fn recorder_or(&self, recorder: &'static dyn Record) -> &'static dyn Record {
        self.listening.recorder_or(recorder)
    }

    /// Whether its recorder is called from now on.
    #[doc(hidden)]
    pub fn set_recorded(&self, is_recorded: bool) {
        if self.listening.set_recorded(is_recorded) {
            self.count_in_family(!is_recorded, is_recorded);
        }
    }

    /// Has its executions counted until as many have [ended](Self::end_counting) that. The call site
    /// counts, and computes no value for it.
    #[doc(hidden)]
    pub fn begin_counting(&self) {
        self.listening.begin_counting(|| self.count_in_family(false, true));
    }

    #[doc(hidden)]
    pub fn end_counting(&self) {
        self.listening.end_counting(|| self.count_in_family(true, false));
    }

    /// How often it was executed while it was counted, by all threads. Rises.
    #[doc(hidden)]
    pub fn counted(&self) -> u64 {
        self.listening.counted()
    }

    fn count_in_family(&self, before: bool, after: bool) {
        match (self.declaration.family, before, after) {
            (Some(family), false, true) => family.add(),
            (Some(family), true, false) => family.remove(),
            _ => {}
        }
    }

    fn own_measurements(&self, execution: &Execution<'_>) -> Arc<dyn Any + Send + Sync> {
        (self.declaration.own_measurements)(execution)
    }

    /// Whether executions of this event have the types of this schema.
    #[inline]
    fn has_schema(&self, schema: TypeId) -> bool {
        self.declaration.schema == schema
    }

    /// Whether the name was made at run time, by no declaration.
    pub(crate) fn is_dynamic(&self) -> bool {
        !self.declaration.is_declared
    }

    pub(crate) fn measurement_fields<'e>(&self, execution: Execution<'e>) -> Fields<'e> {
        Fields::new(self.declaration.measurement, execution)
    }

    pub(crate) fn metadata_fields<'e>(&self, execution: Execution<'e>) -> Fields<'e> {
        Fields::new(self.declaration.metadatum, execution)
    }
}

impl<S: EventSchema> Deref for Event<S> {
    type Target = AnyEvent;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as of `any`")]
    fn deref(&self) -> &AnyEvent {
        &self.any
    }
}

impl<S: EventSchema> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.any, f)
    }
}

impl fmt::Debug for AnyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.name())
    }
}
