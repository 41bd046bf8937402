//! Keeping what is executed.

// linkme's `#[link_section]`.
#![allow(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::ops::{Deref, Index};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::attach::{self, Policy};
use crate::distributed::list;
use crate::event::{AnyEvent, Event, EventSchema, Execution, Fields};
use crate::scope::{Joined, Scope};

list! {
    /// What the runtime wants to hear of captures.
    __TELEMETRY_CAPTURES_V0_1: fn(Scope), capture_hooks
}

/// Begins to capture executions of these events, on this thread and wherever its
/// [`scope`](Capture::scope) is handed to, until the capture is dropped.
///
/// Captures on one thread share its scope.
///
/// # Panics
/// When the handler cannot be attached, which is a bug of the toolkit.
#[must_use = "a capture that is dropped hears nothing"]
pub fn capture(events: &[&'static AnyEvent]) -> Capture {
    static CAPTURES: AtomicU64 = AtomicU64::new(1);

    let joined = Joined::new();
    let scope = joined.scope;
    for begin in capture_hooks() {
        begin(scope);
    }
    let kept: Arc<Mutex<Vec<Kept>>> = Arc::default();
    let mut handler = None;
    if !events.is_empty() {
        let id = format!("telemetry.capture.{}", CAPTURES.fetch_add(1, Ordering::Relaxed));
        let feed = Feed { kept: kept.clone(), scope };
        let attached = attach::attach_many(&id, events, feed, |execution, feed| {
            if Scope::current() == Some(feed.scope) {
                let kept = Kept::new(execution);
                feed.kept.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
            }
        });
        let attached = attached.unwrap_or_else(|error| panic!("captures have own ids: {error}"));
        handler = Some(attached.on_panic(Policy::Keep).id().to_owned());
    }
    Capture { kept, handler, joined }
}

/// What was executed since [`capture`]. `Debug` lists it, one execution a line.
pub struct Capture {
    kept: Arc<Mutex<Vec<Kept>>>,
    handler: Option<String>,
    joined: Joined,
}

struct Feed {
    kept: Arc<Mutex<Vec<Kept>>>,
    scope: Scope,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.scope)
    }
}

/// One execution, without its types.
#[derive(Clone)]
struct Kept {
    event: &'static AnyEvent,
    /// The event's `Measurements`.
    measurements: Arc<dyn Any + Send + Sync>,
    /// For the list.
    measured: CapturedFields,
    metadata: CapturedFields,
}

impl Capture {
    /// The executions of this event so far.
    pub fn of<S: EventSchema>(&self, event: &'static Event<S>) -> CapturedExecutions<S> {
        let executions = self.list().into_iter().filter_map(|kept| {
            let own = std::ptr::eq(kept.event, event.any());
            let measurements = kept.measurements.downcast_ref::<S::Measurements>()?.clone();
            own.then_some(Captured { measurements, metadata: kept.metadata })
        });
        CapturedExecutions {
            event: event.any(),
            executions: executions.collect(),
            all: format!("{self:?}"),
        }
    }

    /// The names of the executed events, in their order.
    pub fn names(&self) -> Vec<&'static str> {
        self.list().iter().map(|kept| kept.event.name()).collect()
    }

    /// The scope that is heard, to be handed to threads and tasks.
    pub fn scope(&self) -> Scope {
        self.joined.scope
    }

    fn list(&self) -> Vec<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if let Some(id) = &self.handler {
            // Somebody may have detached it by its id.
            let _ = attach::detach(id);
        }
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = self.list();
        if list.is_empty() {
            return f.write_str("nothing was executed");
        }
        for kept in list {
            writeln!(f, "{} {:?} {:?}", kept.event.name(), kept.measured, kept.metadata)?;
        }
        Ok(())
    }
}

impl Kept {
    fn new(execution: &Execution<'_>) -> Self {
        Self {
            event: execution.event(),
            measurements: execution.owned_measurements(),
            measured: CapturedFields::new(execution.measurements()),
            metadata: CapturedFields::new(execution.metadata()),
        }
    }
}

/// The captured executions of one event: a slice, whose index says what there was instead.
pub struct CapturedExecutions<S: EventSchema> {
    event: &'static AnyEvent,
    executions: Vec<Captured<S>>,
    /// Everything that was captured, as text.
    all: String,
}

/// One captured execution.
pub struct Captured<S: EventSchema> {
    /// The measurements with their types.
    pub measurements: S::Measurements,
    /// The metadata as text: it may have been borrowed.
    pub metadata: CapturedFields,
}

impl<S: EventSchema> Deref for CapturedExecutions<S> {
    type Target = [Captured<S>];

    fn deref(&self) -> &[Captured<S>] {
        &self.executions
    }
}

impl<S: EventSchema> Index<usize> for CapturedExecutions<S> {
    type Output = Captured<S>;

    #[track_caller]
    fn index(&self, index: usize) -> &Captured<S> {
        let Self { event, executions, all } = self;
        executions.get(index).unwrap_or_else(|| {
            panic!(
                "`{}` was executed {} times, and not {}; captured were:\n{all}",
                event.name(),
                executions.len(),
                index + 1,
            )
        })
    }
}

impl<S: EventSchema> fmt::Debug for CapturedExecutions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.all)
    }
}

impl<S: EventSchema> fmt::Debug for Captured<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.metadata)
    }
}

/// Captured fields by name, as text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CapturedFields {
    fields: Vec<(String, String)>,
}

impl CapturedFields {
    fn new(fields: Fields<'_>) -> Self {
        let fields = fields.iter().map(|(name, value)| (name.to_owned(), value.to_string()));
        Self { fields: fields.collect() }
    }

    /// The field's value, empty for a `None`; `None` where there is no such field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(String::as_str)
    }

    fn find(&self, name: &str) -> Option<&String> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

impl Index<&str> for CapturedFields {
    type Output = String;

    #[track_caller]
    fn index(&self, name: &str) -> &String {
        self.find(name).unwrap_or_else(|| panic!("no field `{name}`; there are {self:?}"))
    }
}

impl fmt::Debug for CapturedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.fields.iter().map(|(name, value)| (name, value))).finish()
    }
}
