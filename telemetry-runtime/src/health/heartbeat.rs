//! Liveness: whether the application still runs anything. Dependencies have no say in it.
//!
//! For each Tokio runtime of the application the telemetry runtime spawns a task that does nothing but
//! say that it was run, and spawns the next one only after that. One that waits for too long means
//! that all workers of that runtime are blocked. It needs no timer of theirs, and costs them a task a
//! second or less. Where there is no Tokio, the application [beats](Heartbeat::beat) itself.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

/// How often runtimes are probed at the least.
const RAREST: Duration = Duration::from_secs(1);

/// What liveness is judged by.
#[derive(Debug)]
pub(super) struct Liveness {
    start: Instant,
    /// How long a runtime may run nothing.
    stall: Duration,
    executors: Vec<Executor>,
    beats: Mutex<Vec<Arc<Beat>>>,
    failed: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Executor {
    handle: Handle,
    waits: Arc<Waits>,
}

/// Since when a task waits to be run, in nanoseconds since the start and one; 0 while none does.
#[derive(Debug, Default)]
struct Waits {
    since: AtomicU64,
}

#[derive(Debug)]
struct Beat {
    name: String,
    within: Duration,
    last: AtomicU64,
    start: Instant,
}

/// Says that a part of the application is alive; made by
/// [`Health::heartbeat`](super::Health::heartbeat). Dropping it ends that it is judged.
#[must_use = "what is dropped is not judged"]
pub struct Heartbeat {
    beat: Arc<Beat>,
    liveness: Weak<Liveness>,
}

impl Liveness {
    pub(super) fn new(executors: Vec<Handle>, stall: Duration) -> Self {
        let executors =
            executors.into_iter().map(|handle| Executor { handle, waits: Arc::default() });
        Self {
            start: Instant::now(),
            stall,
            executors: executors.collect(),
            beats: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// How often to [`probe`](Self::probe).
    pub(super) fn probe_every(&self) -> Duration {
        (self.stall / 4).clamp(Duration::from_millis(10), RAREST)
    }

    /// Spawns a task on each runtime whose last one was run.
    pub(super) fn probe(&self) {
        let now = nanoseconds(self.start.elapsed());
        for executor in &self.executors {
            if executor.waits.since.load(Ordering::Acquire) != 0 {
                continue;
            }
            executor.waits.since.store(now, Ordering::Release);
            // Dropped where the runtime has ended: that is for the application to say.
            let runs = Runs { waits: executor.waits.clone() };
            drop(executor.handle.spawn(async move { drop(runs) }));
        }
    }

    /// Why the application is dead, if it is.
    pub(super) fn fault(&self) -> Option<String> {
        if let Some(reason) = &*lock(&self.failed) {
            return Some(reason.clone());
        }
        // The task is spawned at the next probe after the runtime was blocked.
        let limit = self.stall.saturating_sub(self.probe_every());
        let now = nanoseconds(self.start.elapsed());
        let is_blocked = |executor: &Executor| {
            let since = executor.waits.since.load(Ordering::Acquire);
            since != 0 && now.saturating_sub(since) >= nanoseconds(limit)
        };
        if self.executors.iter().any(is_blocked) {
            let stall = self.stall;
            return Some(format!("the application's executor has run nothing for {stall:?}"));
        }
        let beats = lock(&self.beats);
        let silent = beats.iter().find(|beat| beat.silence() > beat.within);
        silent.map(|beat| format!("{:?} has not beaten for {:?}", beat.name, beat.within))
    }

    pub(super) fn fail(&self, reason: String) {
        lock(&self.failed).get_or_insert(reason);
    }

    /// The one of this name before is replaced.
    pub(super) fn heartbeat(self: &Arc<Self>, name: String, within: Duration) -> Heartbeat {
        let last = AtomicU64::new(nanoseconds(self.start.elapsed()));
        let beat = Arc::new(Beat { name, within, last, start: self.start });
        let mut beats = lock(&self.beats);
        beats.retain(|other| other.name != beat.name);
        beats.push(beat.clone());
        drop(beats);
        Heartbeat { beat, liveness: Arc::downgrade(self) }
    }
}

/// Dropped when it is run, or with its runtime.
struct Runs {
    waits: Arc<Waits>,
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.waits.since.store(0, Ordering::Release);
    }
}

impl Beat {
    fn silence(&self) -> Duration {
        let last = Duration::from_nanos(self.last.load(Ordering::Acquire));
        self.start.elapsed().saturating_sub(last)
    }
}

impl Heartbeat {
    /// It is alive.
    pub fn beat(&self) {
        let now = nanoseconds(self.beat.start.elapsed());
        self.beat.last.fetch_max(now, Ordering::AcqRel);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        if let Some(liveness) = self.liveness.upgrade() {
            lock(&liveness.beats).retain(|other| !Arc::ptr_eq(other, &self.beat));
        }
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat").field("name", &self.beat.name).finish_non_exhaustive()
    }
}

/// Never 0; saturated after 584 years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_runs_nothing_is_dead_within_the_stall_and_alive_again_after_it() {
        let stall = Duration::from_millis(200);
        let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let liveness = Liveness::new(vec![executor.handle().clone()], stall);
        // Nobody drives it: it is blocked from the beginning.
        let blocked = Instant::now();
        liveness.probe();
        assert_eq!(liveness.fault(), None);
        while liveness.fault().is_none() {
            std::thread::yield_now();
        }
        assert!(blocked.elapsed() + liveness.probe_every() >= stall);
        executor.block_on(tokio::task::yield_now());
        assert_eq!(liveness.fault(), None);
    }

    #[test]
    fn a_runtime_that_has_ended_is_not_judged() {
        let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let liveness = Liveness::new(vec![executor.handle().clone()], Duration::ZERO);
        drop(executor);
        liveness.probe();
        assert_eq!(liveness.fault(), None);
    }

    #[test]
    fn a_heart_that_does_not_beat_is_named_until_it_is_dropped() {
        let liveness = Arc::new(Liveness::new(Vec::new(), Duration::from_secs(30)));
        let heart = liveness.heartbeat("main loop".into(), Duration::from_millis(20));
        while liveness.fault().is_none() {
            std::thread::yield_now();
        }
        assert!(liveness.fault().unwrap().contains("main loop"));
        heart.beat();
        assert_eq!(liveness.fault(), None);
        while liveness.fault().is_none() {
            std::thread::yield_now();
        }
        drop(heart);
        assert_eq!(liveness.fault(), None);
    }

    #[test]
    fn what_the_application_says_of_itself_holds() {
        let liveness = Liveness::new(Vec::new(), Duration::from_secs(30));
        liveness.fail("the ledger is torn".into());
        liveness.fail("and more".into());
        assert_eq!(liveness.fault().as_deref(), Some("the ledger is torn"));
    }
}
