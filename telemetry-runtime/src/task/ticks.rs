//! A clock that is read at every poll: in ticks, which are made times only when somebody looks.
//!
//! Where Linux keeps its own time by the processor's time stamp counter, that counter is read: 12 ns
//! where the clock takes 33 (decision 030). How long a tick is follows from how far both have come
//! since the first reading, so that nothing waits to measure it. Elsewhere a tick is a nanosecond.

#![allow(unsafe_code)]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The first reading of both clocks.
struct Origin {
    instant: Instant,
    ticks: u64,
    is_counter: bool,
}

static ORIGIN: LazyLock<Origin> = LazyLock::new(|| {
    let is_counter = is_trusted();
    Origin { instant: Instant::now(), ticks: if is_counter { counter() } else { 0 }, is_counter }
});

/// A reading, never 0. One of another processor may be a little behind.
#[inline]
pub(super) fn ticks() -> u64 {
    let origin = &*ORIGIN;
    let ticks = if origin.is_counter { counter() } else { nanos(origin.instant.elapsed()) };
    ticks.max(1)
}

/// How long ticks are.
#[derive(Clone, Copy)]
pub(super) struct Rate {
    nanos_per_tick: f64,
}

impl Rate {
    pub(super) fn measured() -> Self {
        let origin = &*ORIGIN;
        let elapsed = origin.instant.elapsed().as_secs_f64() * 1e9;
        #[expect(clippy::cast_precision_loss, reason = "a rate of two large numbers")]
        let ticked = ticks().saturating_sub(origin.ticks) as f64;
        let is_measured = origin.is_counter && ticked > 0.0;
        Self { nanos_per_tick: if is_measured { elapsed / ticked } else { 1.0 } }
    }

    pub(super) fn duration(self, ticks: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "exact to the nanosecond for a month")]
        let nanos = ticks as f64 * self.nanos_per_tick;
        Duration::try_from_secs_f64(nanos / 1e9).unwrap_or(Duration::MAX)
    }
}

/// 584 years fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether the kernel has found the counters of all processors to run alike and never to stop.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn is_trusted() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    std::fs::read_to_string(SOURCE).is_ok_and(|source| source.trim() == "tsc")
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[inline]
fn counter() -> u64 {
    // SAFETY: every processor of this architecture has the instruction. The kernel can forbid it to a
    // process, by a call that the process makes itself; then it does not keep its own time by it in
    // the process either.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn is_trusted() -> bool {
    false
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn counter() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_the_times_that_the_clock_measures() {
        let (clock, first) = (Instant::now(), ticks());
        while clock.elapsed() < Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        let (ticked, elapsed) = (ticks() - first, clock.elapsed());
        let measured = Rate::measured().duration(ticked);
        let apart = measured.abs_diff(elapsed);
        assert!(apart < Duration::from_millis(5), "{measured:?} against {elapsed:?}");
    }
}
