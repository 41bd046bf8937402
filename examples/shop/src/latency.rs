//! A histogram of latencies: fixed in size, exact to about one part in sixty.

use std::time::Duration;

/// Each power of two is split into so many equal buckets.
const SPLIT: u64 = 64;
const SPLIT_BITS: u32 = SPLIT.trailing_zeros();

/// How often which latency was seen, in microseconds.
#[derive(Clone, Default)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Latencies {
    /// Adds one latency.
    pub(crate) fn record(&mut self, latency: Duration) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let bucket = bucket(microseconds);
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.max = self.max.max(microseconds);
    }

    /// How many latencies there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The longest latency.
    pub(crate) fn max(&self) -> Duration {
        Duration::from_micros(self.max)
    }

    /// The latency that this many out of a hundred do not exceed.
    pub(crate) fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_micros(upper_edge(bucket).min(self.max));
            }
        }
        self.max()
    }
}

fn bucket(value: u64) -> usize {
    if value < SPLIT {
        // smaller than 64
        return usize::try_from(value).unwrap_or(0);
    }
    let shift = value.ilog2() - SPLIT_BITS;
    let row = u64::from(shift) * SPLIT;
    // at most 64 rows of 64
    usize::try_from(row + (value >> shift)).unwrap_or(usize::MAX)
}

fn upper_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SPLIT {
        return bucket;
    }
    let shift = bucket / SPLIT - 1;
    let lower = (bucket - shift * SPLIT) << shift;
    lower + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_within_its_bucket() {
        let powers = (1..64).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]);
        for value in (0..10_000).chain(powers).chain([u64::MAX]) {
            let bucket = bucket(value);
            let edge = upper_edge(bucket);
            assert!(edge >= value && edge - value <= value / SPLIT, "{value}");
            assert!(bucket == 0 || upper_edge(bucket - 1) < value, "{value}");
        }
    }

    #[test]
    fn percentiles_count_from_the_smallest() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), Duration::ZERO);
        for microseconds in (1..=50).rev() {
            latencies.record(Duration::from_micros(microseconds));
        }
        assert_eq!(latencies.percentile(50), Duration::from_micros(25));
        assert_eq!(latencies.percentile(99), Duration::from_micros(50));
        assert_eq!((latencies.count(), latencies.max()), (50, Duration::from_micros(50)));
    }
}
