//! The monotonic clock of spans and the wall-clock time that is derived from it.
//!
//! [`now`] costs one clock read. [`system_time`] adds an offset that is measured anew every second,
//! so that a span reads the clock twice and not four times, and a stepped wall clock is followed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long one wall-clock anchor serves.
const ANCHOR_LIFE_NANOS: u64 = 1_000_000_000;

/// Nanoseconds on the monotonic clock since the first reading in this process.
pub fn now() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    nanos(ORIGIN.get_or_init(Instant::now).elapsed())
}

/// The time since the Unix epoch at the monotonic reading `now`.
pub fn system_time(now: u64) -> Duration {
    // Two words that may be torn against each other: then one reading is derived from an anchor
    // of the second before, which is as exact.
    static OFFSET: AtomicU64 = AtomicU64::new(0);
    static EXPIRES: AtomicU64 = AtomicU64::new(0);

    if now >= EXPIRES.load(Ordering::Acquire) {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        OFFSET.store(nanos(epoch).wrapping_sub(self::now()), Ordering::Release);
        EXPIRES.store(now.saturating_add(ANCHOR_LIFE_NANOS), Ordering::Release);
    }
    Duration::from_nanos(OFFSET.load(Ordering::Acquire).wrapping_add(now))
}

/// 584 years fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monotonic_readings_never_go_back() {
        let readings: Vec<u64> = (0..1000).map(|_| now()).collect();
        assert!(readings.is_sorted());
    }

    #[test]
    fn derived_system_time_is_near_the_wall_clock() {
        let derived = system_time(now());
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert!(wall.abs_diff(derived) < Duration::from_secs(2), "{wall:?} against {derived:?}");
    }
}
