//! The word to stop, as it reaches tasks and threads.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Tells a child of a supervisor to stop. Copies of it tell the same.
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::{Child, Stop};
///
/// // a task waits for the word beside its work, on whatever executor
/// let task = Child::task("invoices", |stop: Stop| async move {
///     stop.requested().await;
/// });
/// // a thread asks between two pieces of work, or sleeps until the word comes
/// let thread = Child::thread("ledger", |stop: Stop| {
///     while !stop.wait(Duration::from_secs(1)) {
///         // … once a second …
///     }
/// });
/// ```
#[derive(Debug, Clone)]
pub struct Stop {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Until when to be done, once it is said.
    said: watch::Sender<Option<Instant>>,
    /// For threads: locked while they look and while it is said.
    gate: Mutex<()>,
    woken: Condvar,
}

/// A deadline that never comes.
pub(crate) fn never() -> Instant {
    const CENTURY: Duration = Duration::from_hours(100 * 365 * 24);
    Instant::now() + CENTURY
}

impl Stop {
    /// Nobody has said it yet.
    pub(crate) fn unsaid() -> Self {
        let shared =
            Shared { said: watch::Sender::new(None), gate: Mutex::new(()), woken: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Says it; what is not done at the deadline is abandoned. Said again, the earlier one counts.
    pub(crate) fn say(&self, deadline: Instant) {
        let _gate = self.shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.said.send_if_modified(|said| {
            let is_sooner = said.is_none_or(|known| deadline < known);
            if is_sooner {
                *said = Some(deadline);
            }
            is_sooner
        });
        self.shared.woken.notify_all();
    }

    /// Ready when it is said for the first time, or with an earlier deadline than the known one.
    pub(crate) async fn sooner_than(&self, known: Option<Instant>) -> Instant {
        let mut heard = self.shared.said.subscribe();
        let is_sooner =
            |said: &Option<Instant>| said.is_some_and(|at| known.is_none_or(|known| at < known));
        // The sender is here, so that there is no error.
        let said = heard.wait_for(is_sooner).await.ok().and_then(|said| *said);
        said.unwrap_or_else(Instant::now)
    }

    /// Whether it is time to stop.
    pub fn is_requested(&self) -> bool {
        self.deadline().is_some()
    }

    /// When who has not stopped by then is abandoned; `None` before it is time to stop.
    pub fn deadline(&self) -> Option<Instant> {
        *self.shared.said.borrow()
    }

    /// Ready when it is time to stop. Needs no particular executor.
    pub async fn requested(&self) {
        let mut said = self.shared.said.subscribe();
        // The sender is here, so that there is no error.
        let _ = said.wait_for(Option::is_some).await;
    }

    /// Blocks this thread until it is time to stop, at the longest for `limit`. Gives whether it is.
    pub fn wait(&self, limit: Duration) -> bool {
        let gate = self.shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let not_yet = |(): &mut ()| !self.is_requested();
        let woken = self.shared.woken.wait_timeout_while(gate, limit, not_yet);
        drop(woken);
        self.is_requested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_counts() {
        let stop = Stop::unsaid();
        assert!(!stop.is_requested() && !stop.wait(Duration::ZERO));
        let deadline = Instant::now();
        stop.say(deadline);
        stop.clone().say(never());
        assert_eq!(stop.deadline(), Some(deadline));
        let sooner = deadline.checked_sub(Duration::from_nanos(1)).unwrap();
        stop.say(sooner);
        assert_eq!(stop.deadline(), Some(sooner));
    }

    #[test]
    fn a_thread_that_waits_is_woken() {
        let stop = Stop::unsaid();
        let waits = stop.clone();
        let thread = std::thread::spawn(move || waits.wait(Duration::from_mins(1)));
        stop.say(never());
        assert!(thread.join().unwrap());
    }

    #[tokio::test]
    async fn a_task_that_waits_is_woken_and_a_late_one_need_not_wait() {
        let stop = Stop::unsaid();
        let waits = stop.clone();
        let task = tokio::spawn(async move { waits.requested().await });
        tokio::task::yield_now().await;
        stop.say(never());
        task.await.unwrap();
        stop.requested().await;
    }
}
