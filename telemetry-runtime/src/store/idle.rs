//! Which series of a group rest: found by comparing their executions from tick to tick.
//!
//! So the hot path knows of no time. A series is closed at the first tick at which it is known to have
//! rested for `expire_after`, and expires at the next one if nobody has opened it.

use std::time::Duration;

/// The series of a group that expires.
#[derive(Debug)]
pub(super) struct Idle {
    after: Duration,
    /// By the series' number; `None` for what was not there at the last tick.
    series: Vec<Option<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    executions: u64,
    /// The first tick that saw so many.
    since: Duration,
    is_closed: bool,
}

/// What is to be done with the series.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rested {
    /// Those to be closed.
    pub(super) close: Vec<u32>,
    /// Those to be retired, each with its executions.
    pub(super) expire: Vec<(u32, u64)>,
}

impl Idle {
    pub(super) fn new(after: Duration) -> Self {
        Self { after, series: Vec::new() }
    }

    /// Looks at the executions of all series by their number, `None` of what is no series that may
    /// expire.
    pub(super) fn tick(
        &mut self,
        now: Duration,
        series: impl Iterator<Item = Option<u64>>,
    ) -> Rested {
        let mut rested = Rested::default();
        let mut count = 0;
        for (number, executions) in (0..).zip(series) {
            let place = number as usize;
            count = place + 1;
            if place >= self.series.len() {
                self.series.resize(place + 1, None);
            }
            let seen = &mut self.series[place];
            let Some(executions) = executions else {
                *seen = None;
                continue;
            };
            match seen {
                Some(seen) if seen.executions == executions => {
                    if seen.is_closed {
                        rested.expire.push((number, executions));
                    } else if now.saturating_sub(seen.since) >= self.after {
                        seen.is_closed = true;
                        rested.close.push(number);
                    }
                }
                _ => *seen = Some(Seen { executions, since: now, is_closed: false }),
            }
        }
        self.series.truncate(count);
        self.series.shrink_to(2 * count);
        rested
    }

    /// Looks anew at these series: at others that have their numbers next, or at those that somebody
    /// has opened.
    pub(super) fn forget(&mut self, numbers: impl Iterator<Item = u32>) {
        for number in numbers {
            if let Some(seen) = self.series.get_mut(number as usize) {
                *seen = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks each second with the executions of one series, and gives what was done at which.
    fn history(after: u64, executions: &[u64]) -> Vec<(u64, &'static str)> {
        let mut idle = Idle::new(Duration::from_secs(after));
        let mut done = Vec::new();
        for (second, executions) in (0..).zip(executions) {
            let now = Duration::from_secs(second);
            let rested = idle.tick(now, [None, Some(*executions)].into_iter());
            if rested.close == [1] {
                done.push((second, "closed"));
            }
            if rested.expire == [(1, *executions)] {
                done.push((second, "expired"));
            }
        }
        done
    }

    #[test]
    fn series_is_closed_once_it_has_rested_and_expires_at_the_next_tick() {
        assert_eq!(history(3, &[5, 5, 5, 5, 5]), [(3, "closed"), (4, "expired")]);
        assert_eq!(history(3, &[5, 6, 7, 7, 7, 7, 7]), [(5, "closed"), (6, "expired")]);
        assert_eq!(history(0, &[1, 1, 1]), [(1, "closed"), (2, "expired")]);
    }

    #[test]
    fn execution_between_the_two_looks_begins_the_rest_anew() {
        let executions = [5, 5, 5, 5, 6, 6, 6, 6, 6];
        assert_eq!(history(3, &executions), [(3, "closed"), (7, "closed"), (8, "expired")]);
    }

    #[test]
    fn next_series_of_a_number_rests_from_its_own_beginning() {
        let mut idle = Idle::new(Duration::from_secs(2));
        let mut tick =
            |second, executions| idle.tick(Duration::from_secs(second), [executions].into_iter());
        tick(0, Some(1));
        assert_eq!(tick(2, Some(1)).close, [0]);
        tick(3, None);
        tick(4, Some(1));
        assert_eq!(tick(5, Some(1)), Rested::default());
        assert_eq!(tick(6, Some(1)).close, [0]);
    }
}
