//! What is executed meanwhile, and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

telemetry::events! { event chaos.worked { measurements { amount: u64 } } }
telemetry::metrics! { counter(chaos.worked.count); sum(chaos.worked.amount); }

/// Executions so far, of everybody.
pub(crate) static EXECUTED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn work() {
    EXECUTED.fetch_add(1, Ordering::Relaxed);
    telemetry::execute!(chaos.worked, { amount: 3 });
}

/// Whether the steps are over, for the load beside them.
#[derive(Default)]
pub(crate) struct Over {
    is_over: Mutex<bool>,
    changed: Condvar,
}

impl Over {
    /// Gives whether they are, at the latest after `limit`.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        let is_over = self.is_over.lock().unwrap();
        *self.changed.wait_timeout_while(is_over, limit, |is_over| !*is_over).unwrap().0
    }
}

/// Ends the load when it is dropped, where a step has failed too.
pub(crate) struct End<'o>(pub(crate) &'o Over);

impl Drop for End<'_> {
    fn drop(&mut self) {
        *self.0.is_over.lock().unwrap() = true;
        self.0.changed.notify_all();
    }
}
