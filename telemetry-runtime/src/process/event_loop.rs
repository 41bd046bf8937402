//! `vm.event_loop`: how long a task of the application waits until it is run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use telemetry::OnFailure;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::executor::Executor;
use crate::poller::Poll;
use crate::vocabulary::vm::vm;

/// How long an event loop may be blocked before that is a failure of its poll.
const BLOCKED: Duration = Duration::from_secs(10);

/// Spawns a task that tells how long it has waited, unless the one before still waits. It needs no
/// timers of the application's runtime, and sees what they would not: they count milliseconds.
///
/// It fails while the event loop is blocked for long, and when the runtime has ended.
pub(super) fn poll(executor: &Executor) -> Poll {
    let Executor { name, handle } = executor.clone();
    let mut last: Option<Probe> = None;
    let probe = move || {
        if let Some(probe) = &last {
            match probe.outcome() {
                Outcome::Told => {}
                Outcome::Lost => return Err("this Tokio runtime has ended".to_owned()),
                Outcome::Waits if probe.since.elapsed() < BLOCKED => return Ok(()),
                Outcome::Waits => {
                    let blocked = probe.since.elapsed();
                    return Err(format!("no task has been run for {} s", blocked.as_secs()));
                }
            }
        }
        last = Some(Probe::spawn(&handle, name.clone()));
        Ok(())
    };
    Poll::inline(format!("vm.event_loop {}", executor.name), probe)
        .on_failure(OnFailure::Backoff)
        .while_heard(&vm::event_loop)
}

/// A task that was spawned to see when it is run.
struct Probe {
    since: Instant,
    has_run: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

enum Outcome {
    Told,
    /// It was dropped.
    Lost,
    Waits,
}

impl Probe {
    fn spawn(handle: &Handle, runtime: Arc<str>) -> Self {
        let since = Instant::now();
        let has_run = Arc::new(AtomicBool::new(false));
        let runs = has_run.clone();
        let task = handle.spawn(async move {
            let lag = since.elapsed();
            runs.store(true, Ordering::Release);
            telemetry::execute!(vm.event_loop, { lag }, { runtime: &runtime });
        });
        Self { since, has_run, task }
    }

    fn outcome(&self) -> Outcome {
        // In this order: one that has run may have ended since.
        let has_ended = self.task.is_finished();
        match (self.has_run.load(Ordering::Acquire), has_ended) {
            (true, _) => Outcome::Told,
            (false, true) => Outcome::Lost,
            (false, false) => Outcome::Waits,
        }
    }
}
