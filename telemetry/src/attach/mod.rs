//! Attaching, detaching and listing handlers.
//!
//! A handler is a function and a configuration under an id that is unique in the process. All
//! changes go through one lock; executing never takes it, so that a handler may attach and detach
//! while it runs, itself too.

mod declared;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use self::declared::DeclaredHandler;
use crate::attachments::{self, Reach};
use crate::error::Error;
use crate::event::{AnyEvent, Body, Event, EventSchema, Executed, Execution, Handler};

/// Attaches a function to one event; it gets the event with its types.
///
/// It runs in the thread that executes, so it should be short and must not block.
///
/// Where two versions of a library are in one program, this hears the version that `event` is of, as
/// the types of the other are other types; [`attach_many`] hears both.
///
/// # Errors
/// [`Error::is_already_exists`] when the id is taken; nothing is changed then.
///
/// # Examples
/// ```
/// telemetry::events! { event my_app.orders.placed { measurements { amount_cents: u64 } } }
///
/// telemetry::attach("big-orders", &my_app::orders::placed, 100_000, |event, limit| {
///     if event.measurements.amount_cents > *limit {
///         println!("a big order");
///     }
/// })?;
/// telemetry::detach("big-orders")?;
/// # Ok::<(), telemetry::Error>(())
/// ```
pub fn attach<S, C, F>(
    id: &str,
    event: &'static Event<S>,
    config: C,
    function: F,
) -> Result<Attached, Error>
where
    S: EventSchema,
    C: fmt::Debug + Send + Sync + 'static,
    F: for<'e> Fn(&Executed<'e, S>, &C) + Send + Sync + 'static,
{
    let call = move |execution: &Execution<'_>, config: &C| {
        if let Some(executed) = execution.typed::<S>() {
            function(&executed, config);
        }
    };
    attach_any(id, &[event], Reach::Named, config, call)
}

/// Attaches a function to several events; it gets them by name.
///
/// An event that is named twice is attached to once. Where another crate, or another version of the
/// same one, declares an event of the same name and fields, that one is heard too.
///
/// # Errors
/// [`Error::is_already_exists`] when the id is taken, [`Error::is_no_events`] when the list is
/// empty; nothing is changed then.
///
/// # Examples
/// ```
/// telemetry::events! {
///     event my_app.orders.placed { measurements { amount_cents: u64 } }
///     span  my_app.cart.checkout;
/// }
///
/// telemetry::attach_many(
///     "audit",
///     &[&my_app::orders::placed, &my_app::cart::checkout::stop],
///     (),
///     |event, ()| println!("{} {:?} {:?}", event.name(), event.measurements(), event.metadata()),
/// )?;
/// # Ok::<(), telemetry::Error>(())
/// ```
pub fn attach_many<C, F>(
    id: &str,
    events: &[&'static AnyEvent],
    config: C,
    function: F,
) -> Result<Attached, Error>
where
    C: fmt::Debug + Send + Sync + 'static,
    F: for<'e> Fn(&Execution<'e>, &C) + Send + Sync + 'static,
{
    attach_any(id, events, Reach::Twins, config, function)
}

fn attach_any<C, F>(
    id: &str,
    events: &[&'static AnyEvent],
    reach: Reach,
    config: C,
    function: F,
) -> Result<Attached, Error>
where
    C: fmt::Debug + Send + Sync + 'static,
    F: for<'e> Fn(&Execution<'e>, &C) + Send + Sync + 'static,
{
    let body = Box::new(Closure { config, call: function });
    let handler = attachments::attach(id, events, reach, body)?;
    Ok(Attached { handler })
}

/// Detaches a handler from all its events. Calls that run at this moment end undisturbed.
///
/// # Errors
/// [`Error::is_not_found`] when no handler has this id.
pub fn detach(id: &str) -> Result<(), Error> {
    attachments::detach(id)
}

/// The attached handlers that listen to an event under `prefix`, in the order of their ids.
///
/// The prefix is of whole segments: `my_app.orders` covers `my_app.orders.placed` and not
/// `my_app.orders_archive`. The empty prefix covers all.
pub fn handlers(prefix: &str) -> Vec<HandlerInfo> {
    let covers = |event: &&AnyEvent| {
        let rest = event.name().strip_prefix(prefix);
        prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    attachments::list()
        .into_iter()
        .filter(|attachment| attachment.events.iter().any(covers))
        .map(|attachment| HandlerInfo {
            id: attachment.handler.id.to_string(),
            events: names(&attachment.events),
            config: format!("{:?}", attachment.handler.body.config()),
            failures: attachment.handler.failures.load(Ordering::Relaxed),
        })
        .collect()
}

/// Twins are one event.
fn names(events: &[&'static AnyEvent]) -> Vec<&'static str> {
    let mut names = Vec::with_capacity(events.len());
    for event in events {
        if !names.contains(&event.name()) {
            names.push(event.name());
        }
    }
    names
}

/// What becomes of a handler that panics. The panic never reaches the code that executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Policy {
    /// It is detached at once.
    #[default]
    Detach,
    /// It stays, whatever happens.
    Keep,
    /// It is detached when it has panicked so many times; 0 counts as 1.
    DetachAfter(u32),
}

/// A handler that was attached. Dropping this changes nothing.
pub struct Attached {
    handler: Arc<Handler>,
}

impl Attached {
    /// Sets what becomes of the handler when it panics.
    #[expect(clippy::must_use_candidate, reason = "the policy is set when this returns")]
    #[expect(clippy::return_self_not_must_use, reason = "as above")]
    pub fn on_panic(self, policy: Policy) -> Self {
        let detach_after = match policy {
            Policy::Detach => 1,
            Policy::Keep => 0,
            Policy::DetachAfter(panics) => panics.max(1),
        };
        self.handler.detach_after.store(detach_after, Ordering::Relaxed);
        self
    }

    /// The id it was attached under.
    pub fn id(&self) -> &str {
        &self.handler.id
    }

    /// Whether nobody has detached it, nor a panic.
    pub fn is_attached(&self) -> bool {
        attachments::is_attached(&self.handler)
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attached({:?})", self.id())
    }
}

/// An attached handler as [`handlers`] lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerInfo {
    /// The id it was attached under.
    pub id: String,
    /// The names of the events that it listens to.
    pub events: Vec<&'static str>,
    /// The `Debug` of its configuration.
    pub config: String,
    /// How often it has panicked.
    pub failures: u32,
}

struct Closure<C, F> {
    config: C,
    call: F,
}

impl<C, F> Body for Closure<C, F>
where
    C: fmt::Debug + Send + Sync,
    F: for<'e> Fn(&Execution<'e>, &C) + Send + Sync,
{
    fn call(&self, execution: &Execution<'_>) {
        (self.call)(execution, &self.config);
    }

    fn config(&self) -> &dyn fmt::Debug {
        &self.config
    }
}
