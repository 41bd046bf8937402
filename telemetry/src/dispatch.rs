//! Running an event's handlers: over the list of this moment, each one isolated from the others.
//!
//! Costs: one locked store, and per handler one indirect call inside `catch_unwind`. Nothing is
//! allocated unless a handler panics. With `panic = "abort"` there is no isolation.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::execution::Execution;
use crate::outcome::ExceptionKind;
use crate::{attach, panics, reclaim, vocabulary};

/// The handlers of one event, in the order in which they were attached.
pub(crate) type HandlerList = Vec<Arc<Handler>>;

/// Panics of handlers since the process began.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// An attached function with its configuration.
pub(crate) struct Handler {
    pub(crate) id: Box<str>,
    /// After how many panics the handler is detached; 0 is never.
    pub(crate) detach_after: AtomicU32,
    pub(crate) failures: AtomicU32,
    pub(crate) body: Box<dyn Body>,
}

/// A handler's function and configuration, their types erased.
pub(crate) trait Body: Send + Sync {
    fn call(&self, execution: &Execution<'_>);
    fn config(&self) -> &dyn fmt::Debug;
}

/// Runs all handlers that are attached at this moment.
#[cold]
pub(crate) fn run(execution: &Execution<'_>) {
    execution.event().handlers().read(|handlers| {
        for handler in handlers.into_iter().flatten() {
            let call = AssertUnwindSafe(|| handler.body.call(execution));
            if let Err(payload) = catch_unwind(call) {
                failed(handler, execution, &*payload);
                discard(payload);
            }
        }
    });
    reclaim::collect();
}

pub(crate) fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}

/// Counts the panic, detaches the handler if its policy says so, and executes
/// `telemetry.handler.failure`, unless that is the event whose handler failed.
#[cold]
fn failed(handler: &Arc<Handler>, execution: &Execution<'_>, payload: &(dyn Any + Send)) {
    FAILURES.fetch_add(1, Ordering::Relaxed);
    let failures = handler.failures.fetch_add(1, Ordering::Relaxed) + 1;
    let detach_after = handler.detach_after.load(Ordering::Relaxed);
    if detach_after != 0 && failures >= detach_after {
        attach::detach_failed(handler);
    }
    let event = &vocabulary::telemetry::handler::failure;
    if std::ptr::eq(execution.event(), event.any()) {
        return;
    }
    panics::with_last(|record| {
        vocabulary::execute_failure(&vocabulary::Failure {
            event_name: execution.name(),
            handler_id: &handler.id,
            handler_config: handler.body.config(),
            kind: ExceptionKind::Panic,
            reason: panics::message(payload),
            location: record.and_then(|record| record.location.as_ref()),
        });
    });
}

/// A payload's own `drop` may panic; then it is left where it is.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
