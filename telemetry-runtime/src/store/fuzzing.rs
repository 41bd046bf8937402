//! What is fuzzed of the store: see [`crate::fuzzing`].

use telemetry::TagSet;

use super::counts::Counts;
use super::pattern::Pattern;
use super::snapshot::Tags;
use super::{exponential, sketch};

/// How far what a sketch says may be from the truth, relatively.
pub const RELATIVE_ERROR: f64 = sketch::RELATIVE_ERROR;

/// The values of tags as they are kept; the set was made with them.
pub fn tags(set: &TagSet) -> Tags {
    Tags::of(set)
}

/// Whether a series whose one tag has this value is of the pattern.
pub fn matches(pattern: &str, value: &Tags) -> bool {
    Pattern::new(&["tag"], &[("tag", pattern)]).is_ok_and(|pattern| pattern.matches(value))
}

/// The bucket of a sketch that a finite number falls into, and what that stands for.
pub fn sketched(value: f64) -> (i32, f64) {
    let index = sketch::index_of(value);
    (index, sketch::value_of(index))
}

/// What was measured before and after a moment, in a sketch and in exponential buckets.
#[derive(Debug)]
pub struct Measured {
    /// What each bucket of the sketch stands for, and how many are in it.
    pub sketch: Vec<(f64, u64)>,
    /// Of the whole.
    pub quantiles: Vec<Option<f64>>,
    /// Upper bounds, and how many are in each bucket.
    pub bounds: Vec<(f64, u64)>,
    /// Middles of the buckets, of what came after the moment.
    pub since: Vec<(f64, u64)>,
    /// As offset, length of each run and differences between the counts, of the positive ones.
    pub spans: (Vec<(i32, u32)>, Vec<i64>),
    /// Bounds of within so many buckets a side.
    pub coarse: Vec<(f64, u64)>,
    /// How many buckets these have on the wider side.
    pub widest: usize,
}

/// Counts numbers, each so many times.
pub fn measured(
    before: &[(f64, u64)],
    after: &[(f64, u64)],
    quantiles: &[f64],
    buckets: u32,
) -> Measured {
    let counts = |numbers: &[(f64, u64)], index_of: fn(f64) -> i32| {
        let mut all = Counts::new();
        for (number, count) in numbers {
            let one: Counts = [(index_of(*number), *count)].into_iter().collect();
            all.merge(&one);
        }
        all
    };
    let merged = |index_of| {
        let mut all = counts(before, index_of);
        all.merge(&counts(after, index_of));
        all
    };
    let sketch = sketch::Sketch::from(merged(sketch::index_of));
    let older = exponential::Exponential::from(&counts(before, exponential::index_of));
    let whole = exponential::Exponential::from(&merged(exponential::index_of));
    let spans = whole.positive_spans();
    let coarse = whole.within(buckets);
    let width = |counts: &Counts| counts.dense().counts.len();
    Measured {
        sketch: sketch.iter().collect(),
        quantiles: quantiles.iter().map(|q| sketch.quantile(*q)).collect(),
        bounds: whole.bounds().collect(),
        since: whole.measured_since(Some(&older)),
        spans: (spans.spans.iter().map(|span| (span.offset, span.length)).collect(), spans.deltas),
        coarse: coarse.bounds().collect(),
        widest: width(&coarse.positive).max(width(&coarse.negative)),
    }
}
