//! Ticks at a fixed rate.

use std::time::{Duration, Instant};

/// The longest that a failing poll is held back, unless its period is longer.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// The ticks of one poll: every so often from the first one on, however long calls take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    every: Duration,
    /// `None` where no clock reaches.
    next: Option<Instant>,
}

impl Schedule {
    /// `every` is at least a millisecond.
    pub(super) fn new(now: Instant, initial_delay: Duration, every: Duration) -> Self {
        Self { every, next: now.checked_add(initial_delay) }
    }

    /// When the next tick is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Passes the tick that is due, and those that have been missed since; how many were missed.
    pub(super) fn pass(&mut self, now: Instant) -> u64 {
        let Some(due) = self.next.filter(|next| *next <= now) else { return 0 };
        let late = now.duration_since(due);
        let missed = u64::try_from(late.as_nanos() / self.every.as_nanos()).unwrap_or(u64::MAX);
        self.next = self.after(due, missed.saturating_add(1));
        missed
    }

    /// Leaves ticks out after the `failures`-th failure in a row: 1, 2, 4 and so on. How many.
    pub(super) fn back_off(&mut self, failures: u64) -> u64 {
        let most = LONGEST_BACKOFF.as_nanos() / self.every.as_nanos();
        let most = u64::try_from(most).unwrap_or(u64::MAX).max(1);
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let left_out = 1_u64.checked_shl(doublings).unwrap_or(most).clamp(1, most);
        self.next = self.next.and_then(|next| self.after(next, left_out));
        left_out
    }

    /// Passes the ticks before a moment: they are for nobody.
    pub(super) fn rest(&mut self, until: Instant) {
        let Some(next) = self.next.filter(|next| *next < until) else { return };
        let ticks = until.duration_since(next).as_nanos().div_ceil(self.every.as_nanos());
        self.next = u64::try_from(ticks).ok().and_then(|ticks| self.after(next, ticks));
    }

    /// The tick so many periods after another.
    fn after(&self, tick: Instant, ticks: u64) -> Option<Instant> {
        let nanoseconds = self.every.as_nanos().checked_mul(u128::from(ticks))?;
        tick.checked_add(Duration::from_nanos(u64::try_from(nanoseconds).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ticks_from(start: Instant, schedule: &Schedule) -> Option<u128> {
        schedule.next().map(|next| next.duration_since(start).as_millis())
    }

    #[test]
    fn rate_is_kept_however_late_a_tick_is_passed() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND / 2, SECOND);
        assert_eq!(schedule.pass(start), 0, "nothing is due");
        for (at, missed, next) in [(500, 0, 1500), (2400, 0, 2500), (6499, 3, 6500)] {
            let now = start + Duration::from_millis(at);
            assert_eq!(schedule.pass(now), missed, "at {at} ms");
            assert_eq!(ticks_from(start, &schedule), Some(next), "at {at} ms");
        }
    }

    #[test]
    fn failures_in_a_row_leave_out_twice_as_many_ticks_up_to_five_minutes() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, SECOND);
        let left_out: Vec<u64> =
            [1, 2, 3, 4, 9, 10, 64, 65, u64::MAX].map(|nth| schedule.back_off(nth)).to_vec();
        assert_eq!(left_out, [1, 2, 4, 8, 256, 300, 300, 300, 300]);
        let ticks = left_out.iter().sum::<u64>();
        assert_eq!(ticks_from(start, &schedule), Some(u128::from(ticks) * 1000));

        let mut hourly = Schedule::new(start, Duration::ZERO, Duration::from_hours(1));
        assert_eq!([1, 2, 3].map(|nth| hourly.back_off(nth)), [1, 1, 1]);
    }

    #[test]
    fn rest_ends_at_a_tick() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, SECOND, SECOND);
        for (until, next) in [(500, 1000), (1000, 1000), (3001, 4000), (5000, 5000)] {
            schedule.rest(start + Duration::from_millis(until));
            assert_eq!(ticks_from(start, &schedule), Some(next), "until {until} ms");
        }
    }

    #[test]
    fn period_that_no_clock_reaches_ticks_once() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO, Duration::MAX);
        assert_eq!(schedule.pass(start + SECOND), 0);
        assert_eq!(schedule.next(), None);
        assert_eq!(Schedule::new(start, Duration::MAX, SECOND).next(), None);
    }
}
