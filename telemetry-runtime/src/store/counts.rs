//! How many measurements fell into each bucket, as readers see it: merged over all threads, sorted,
//! only the occupied buckets.
//!
//! [`SparseCounts`](super::sparse::SparseCounts) is where threads count; reading it gives one of
//! these. Merging two and subtracting an older one from a newer one takes a single pass over both.
//! It costs 16 bytes for each occupied bucket.

/// Counts by bucket index, of which none is zero, ordered by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    entries: Vec<(i32, u64)>,
}

/// Counts as runs of neighbouring buckets, each as its difference from the bucket before it in the
/// list: the form of Prometheus native histograms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    /// The runs, from the lowest bucket up.
    pub(crate) spans: Vec<Span>,
    /// For each bucket of each span, its count less the count before it in this list.
    pub(crate) deltas: Vec<i64>,
}

/// A run of neighbouring buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The index of the first bucket, in the first span; how many buckets lie between the spans, in
    /// all others.
    pub(crate) offset: i32,
    /// How many buckets.
    pub(crate) length: u32,
}

/// Counts of all buckets from the lowest occupied one to the highest: the form of OTLP exponential
/// histograms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dense {
    /// The index of the first bucket; 0 where there is none.
    pub(crate) offset: i32,
    /// The counts, of which the first and the last are not zero.
    pub(crate) counts: Vec<u64>,
}

/// So many empty buckets are written out as zeros rather than as a new span, which takes no less
/// room on the wire.
const BRIDGED: u32 = 2;

impl Counts {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All counts together.
    pub(crate) fn total(&self) -> u64 {
        self.entries.iter().fold(0, |total, (_, count)| total.saturating_add(*count))
    }

    /// The occupied buckets with their counts, by index.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> + Clone + '_ {
        self.entries.iter().copied()
    }

    /// The lowest and the highest occupied bucket.
    pub(crate) fn range(&self) -> Option<(i32, i32)> {
        Some((self.entries.first()?.0, self.entries.last()?.0))
    }

    /// Counts one more bucket, which lies above all that are here; does nothing if `count` is 0.
    pub(super) fn push(&mut self, index: i32, count: u64) {
        debug_assert!(self.entries.last().is_none_or(|(last, _)| *last < index));
        if count > 0 {
            self.entries.push((index, count));
        }
    }

    /// Adds the counts of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        let (Some((_, last)), Some((first, _))) = (self.range(), other.range()) else {
            self.entries.extend_from_slice(&other.entries);
            return;
        };
        if last < first {
            self.entries.extend_from_slice(&other.entries);
            return;
        }
        let ours = std::mem::take(&mut self.entries);
        self.entries.reserve_exact(ours.len().max(other.entries.len()));
        let mut ours = ours.into_iter().peekable();
        for &(index, count) in &other.entries {
            while let Some(below) = ours.next_if(|(ours, _)| *ours < index) {
                self.entries.push(below);
            }
            let present = ours.next_if(|(ours, _)| *ours == index).map_or(0, |(_, count)| count);
            self.entries.push((index, present.saturating_add(count)));
        }
        self.entries.extend(ours);
    }

    /// What was counted since `older` was read from the same counters. A bucket that `older` counts
    /// higher, which no reader of the same counters sees, is left out.
    pub(crate) fn difference(&self, older: &Self) -> Self {
        let mut before = older.iter().peekable();
        let mut difference = Self::new();
        for (index, count) in self.iter() {
            while before.next_if(|(before, _)| *before < index).is_some() {}
            let known = before.next_if(|(before, _)| *before == index).map_or(0, |(_, n)| n);
            difference.push(index, count.saturating_sub(known));
        }
        // windows keep it
        difference.entries.shrink_to_fit();
        difference
    }

    /// The counts of buckets 2^`levels` times as wide: bucket `i` goes to ⌊i / 2^`levels`⌋.
    pub(crate) fn coarsened(&self, levels: u32) -> Self {
        let mut coarse = Self { entries: Vec::with_capacity(self.entries.len()) };
        for (index, count) in self.iter() {
            let index = index >> levels.min(i32::BITS - 1);
            match coarse.entries.last_mut() {
                Some((last, sum)) if *last == index => *sum = sum.saturating_add(count),
                _ => coarse.entries.push((index, count)),
            }
        }
        coarse
    }

    /// The counts as runs of neighbouring buckets.
    pub(crate) fn spans(&self) -> Spans {
        let mut result = Spans::default();
        let mut next = 0;
        let mut last_count = 0_u64;
        for (index, count) in self.iter() {
            let gap = index.wrapping_sub(next);
            match result.spans.last_mut() {
                Some(span) if gap.cast_unsigned() <= BRIDGED => {
                    for _ in 0..gap {
                        result.deltas.push(0_u64.wrapping_sub(last_count).cast_signed());
                        last_count = 0;
                    }
                    span.length += gap.cast_unsigned() + 1;
                }
                _ => result.spans.push(Span { offset: gap, length: 1 }),
            }
            // exact: counts are below 2^63
            result.deltas.push(count.wrapping_sub(last_count).cast_signed());
            last_count = count;
            next = index.wrapping_add(1);
        }
        result
    }

    /// The counts of all buckets between the lowest and the highest occupied one, which may be many
    /// more than are occupied: see [`Counts::coarsened`].
    pub(crate) fn dense(&self) -> Dense {
        let Some((offset, last)) = self.range() else { return Dense::default() };
        let position = |index: i32| index.abs_diff(offset) as usize;
        let mut counts = vec![0; position(last) + 1];
        for (index, count) in self.iter() {
            counts[position(index)] = count;
        }
        Dense { offset, counts }
    }
}

impl FromIterator<(i32, u64)> for Counts {
    /// In any order; what is counted twice for one bucket is added.
    fn from_iter<I: IntoIterator<Item = (i32, u64)>>(counts: I) -> Self {
        let mut entries: Vec<(i32, u64)> =
            counts.into_iter().filter(|(_, count)| *count > 0).collect();
        entries.sort_unstable_by_key(|(index, _)| *index);
        entries.dedup_by(|(index, count), (kept, sum)| {
            let same = index == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
        Self { entries }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Model = BTreeMap<i32, u64>;

    fn counts(entries: &[(i32, u64)]) -> Counts {
        entries.iter().copied().collect()
    }

    fn model() -> impl Strategy<Value = Model> {
        prop::collection::btree_map(-40..40_i32, 1..1_000_u64, 0..30)
    }

    fn of(model: &Model) -> Counts {
        model.iter().map(|(index, count)| (*index, *count)).collect()
    }

    /// Reads the spans back as a receiver of a native histogram does.
    fn read_spans(read: &Spans) -> Model {
        let mut model = Model::new();
        let (mut index, mut count, mut deltas) = (0, 0, read.deltas.iter());
        for span in &read.spans {
            index += span.offset;
            for _ in 0..span.length {
                count += deltas.next().unwrap();
                model.insert(index, u64::try_from(count).unwrap());
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        model.retain(|_, count| *count > 0);
        model
    }

    #[test]
    fn nothing_counted_has_no_form() {
        let none = Counts::new();
        assert!(none.is_empty() && none.range().is_none());
        assert_eq!(none.total(), 0);
        assert_eq!(none.spans(), Spans::default());
        assert_eq!(none.dense(), Dense { offset: 0, counts: vec![] });
    }

    #[test]
    fn zeros_are_not_kept_and_repeats_are_added() {
        let read = counts(&[(3, 1), (-2, 0), (3, 4), (1, 2)]);
        assert_eq!(read.iter().collect::<Vec<_>>(), [(1, 2), (3, 5)]);
    }

    #[test]
    fn small_gaps_are_bridged_and_large_ones_start_a_span() {
        let spans = counts(&[(-3, 2), (-2, 5), (1, 4), (5, 1)]).spans();
        let expected = [Span { offset: -3, length: 5 }, Span { offset: 3, length: 1 }];
        assert_eq!(spans.spans, expected);
        assert_eq!(spans.deltas, [2, 3, -5, 0, 4, -3]);
    }

    #[test]
    fn dense_counts_have_the_empty_buckets_between() {
        let dense = counts(&[(-2, 7), (1, 1)]).dense();
        assert_eq!(dense, Dense { offset: -2, counts: vec![7, 0, 0, 1] });
    }

    #[test]
    fn coarser_buckets_take_their_neighbours_below_zero_too() {
        let fine = counts(&[(-3, 1), (-2, 2), (-1, 4), (0, 8), (1, 16)]);
        assert_eq!(fine.coarsened(1), counts(&[(-2, 1), (-1, 6), (0, 24)]));
        assert_eq!(fine.coarsened(99), counts(&[(-1, 7), (0, 24)]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn merging_adds_bucket_by_bucket(a in model(), b in model()) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let mut expected = a;
            for (index, count) in b {
                *expected.entry(index).or_default() += count;
            }
            prop_assert_eq!(merged, of(&expected));
        }

        #[test]
        fn difference_is_what_was_merged_since(a in model(), b in model()) {
            let mut newer = of(&a);
            newer.merge(&of(&b));
            prop_assert_eq!(newer.difference(&of(&a)), of(&b));
            prop_assert!(of(&a).difference(&newer).is_empty());
        }

        #[test]
        fn spans_and_dense_counts_read_back_alike(a in model()) {
            prop_assert_eq!(&read_spans(&of(&a).spans()), &a);
            let dense = of(&a).dense();
            let read: Counts = (dense.offset..).zip(dense.counts).collect();
            prop_assert_eq!(&read, &of(&a));
        }

        #[test]
        fn coarsening_keeps_the_total(a in model(), levels in 0..12_u32) {
            prop_assert_eq!(of(&a).coarsened(levels).total(), of(&a).total());
        }
    }
}
