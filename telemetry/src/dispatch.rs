//! Running an event's handlers: over the list of this moment, each one isolated from the others.
//!
//! Metrics are fed first. Costs: one locked store if there are handlers, and per handler one indirect
//! call inside `catch_unwind`. Nothing is allocated unless a handler panics. With `panic = "abort"`
//! there is no isolation.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::{Event, EventSchema, Execution, Handler, HandlerList};
use crate::outcome::ExceptionKind;
use crate::reclaim::Published;
use crate::{attachments, panics, reclaim, vocabulary};

/// Panics of handlers since the process began.
static FAILURES: AtomicU64 = AtomicU64::new(0);

impl<S: EventSchema> Event<S> {
    /// Runs the event's handlers on these values, in this thread.
    ///
    /// [`execute!`](crate::execute) is the way to write this: it computes the values only if
    /// somebody listens.
    #[inline]
    pub fn execute(&'static self, measurements: &S::Measurements, metadata: &S::Metadata<'_>) {
        run(&Execution::new(self, measurements, metadata));
    }
}

/// Feeds the metrics, and runs all handlers that are attached at this moment.
#[cold]
#[inline(never)]
fn run(execution: &Execution<'_>) {
    let event = execution.event();
    event.count();
    if let Some(recorder) = event.recorder() {
        recorder.record(execution);
    }
    if let Some(handlers) = event.handlers() {
        call(handlers, execution);
    }
}

/// Apart, so that an event that is only measured pays for nothing of this.
#[inline(never)]
fn call(handlers: &Published<HandlerList>, execution: &Execution<'_>) {
    handlers.read(|handlers| {
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

/// How often handlers have panicked since the process began: when called, or when dropped after
/// they were detached.
pub fn handlers_failed() -> u64 {
    FAILURES.load(Ordering::Relaxed) + reclaim::failures()
}

/// Counts the panic, detaches the handler if its policy says so, and executes
/// `telemetry.handler.failure`, unless that is the event whose handler failed.
#[cold]
fn failed(handler: &Arc<Handler>, execution: &Execution<'_>, payload: &(dyn Any + Send)) {
    FAILURES.fetch_add(1, Ordering::Relaxed);
    let failures = handler.failures.fetch_add(1, Ordering::Relaxed) + 1;
    let detach_after = handler.detach_after.load(Ordering::Relaxed);
    if detach_after != 0 && failures >= detach_after {
        attachments::detach_failed(handler);
    }
    let event = &vocabulary::telemetry::handler::failure;
    if std::ptr::eq(execution.event(), event.any()) {
        return;
    }
    let reason = panics::message(payload);
    panics::with_last(|record| {
        // A panic that was resumed did not pass the hook: the record is of another one.
        let record = record.filter(|record| *record.message == *reason);
        vocabulary::execute_failure(&vocabulary::Failure {
            event_name: execution.name(),
            handler_id: &handler.id,
            handler_config: handler.body.config(),
            kind: ExceptionKind::Panic,
            reason,
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
