//! One check that is kept: its description, and what is known of it.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::health_check::HealthCheck;
use super::options::Times;
use super::progress::Progress;
use super::snapshot::CheckInfo;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) check: HealthCheck,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    stale_after: Duration,
    progress: Mutex<Progress>,
    removed: watch::Sender<bool>,
}

impl Entry {
    pub(super) fn new(check: HealthCheck, times: &Times) -> Self {
        let every = check.every.unwrap_or(times.every);
        let timeout = check.timeout.unwrap_or(times.timeout);
        let usual = every.saturating_mul(3).saturating_add(timeout);
        let stale_after = check.stale_after.unwrap_or(usual);
        let (progress, removed) = (Mutex::default(), watch::Sender::new(false));
        Self { check, every, timeout, stale_after, progress, removed }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.check.name
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn thresholds(&self) -> (u32, u32) {
        (self.check.failure_threshold, self.check.success_threshold)
    }

    pub(super) fn remove(&self) {
        self.removed.send_replace(true);
    }

    pub(super) async fn removal(&self) {
        // The sender is here, so that there is no error.
        let _ = self.removed.subscribe().wait_for(|is| *is).await;
    }

    /// The time to the next run: a tenth more or less, so that programs which were started together
    /// do not ask together.
    pub(super) fn pause(&self) -> Duration {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let random = RandomState::new().hash_one(CALLS.fetch_add(1, Ordering::Relaxed)) % 2_001;
        // From 0.9 to 1.1; what is below 2,001 is exact.
        #[allow(clippy::cast_precision_loss)]
        let factor = 0.9 + random as f64 / 10_000.0;
        Duration::try_from_secs_f64(self.every.as_secs_f64() * factor).unwrap_or(self.every)
    }

    pub(super) fn info(&self) -> CheckInfo {
        let progress = self.progress();
        let ended: Option<Instant> = progress.checked_at.map(|(ended, _)| ended);
        CheckInfo {
            name: self.check.name.clone(),
            kind: self.check.kind,
            is_critical: self.check.is_critical,
            status: progress.status,
            reason: progress.reason,
            message: progress.message.clone(),
            duration: progress.duration,
            checked_at: progress.checked_at.map(|(_, at)| at),
            last_pass: progress.last_pass,
            runs: progress.runs,
            failures: progress.failures,
            timeouts: progress.timeouts,
            panics: progress.panics,
            skipped: progress.skipped,
            consecutive_failures: progress.failures_in_a_row,
            stale_at: ended.and_then(|ended| ended.checked_add(self.stale_after)),
            ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_a_tenth_earlier_or_later_than_said() {
        let times = Times::default();
        let every = Duration::from_secs(10);
        let entry = Entry::new(HealthCheck::blocking("a", || ()).every(every), &times);
        let pauses: Vec<Duration> = (0..100).map(|_| entry.pause()).collect();
        let bounds = Duration::from_secs(9)..=Duration::from_secs(11);
        assert!(pauses.iter().all(|pause| bounds.contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
