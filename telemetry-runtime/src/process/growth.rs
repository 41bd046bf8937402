//! What has been added to a total since it was last asked for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A total of the whole process, which begins at 0 with it. One static for each, so that what several
/// runtimes are told adds up to it.
pub(super) struct Growth {
    last: AtomicU64,
}

impl Growth {
    pub(super) const fn new() -> Self {
        Self { last: AtomicU64::new(0) }
    }

    /// What has come since the last total, which this one becomes.
    pub(super) fn of(&self, total: u64) -> u64 {
        total.saturating_sub(self.last.fetch_max(total, Ordering::AcqRel))
    }

    /// The same of a time.
    pub(super) fn of_time(&self, total: Duration) -> Duration {
        let nanoseconds = u64::try_from(total.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.of(nanoseconds))
    }
}

/// Totals of what comes and goes, by what it is told apart by.
#[derive(Debug)]
pub(super) struct Growths<K> {
    last: HashMap<K, Duration>,
}

impl<K> Default for Growths<K> {
    fn default() -> Self {
        Self { last: HashMap::new() }
    }
}

impl<K: Hash + Eq> Growths<K> {
    /// What has come to each since the last totals, which these become. One that was not there then
    /// began at 0, as did one that is now less: it is another of the same key.
    pub(super) fn of(&mut self, totals: impl Iterator<Item = (K, Duration)>) -> Vec<Duration> {
        let mut next = HashMap::with_capacity(self.last.len());
        let growths = totals.map(|(key, total)| {
            let last = self.last.get(&key).copied().unwrap_or_default();
            next.insert(key, total);
            total.checked_sub(last).unwrap_or(total)
        });
        let growths = growths.collect();
        self.last = next;
        growths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growths_add_up_to_the_total_whoever_asks() {
        static TOTAL: Growth = Growth::new();
        let told: u64 = std::thread::scope(|scope| {
            let asking = [0, 1].map(|first| {
                scope.spawn(move || {
                    (first..1000).step_by(2).map(|total| TOTAL.of(total)).sum::<u64>()
                })
            });
            asking.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert_eq!(told, 999);
        assert_eq!(TOTAL.of(7), 0, "a total that was overtaken brings nothing");
        assert_eq!(TOTAL.of_time(Duration::from_micros(1)), Duration::from_nanos(1));
    }

    #[test]
    fn what_comes_begins_at_nothing_and_what_goes_is_forgotten() {
        let seconds = |seconds: &[(u32, u64)]| -> Vec<(u32, Duration)> {
            seconds.iter().map(|(key, seconds)| (*key, Duration::from_secs(*seconds))).collect()
        };
        let mut growths = Growths::default();
        let mut grown = |totals: &[(u32, u64)]| -> Vec<u64> {
            growths.of(seconds(totals).into_iter()).iter().map(Duration::as_secs).collect()
        };
        assert_eq!(grown(&[(1, 10), (2, 20)]), [10, 20]);
        assert_eq!(grown(&[(2, 25), (3, 5)]), [5, 5]);
        assert_eq!(grown(&[(1, 11), (3, 2)]), [11, 2], "other threads of the same ids");
    }
}
