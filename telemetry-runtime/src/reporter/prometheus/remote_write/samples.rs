//! All samples of a snapshot, one by one, as remote-write sends them.
//!
//! They have the names and labels of the text format, so that it makes no difference to a query which
//! way a series came.

use telemetry::{Buckets, MetricKind};

use super::family::{Family, Kind};
use super::number::push_float;
use super::vitals;
use crate::store::snapshot::{MetricSnapshot, Series, SeriesValue, Snapshot, Total};

/// One sample.
pub(super) struct Sample<'s> {
    /// The name, less its suffix.
    pub(super) name: &'s str,
    pub(super) suffix: &'static str,
    pub(super) labels: &'s [(&'s str, &'s str)],
    pub(super) value: f64,
}

/// Calls `take` with each of a metric. `constant` are labels that all series have.
pub(super) fn of_metric(
    metric: &MetricSnapshot,
    constant: &[(String, &str)],
    take: &mut impl FnMut(Sample<'_>),
) {
    let family = Family::of(metric.metric());
    let mut labels = Vec::new();
    for series in metric.series() {
        labels.clear();
        labels.extend(constant.iter().map(|(name, value)| (&**name, *value)));
        labels.extend(family.labels.iter().map(String::as_str).zip(series.tags().iter()));
        of_series(metric, &family, &mut labels, series, take);
    }
}

fn of_series<'s>(
    metric: &MetricSnapshot,
    family: &'s Family,
    labels: &mut Vec<(&'s str, &'s str)>,
    series: Series<'s>,
    take: &mut impl FnMut(Sample<'_>),
) {
    let name = &*family.name;
    let mut plain = |labels: &[(&str, &str)], suffix, value| {
        take(Sample { name, suffix, labels, value });
    };
    let total = if family.kind == Kind::Counter { "_total" } else { "" };
    match series.value() {
        SeriesValue::Counter(count) => plain(labels, total, float(count)),
        SeriesValue::Sum(sum) | SeriesValue::LastValue(sum) => plain(labels, total, sum.as_f64()),
        SeriesValue::Summary(summary) => {
            plain(labels, "_sum", summary.sum().as_f64());
            plain(labels, "_count", float(summary.count()));
            if let MetricKind::Summary { percentiles } = metric.metric().kind() {
                for q in *percentiles {
                    let value = summary.percentile(*q).unwrap_or(f64::NAN);
                    bounded(name, labels, ("quantile", "", *q), value, take);
                }
            }
        }
        SeriesValue::Distribution { counts, sum } => {
            let bounds = match metric.metric().kind() {
                MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
                _ => &[][..],
            };
            let bounded = bounds.iter().copied().zip(counts.iter().copied());
            histogram(name, labels, bounded, counts.iter().sum(), sum, take);
        }
        SeriesValue::Exponential { buckets, sum } => {
            histogram(name, labels, buckets.bounds(), buckets.count(), sum, take);
        }
    }
}

fn histogram(
    name: &str,
    labels: &[(&str, &str)],
    counts: impl Iterator<Item = (f64, u64)>,
    count: u64,
    sum: Total,
    take: &mut impl FnMut(Sample<'_>),
) {
    let mut below = 0;
    for (bound, here) in counts {
        below += here;
        bounded(name, labels, ("le", "_bucket", bound), float(below), take);
    }
    bounded(name, labels, ("le", "_bucket", f64::INFINITY), float(count), take);
    take(Sample { name, suffix: "_sum", labels, value: sum.as_f64() });
    take(Sample { name, suffix: "_count", labels, value: float(count) });
}

/// With one more label, which is a number.
fn bounded(
    name: &str,
    labels: &[(&str, &str)],
    (label, suffix, bound): (&'static str, &'static str, f64),
    value: f64,
    take: &mut impl FnMut(Sample<'_>),
) {
    let mut text = Vec::new();
    push_float(&mut text, bound);
    let text = String::from_utf8_lossy(&text);
    let mut all = labels.to_vec();
    all.push((label, &text));
    take(Sample { name, suffix, labels: &all, value });
}

/// What the toolkit says of itself.
pub(super) fn of_vitals(snapshot: &Snapshot, take: &mut impl FnMut(Sample<'_>)) {
    for vital in vitals::read(snapshot, None) {
        for (labels, value) in &vital.samples {
            let (name, value) = (vital.name, value.as_f64());
            take(Sample { name, suffix: "_total", labels, value });
        }
    }
}

fn float(count: u64) -> f64 {
    Total::Integer(count.into()).as_f64()
}
