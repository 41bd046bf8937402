//! What a supervisor does when a child ends, and how often it does it.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Whether a child that has ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// After a failure; not when its work is done.
    Transient,
    /// Never.
    Temporary,
}

/// Which children are restarted when one of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// That one alone.
    #[default]
    OneForOne,
    /// All of them: the others are stopped first.
    OneForAll,
    /// That one and those after it, which are stopped first.
    RestForOne,
}

impl Strategy {
    /// As Erlang spells it: `one_for_one`, `one_for_all` or `rest_for_one`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many restarts a supervisor makes before it takes itself for broken: past that it stops its
/// children and fails, and its own supervisor decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Intensity {
    limit: Option<u32>,
    period: Duration,
}

impl Intensity {
    /// So many restarts within any period of this length.
    pub const fn new(restarts: u32, period: Duration) -> Self {
        Self { limit: Some(restarts), period }
    }

    /// Any number: only the backoff holds restarts up.
    pub const fn unlimited() -> Self {
        Self { limit: None, period: Duration::ZERO }
    }

    /// The number of restarts that may be within one period; `None` for any.
    pub const fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// The length of the period.
    pub const fn period(&self) -> Duration {
        self.period
    }
}

impl Default for Intensity {
    /// Five restarts within 30 seconds.
    fn default() -> Self {
        Self::new(5, Duration::from_secs(30))
    }
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Some(limit) => write!(f, "{limit} restarts within {:?}", self.period),
            None => f.write_str("any number of restarts"),
        }
    }
}

/// How long a supervisor waits before it restarts a child: twice as long after each failure in a row,
/// and a random part less, so that what fails together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    steady: Duration,
}

impl Backoff {
    /// From `first` to `longest`; the wait is between half of that and all of it.
    pub const fn exponential(first: Duration, longest: Duration) -> Self {
        Self { first, longest, steady: Duration::from_mins(1) }
    }

    /// Restarts are at once.
    pub const fn none() -> Self {
        Self::exponential(Duration::ZERO, Duration::ZERO)
    }

    /// After a run of this length a failure counts as the first again. One minute unless given.
    #[must_use]
    pub const fn steady_after(mut self, run: Duration) -> Self {
        self.steady = run;
        self
    }

    /// How long a run is that lets failures before it be forgotten.
    pub(super) const fn steady(&self) -> Duration {
        self.steady
    }

    /// The wait after so many failures in a row before this one. `random` is any number.
    pub(super) fn delay(&self, failures: u32, random: u64) -> Duration {
        let factor = 2_u32.saturating_pow(failures.min(31));
        let whole = self.first.saturating_mul(factor).min(self.longest);
        let half = whole / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        whole.saturating_sub(Duration::from_nanos(random % nanos.saturating_add(1)))
    }
}

impl Default for Backoff {
    /// From 100 milliseconds to 30 seconds.
    fn default() -> Self {
        Self::exponential(Duration::from_millis(100), Duration::from_secs(30))
    }
}

/// Any number, from the keys that the standard library seeds its hash maps with.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest_and_are_at_least_half() {
        let backoff = Backoff::exponential(FIRST, LONGEST);
        let mut whole = FIRST;
        for failures in 0..100 {
            assert_eq!(backoff.delay(failures, 0), whole);
            for random in [1, 77, u64::MAX / 3, u64::MAX] {
                let delay = backoff.delay(failures, random);
                assert!((whole / 2..=whole).contains(&delay), "{delay:?} after {failures}");
            }
            whole = (whole * 2).min(LONGEST);
        }
    }

    #[test]
    fn the_random_part_differs() {
        let backoff = Backoff::default();
        let delays: std::collections::HashSet<Duration> =
            (0..100).map(|_| backoff.delay(5, random())).collect();
        assert!(delays.len() > 50, "{delays:?}");
    }

    #[test]
    fn no_backoff_is_no_wait() {
        assert_eq!(Backoff::none().delay(9, u64::MAX), Duration::ZERO);
    }

    #[test]
    fn extreme_waits_do_not_overflow() {
        let backoff = Backoff::exponential(Duration::MAX, Duration::MAX);
        assert!(backoff.delay(u32::MAX, u64::MAX) >= Duration::MAX / 2);
    }
}
