//! Attaching, detaching and listing handlers.
//!
//! A handler is a function and a configuration under an id that is unique in the process. All
//! changes go through one lock; executing never takes it, so that a handler may attach and detach
//! while it runs, itself too.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dispatch::{self, Body, Handler, HandlerList};
use crate::error::Error;
use crate::event::{AnyEvent, Event};
use crate::execution::{Executed, Execution};
use crate::reclaim;
use crate::schema::EventSchema;

/// Attaches a function to one event; it gets the event with its types.
///
/// It runs in the thread that executes, so it should be short and must not block.
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
    attach_body(
        id,
        &[event],
        Box::new(Closure {
            config,
            call: move |execution: &Execution<'_>, config: &C| {
                if let Some(executed) = execution.typed::<S>() {
                    function(&executed, config);
                }
            },
        }),
    )
}

/// Attaches a function to several events; it gets them by name.
///
/// An event that is named twice is attached to once.
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
    attach_body(id, events, Box::new(Closure { config, call: function }))
}

/// Detaches a handler from all its events. Calls that run at this moment end undisturbed.
///
/// # Errors
/// [`Error::is_not_found`] when no handler has this id.
pub fn detach(id: &str) -> Result<(), Error> {
    let mut registry = registry();
    let entry = registry.remove(id).ok_or_else(|| Error::not_found(id))?;
    entry.unpublish();
    // Only now: a configuration's `drop` is the user's code and may attach or detach.
    drop(registry);
    drop(entry);
    reclaim::collect();
    Ok(())
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
    let found: Vec<Entry> =
        registry().values().filter(|entry| entry.events.iter().any(covers)).cloned().collect();
    // Only now: a configuration's `Debug` is the user's code and may attach or detach.
    found
        .into_iter()
        .map(|entry| HandlerInfo {
            id: entry.handler.id.to_string(),
            events: entry.events.iter().map(|event| event.name()).collect(),
            config: format!("{:?}", entry.handler.body.config()),
            failures: entry.handler.failures.load(Ordering::Relaxed),
        })
        .collect()
}

/// How often handlers have panicked since the process began.
pub fn handlers_failed() -> u64 {
    dispatch::failures()
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

/// Detaches a handler after a panic, unless it is gone already and its id is another's by now.
pub(crate) fn detach_failed(handler: &Arc<Handler>) {
    let mut registry = registry();
    if registry.get(&*handler.id).is_some_and(|entry| Arc::ptr_eq(&entry.handler, handler)) {
        // The dispatch that failed still holds the handler, so that nothing is dropped here.
        let entry = registry.remove(&*handler.id);
        entry.iter().for_each(Entry::unpublish);
    }
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

/// All attached handlers by id. Its lock is the one under which lists are replaced.
static REGISTRY: Mutex<BTreeMap<Box<str>, Entry>> = Mutex::new(BTreeMap::new());

#[derive(Clone)]
struct Entry {
    handler: Arc<Handler>,
    events: Vec<&'static AnyEvent>,
}

/// No code of the user's runs under this lock.
fn registry() -> MutexGuard<'static, BTreeMap<Box<str>, Entry>> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn attach_body(
    id: &str,
    events: &[&'static AnyEvent],
    body: Box<dyn Body>,
) -> Result<Attached, Error> {
    if events.is_empty() {
        return Err(Error::no_events(id));
    }
    let mut registry = registry();
    if registry.contains_key(id) {
        return Err(Error::already_exists(id));
    }
    let handler = Arc::new(Handler {
        id: id.into(),
        detach_after: AtomicU32::new(1),
        failures: AtomicU32::new(0),
        body,
    });
    let mut entry = Entry { handler: handler.clone(), events: Vec::with_capacity(events.len()) };
    for event in events {
        if !entry.events.iter().any(|known| std::ptr::eq(*known, *event)) {
            entry.events.push(event);
        }
    }
    entry.publish();
    registry.insert(id.into(), entry);
    drop(registry);
    reclaim::collect();
    Ok(Attached { handler })
}

impl Entry {
    fn publish(&self) {
        for event in &self.events {
            let mut list = current(event);
            list.push(self.handler.clone());
            event.handlers().replace(Some(Box::new(list)));
            if let Some(span) = event.span() {
                span.listener_attached();
            }
        }
    }

    fn unpublish(&self) {
        for event in &self.events {
            let mut list = current(event);
            list.retain(|handler| !Arc::ptr_eq(handler, &self.handler));
            event.handlers().replace((!list.is_empty()).then(|| Box::new(list)));
            if let Some(span) = event.span() {
                span.listener_detached();
            }
        }
    }
}

/// A copy of the event's list. Under the lock, so that no change is lost.
fn current(event: &AnyEvent) -> HandlerList {
    event.handlers().read(|list| list.cloned().unwrap_or_default())
}
