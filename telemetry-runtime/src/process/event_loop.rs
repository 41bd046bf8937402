//! `vm.event_loop`: how long a task of the application waits until it is run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::OnFailure;

use super::executor::Executor;
use crate::poller::Poll;
use crate::vocabulary::vm::vm;

/// Spawns a task and waits until it has run. It needs no timers of the application's runtime, and sees
/// what they would not: they count milliseconds.
///
/// An event loop that is blocked for longer than a poll may take is told as it is, and the poll fails;
/// so does one whose runtime has ended.
pub(super) fn poll(executor: &Executor) -> Poll {
    let Executor { name, handle } = executor.clone();
    let probe = move || {
        let handle = handle.clone();
        let mut waiting = Waiting { runtime: name.clone(), since: Instant::now(), is_told: false };
        async move {
            let since = waiting.since;
            let lag = handle.spawn(async move { since.elapsed() }).await;
            waiting.is_told = true;
            let lag = lag.map_err(|_| "this Tokio runtime has ended")?;
            waiting.tell(lag);
            Ok::<(), &str>(())
        }
    };
    Poll::new_async(format!("vm.event_loop {}", executor.name), probe)
        .on_failure(OnFailure::Backoff)
        .while_heard(&vm::event_loop)
}

/// A task that has not run yet. Dropped before, it tells how long that has been.
struct Waiting {
    runtime: Arc<str>,
    since: Instant,
    is_told: bool,
}

impl Waiting {
    fn tell(&self, lag: Duration) {
        telemetry::execute!(vm.event_loop, { lag }, { runtime: &self.runtime });
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(self.since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_that_is_not_run_in_time_is_told_as_it_is() {
        let captured = telemetry::testing::capture(&[&vm::event_loop]);
        let waiting = |is_told| Waiting { runtime: "main".into(), since: Instant::now(), is_told };
        drop(waiting(true));
        assert!(captured.of(&vm::event_loop).is_empty());
        drop(waiting(false));
        assert_eq!(captured.of(&vm::event_loop)[0].metadata["runtime"], "main");
    }
}
