//! Exemplars: for each bucket of a distribution one measurement, with the span in which it was made.
//!
//! Time is cut into epochs. A row has one more cell for each of its distributions: the epoch, and which
//! buckets the row's thread has sampled in it. As long as the bucket's bit is set, sampling costs the
//! hot path one comparison; where it is not, the thread puts the measurement here, unless another one
//! is just doing so: nobody waits. Nothing is allocated by who records: there is room, or the exemplar
//! is left out and counted, and the reader makes more room until the next epoch.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::snapshot::Exemplar;

/// How many there are at the most, of all metrics together: 1.5 MB.
const MOST: usize = 10_000;
/// For how many there is room at first.
const FIRST: usize = 64;

/// The exemplars of a store.
#[derive(Debug)]
pub(super) struct Exemplars {
    epoch: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    by_bucket: HashMap<Bucket, Exemplar>,
    left_out: u64,
}

/// A bucket of one metric's series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Bucket {
    /// The metric's place among all.
    pub(super) metric: usize,
    pub(super) series: u32,
    pub(super) place: i32,
}

/// The cell of a row has the epoch in its lower bits, and a bit for each of so many buckets.
const EPOCH_BITS: u32 = 16;
const EPOCHS: u64 = 1 << EPOCH_BITS;
const BUCKETS: u32 = u64::BITS - EPOCH_BITS;

/// Whether the row has sampled the bucket in this epoch.
#[inline]
pub(super) fn is_sampled(cell: u64, bucket: i32, epoch: u64) -> bool {
    let bit = bit(bucket, epoch);
    (cell ^ (bit | epoch)) & (bit | (EPOCHS - 1)) == 0
}

/// The cell after the bucket was sampled.
pub(super) fn sampled(cell: u64, bucket: i32, epoch: u64) -> u64 {
    let is_of_epoch = cell & (EPOCHS - 1) == epoch;
    bit(bucket, epoch) | if is_of_epoch { cell } else { epoch }
}

/// The first buckets have a bit of their own. Of the others several share one, in each epoch others:
/// so none is always late.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "an epoch has 16 bits")]
fn bit(bucket: i32, epoch: u64) -> u64 {
    let bucket = bucket.cast_unsigned();
    if bucket < BUCKETS {
        return 1 << (EPOCH_BITS + bucket);
    }
    let factor = (epoch as u32 + 1).wrapping_mul(0x9e37_79b9) | 1;
    let hash = bucket.wrapping_mul(factor);
    let place = (u64::from(hash) * u64::from(BUCKETS)) >> u32::BITS;
    1 << (u64::from(EPOCH_BITS) + place)
}

impl Exemplars {
    pub(super) fn new(has_distributions: bool) -> Self {
        let room = if has_distributions { FIRST } else { 0 };
        let kept = Kept { by_bucket: HashMap::with_capacity(room), left_out: 0 };
        Self { epoch: AtomicU64::new(0), kept: Mutex::new(kept) }
    }

    /// That of this moment, of 16 bits.
    #[inline]
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Keeps the exemplar in place of the bucket's last one, if `may_keep` says so while nobody can
    /// forget any. Gives whether the bucket is done with; if not, somebody else is at it.
    pub(super) fn offer(
        &self,
        bucket: Bucket,
        exemplar: Exemplar,
        may_keep: impl FnOnce() -> bool,
    ) -> bool {
        let Ok(mut kept) = self.kept.try_lock() else { return false };
        if may_keep() {
            kept.put(bucket, exemplar);
        }
        true
    }

    /// All of them by metric, series and bucket, and how many were left out. Then another epoch
    /// [begins](Self::begin).
    pub(super) fn read(&self, now: Duration) -> (Vec<(Bucket, Exemplar)>, u64) {
        let mut kept = self.lock();
        let mut all: Vec<(Bucket, Exemplar)> =
            kept.by_bucket.iter().map(|(bucket, exemplar)| (*bucket, exemplar.clone())).collect();
        kept.make_room();
        let left_out = kept.left_out;
        drop(kept);
        all.sort_unstable_by_key(|(bucket, _)| *bucket);
        self.begin(now);
        (all, left_out)
    }

    /// Forgets those of series of these metrics.
    pub(super) fn forget(&self, metrics: &[usize], series: &[u32]) {
        let series: HashSet<u32> = series.iter().copied().collect();
        let is_gone =
            |bucket: &Bucket| series.contains(&bucket.series) && metrics.contains(&bucket.metric);
        self.lock().by_bucket.retain(|bucket, _| !is_gone(bucket));
    }

    /// Begins another epoch, if this is another second on the store's clock.
    pub(super) fn begin(&self, now: Duration) {
        // It comes again after 18 hours: then rows that rested as long leave one epoch out.
        self.epoch.store(now.as_secs() % EPOCHS, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, bucket: Bucket, exemplar: Exemplar) {
        if let Some(last) = self.by_bucket.get_mut(&bucket) {
            *last = exemplar;
        } else if self.by_bucket.len() < self.by_bucket.capacity().min(MOST) {
            self.by_bucket.insert(bucket, exemplar);
        } else {
            self.left_out += 1;
        }
    }

    /// For twice as many; where there are too many already, the older half makes room.
    fn make_room(&mut self) {
        let count = self.by_bucket.len();
        if count >= MOST {
            let mut times: Vec<_> = self.by_bucket.values().map(|exemplar| exemplar.time).collect();
            let median = *times.select_nth_unstable(count / 2).1;
            self.by_bucket.retain(|_, exemplar| exemplar.time > median);
        } else {
            self.by_bucket.reserve(count.min(MOST - count));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const METRIC: usize = 3;

    fn bucket(series: u32, place: i32) -> Bucket {
        Bucket { metric: METRIC, series, place }
    }

    /// Offers one made so many seconds after the epoch.
    fn offer(exemplars: &Exemplars, at: Bucket, seconds: u64) {
        let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let exemplar = Exemplar { bucket: None, value: 1.0, time, span_context: context };
        assert!(exemplars.offer(at, exemplar, || true));
    }

    fn read(exemplars: &Exemplars) -> Vec<Bucket> {
        exemplars.read(Duration::ZERO).0.into_iter().map(|(bucket, _)| bucket).collect()
    }

    #[test]
    fn bucket_is_sampled_once_an_epoch() {
        let mut cell = 0;
        for (epoch, bucket) in [(0, 0), (0, 47), (5, 47), (5, 0), (5, -9_000), (6, 9_000)] {
            assert!(!is_sampled(cell, bucket, epoch), "{epoch} {bucket}");
            cell = sampled(cell, bucket, epoch);
            assert!(is_sampled(cell, bucket, epoch), "{epoch} {bucket}");
        }
        assert!(!is_sampled(cell, 9_000, 7));
        assert!(is_sampled(sampled(sampled(0, 3, 5), 4, 5), 3, 5));
    }

    #[test]
    fn buckets_that_share_a_bit_part_in_another_epoch() {
        for (a, b) in [(8_000, 8_048), (8_000, 8_001), (-8_000, 8_000), (50, 98)] {
            let parted = (0..100).filter(|epoch| bit(a, *epoch) != bit(b, *epoch)).count();
            assert!(parted > 50, "{a} and {b} part in {parted} of 100");
        }
    }

    #[test]
    fn last_exemplar_of_a_bucket_is_kept_and_all_are_in_order() {
        let exemplars = Exemplars::new(true);
        for (series, of, seconds) in [(2, 0, 1), (1, 5, 2), (1, -5, 3), (2, 0, 4)] {
            offer(&exemplars, bucket(series, of), seconds);
        }
        let (all, left_out) = exemplars.read(Duration::from_secs(7));
        let order: Vec<Bucket> = all.iter().map(|(bucket, _)| *bucket).collect();
        assert_eq!(order, [bucket(1, -5), bucket(1, 5), bucket(2, 0)]);
        assert_eq!(all[2].1.time, SystemTime::UNIX_EPOCH + Duration::from_secs(4));
        assert_eq!((left_out, exemplars.epoch()), (0, 7));
    }

    #[test]
    fn exemplars_of_series_that_are_gone_are_forgotten_and_none_comes_late() {
        let exemplars = Exemplars::new(true);
        (1..=3).for_each(|series| offer(&exemplars, bucket(series, 0), 1));
        exemplars.forget(&[METRIC], &[1, 2]);
        exemplars.forget(&[METRIC + 1], &[3]);
        assert_eq!(read(&exemplars), [bucket(3, 0)]);
    }

    #[test]
    fn there_is_room_for_more_after_each_reading_up_to_the_most() {
        let exemplars = Exemplars::new(true);
        let mut seconds = 0;
        for _ in 0..12 {
            for series in 0..u32::try_from(MOST).unwrap() + 5 {
                seconds += 1;
                offer(&exemplars, bucket(series, 0), seconds);
            }
            assert!(read(&exemplars).len() <= MOST);
        }
        let (_, left_out) = exemplars.read(Duration::ZERO);
        assert!(left_out > 0);
        // The older half has left, so that there is room again.
        let kept = read(&exemplars).len();
        assert!(kept <= MOST / 2, "{kept}");
        offer(&exemplars, bucket(1 << 20, 0), seconds + 1);
        assert!(read(&exemplars).contains(&bucket(1 << 20, 0)));
    }

    #[test]
    fn without_distributions_nothing_is_allocated() {
        assert_eq!(Exemplars::new(false).lock().by_bucket.capacity(), 0);
    }
}
