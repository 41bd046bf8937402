//! The monotonic clock of spans and the wall-clock time that is derived from it.
//!
//! [`now`] costs one reading of a clock: of the processor's time stamp counter where the kernel
//! itself tells the time by it (Linux on `x86_64`, `docs/decisions/013-clock.md`), of [`Instant`]
//! elsewhere. [`system_time`] adds an offset that is measured anew every second, so that a span
//! reads the clock twice and not four times, and a stepped wall clock is followed.
//!
//! [`Instant`]: std::time::Instant

#[cfg(any(test, all(target_arch = "x86_64", target_os = "linux")))]
mod counted;
mod operating_system;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod processor;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
use self::operating_system as source;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use self::processor as source;

/// How long one wall-clock anchor serves.
const ANCHOR_LIFE_NANOS: u64 = 1_000_000_000;

#[cfg(test)]
thread_local! {
    /// How often this thread has read the clock.
    pub(crate) static READINGS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Nanoseconds on the monotonic clock since the first reading in this process. A reading that
/// follows another, on whichever thread, is not less.
pub fn now() -> u64 {
    #[cfg(test)]
    READINGS.set(READINGS.get() + 1);
    source::nanos()
}

/// The time since the Unix epoch at the monotonic reading `now`.
pub fn system_time(now: u64) -> Duration {
    // Two words that may be torn against each other: then one reading is derived from an anchor
    // of the second before, which is as exact.
    static OFFSET: AtomicU64 = AtomicU64::new(0);
    static EXPIRES: AtomicU64 = AtomicU64::new(0);

    if now >= EXPIRES.load(Ordering::Acquire) {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        OFFSET.store(nanos(epoch).wrapping_sub(source::nanos()), Ordering::Release);
        EXPIRES.store(now.saturating_add(ANCHOR_LIFE_NANOS), Ordering::Release);
    }
    Duration::from_nanos(OFFSET.load(Ordering::Acquire).wrapping_add(now))
}

/// 584 years fit.
fn nanos(duration: Duration) -> u64 {
    duration.as_secs().wrapping_mul(1_000_000_000).wrapping_add(duration.subsec_nanos().into())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn monotonic_readings_never_go_back() {
        let readings: Vec<u64> = (0..1000).map(|_| now()).collect();
        assert!(readings.is_sorted());
    }

    #[test]
    fn a_reading_that_follows_another_threads_is_not_less() {
        const SPAN: Duration = Duration::from_millis(500);
        let latest = AtomicU64::new(0);
        let is_over = AtomicBool::new(false);
        let (start, mut seen, mut back) = (Instant::now(), 0, None);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    latest.store(now(), Ordering::Release);
                }
            });
            while start.elapsed() < SPAN || seen == 0 {
                for _ in 0..1000 {
                    let before = latest.load(Ordering::Acquire);
                    let after = now();
                    if after < before {
                        back = Some((before, after));
                    }
                    seen = before;
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        assert_eq!(back, None);
    }

    #[test]
    fn readings_keep_up_with_the_clock_of_the_standard_library() {
        // several lines of the counter, each drawn by a reading here
        const SPAN: Duration = Duration::from_millis(1500);
        const TOLERANCE: Duration = Duration::from_micros(50);
        let (before, origin, after) = (Instant::now(), now(), Instant::now());
        while before.elapsed() < SPAN {
            let earliest = after.elapsed();
            let elapsed = Duration::from_nanos(now() - origin);
            let latest = before.elapsed();
            assert!(elapsed + TOLERANCE >= earliest, "{elapsed:?} where {earliest:?} have passed");
            assert!(elapsed <= latest + TOLERANCE, "{elapsed:?} where {latest:?} have passed");
        }
    }

    #[test]
    fn derived_system_time_is_near_the_wall_clock() {
        let derived = system_time(now());
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert!(wall.abs_diff(derived) < Duration::from_secs(2), "{wall:?} against {derived:?}");
    }
}
