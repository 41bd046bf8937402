//! The samples of one series, as remote-write sends them: those of the text format, so that it makes no
//! difference to a query which way a series came.

use telemetry::{Buckets, MetricKind};

use super::super::family::Kind;
use crate::store::snapshot::{Metric, SeriesValue, Total};

/// One sample of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// What the name ends with.
    pub(super) suffix: &'static str,
    /// One more label, which is a number.
    pub(super) bound: Option<Bound>,
    pub(super) value: f64,
}

/// A label that is a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) label: &'static str,
    pub(super) at: f64,
}

/// The label that the samples of a kind may have beside those of the series.
pub(super) fn bound_label(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Histogram => Some("le"),
        Kind::Summary => Some("quantile"),
        Kind::Counter | Kind::Gauge => None,
    }
}

/// Calls `take` with each sample.
#[inline]
pub(super) fn samples(
    metric: &Metric,
    kind: Kind,
    value: SeriesValue<'_>,
    take: &mut impl FnMut(Sample),
) {
    let mut plain = |suffix, value| take(Sample { suffix, bound: None, value });
    let total = if kind == Kind::Counter { "_total" } else { "" };
    match value {
        SeriesValue::Counter(count) => plain(total, float(count)),
        SeriesValue::Sum(sum) | SeriesValue::LastValue(sum) => plain(total, sum.as_f64()),
        SeriesValue::Summary(summary) => {
            plain("_sum", summary.sum().as_f64());
            plain("_count", float(summary.count()));
            if let MetricKind::Summary { percentiles } = metric.kind() {
                for q in *percentiles {
                    let value = summary.percentile(*q).unwrap_or(f64::NAN);
                    let bound = Some(Bound { label: "quantile", at: *q });
                    take(Sample { suffix: "", bound, value });
                }
            }
        }
        SeriesValue::Distribution { counts, sum } => {
            let bounds = match metric.kind() {
                MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
                _ => &[][..],
            };
            let bounded = bounds.iter().copied().zip(counts.iter().copied());
            histogram(bounded, counts.iter().sum(), sum, take);
        }
        SeriesValue::Exponential { buckets, sum } => {
            histogram(buckets.bounds(), buckets.count(), sum, take);
        }
    }
}

fn histogram(
    counts: impl Iterator<Item = (f64, u64)>,
    count: u64,
    sum: Total,
    take: &mut impl FnMut(Sample),
) {
    let mut bucket = |at, below| {
        let bound = Some(Bound { label: "le", at });
        take(Sample { suffix: "_bucket", bound, value: float(below) });
    };
    let mut below = 0;
    for (bound, here) in counts {
        below += here;
        bucket(bound, below);
    }
    bucket(f64::INFINITY, count);
    take(Sample { suffix: "_sum", bound: None, value: sum.as_f64() });
    take(Sample { suffix: "_count", bound: None, value: float(count) });
}

pub(super) fn float(count: u64) -> f64 {
    Total::Integer(count.into()).as_f64()
}
