//! One series as a data point.
//!
//! | kind | becomes | temporality |
//! |---|---|---|
//! | counter | monotonic sum | as preferred |
//! | sum | sum, monotonic where the measurement is unsigned | as preferred if monotonic, else cumulative |
//! | last value | gauge | |
//! | distribution with buckets | histogram, upper bounds inclusive on both sides | as preferred |
//! | distribution without | exponential histogram of scale 3: the same buckets by the same numbers | as preferred |
//! | summary | summary | cumulative; the quantiles are those of the window |
//!
//! A summary is not made a histogram: its percentiles are those of a sliding window, of buckets that no
//! exponential histogram has, while count and sum are exact since the start. OTLP's summary says just
//! this, with the quantiles 0 and 1 for the window's smallest and largest.
//!
//! Integers stay integers up to 2⁶³, and are the nearest float past it. A sum of measurements of which
//! some were certainly negative is left out of a histogram, as the protocol wants it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry::{Buckets as Declared, MetricKind};

use super::message::KeyValue;
use super::message::metrics::{
    Buckets, Exemplar, ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint, Value,
    ValueAtQuantile,
};
use super::past::{Delivered, Since};
use crate::store::snapshot::{Exponential, Metric, Series, SeriesValue, Total};

/// A data point of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Point {
    Number(NumberPoint),
    Histogram(HistogramPoint),
    Exponential(ExponentialPoint),
    Summary(SummaryPoint),
}

/// How a series is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling<'p> {
    pub(super) is_delta: bool,
    pub(super) since: Since<'p>,
    /// When the snapshot was taken.
    pub(super) taken: u64,
}

/// Nanoseconds since the Unix epoch.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A number as it is sent.
pub(super) fn number(total: Total) -> Value {
    match total {
        Total::Integer(value) => match i64::try_from(value) {
            Ok(value) => Value::Integer(value),
            Err(_) => Value::Float(total.as_f64()),
        },
        Total::Float(value) => Value::Float(value),
    }
}

impl Telling<'_> {
    /// The series as a point, and what will have been delivered with it. No point of a delta in which
    /// nothing has happened.
    pub(super) fn point(
        &self,
        metric: &Metric,
        attributes: Vec<KeyValue>,
        series: &Series<'_>,
    ) -> (Option<Point>, Delivered) {
        match series.value() {
            SeriesValue::Counter(count) => self.counter(attributes, count),
            SeriesValue::Sum(total) if metric.is_monotonic() => self.rising(attributes, total),
            SeriesValue::Sum(total) => {
                let point = self.number(attributes, self.since.start, total);
                (Some(point), Delivered::Nothing)
            }
            SeriesValue::LastValue(total) => {
                (Some(self.number(attributes, 0, total)), Delivered::Nothing)
            }
            SeriesValue::Summary(_) => {
                (self.summary(metric, attributes, series), Delivered::Nothing)
            }
            SeriesValue::Distribution { counts, sum } => {
                self.fixed(metric, attributes, series, counts, sum)
            }
            SeriesValue::Exponential { buckets, sum } => {
                self.exponential(attributes, series, buckets, sum)
            }
        }
    }

    /// Since when the value counts.
    fn start(&self) -> u64 {
        if self.is_delta { self.since.until } else { self.since.start }
    }

    fn number(&self, attributes: Vec<KeyValue>, start: u64, total: Total) -> Point {
        Point::Number(NumberPoint {
            start_time_unix_nano: start,
            time_unix_nano: self.taken,
            value: Some(number(total)),
            attributes,
        })
    }

    fn counter(&self, attributes: Vec<KeyValue>, count: u64) -> (Option<Point>, Delivered) {
        if !self.is_delta {
            let total = Total::Integer(count.into());
            return (Some(self.number(attributes, self.start(), total)), Delivered::Nothing);
        }
        let before = match self.since.delivered {
            Delivered::Count(before) => *before,
            _ => 0,
        };
        let added = count.saturating_sub(before);
        let total = Total::Integer(added.into());
        let point = (added > 0).then(|| self.number(attributes, self.start(), total));
        (point, Delivered::Count(count))
    }

    fn rising(&self, attributes: Vec<KeyValue>, total: Total) -> (Option<Point>, Delivered) {
        if !self.is_delta {
            return (Some(self.number(attributes, self.start(), total)), Delivered::Nothing);
        }
        let added = match self.since.delivered {
            Delivered::Total(before) => difference(total, *before),
            _ => total,
        };
        let is_new = added.as_f64() > 0.0;
        let point = is_new.then(|| self.number(attributes, self.start(), added));
        (point, Delivered::Total(total))
    }

    fn fixed(
        &self,
        metric: &Metric,
        attributes: Vec<KeyValue>,
        series: &Series<'_>,
        counts: &[u64],
        sum: Total,
    ) -> (Option<Point>, Delivered) {
        let bounds = match metric.kind() {
            MetricKind::Distribution(Declared::Fixed(bounds)) => *bounds,
            _ => &[],
        };
        let mut bucket_counts = counts.to_vec();
        let (mut added, mut delivered) = (sum, Delivered::Nothing);
        if self.is_delta {
            if let Delivered::Fixed(before, sum_before) = self.since.delivered {
                for (count, before) in bucket_counts.iter_mut().zip(before) {
                    *count = count.saturating_sub(*before);
                }
                added = difference(sum, *sum_before);
            }
            delivered = Delivered::Fixed(counts.into(), sum);
        }
        let count = bucket_counts.iter().fold(0_u64, |all, count| all.saturating_add(*count));
        if self.is_delta && count == 0 {
            return (None, delivered);
        }
        let is_negative = added.as_f64() < 0.0
            || bounds.iter().zip(&bucket_counts).any(|(bound, count)| *bound < 0.0 && *count > 0);
        let point = HistogramPoint {
            start_time_unix_nano: self.start(),
            time_unix_nano: self.taken,
            count,
            sum: (!is_negative).then(|| added.as_f64()),
            bucket_counts,
            explicit_bounds: bounds.to_vec(),
            exemplars: self.exemplars(series),
            attributes,
        };
        (Some(Point::Histogram(point)), delivered)
    }

    fn exponential(
        &self,
        attributes: Vec<KeyValue>,
        series: &Series<'_>,
        buckets: &Exponential,
        sum: Total,
    ) -> (Option<Point>, Delivered) {
        let (mut positive, mut negative) = (buckets.positive.dense(), buckets.negative.dense());
        let (mut zero_count, mut count) = (buckets.zero, buckets.count());
        let (mut added, mut delivered) = (sum, Delivered::Nothing);
        if self.is_delta {
            if let Delivered::Exponential(before, sum_before) = self.since.delivered {
                positive = buckets.positive.difference(&before.positive).dense();
                negative = buckets.negative.difference(&before.negative).dense();
                zero_count = buckets.zero.saturating_sub(before.zero);
                count = buckets.count().saturating_sub(before.count());
                added = difference(sum, *sum_before);
            }
            delivered = Delivered::Exponential(buckets.clone(), sum);
        }
        if self.is_delta && count == 0 {
            return (None, delivered);
        }
        let is_negative = !negative.counts.is_empty();
        let buckets_of = |offset, bucket_counts| Some(Buckets { offset, bucket_counts });
        let point = ExponentialPoint {
            attributes,
            start_time_unix_nano: self.start(),
            time_unix_nano: self.taken,
            count,
            sum: (!is_negative).then(|| added.as_f64()),
            scale: buckets.scale,
            zero_count,
            positive: buckets_of(positive.offset, positive.counts),
            negative: buckets_of(negative.offset, negative.counts),
            exemplars: self.exemplars(series),
        };
        (Some(Point::Exponential(point)), delivered)
    }

    fn summary(
        &self,
        metric: &Metric,
        attributes: Vec<KeyValue>,
        series: &Series<'_>,
    ) -> Option<Point> {
        let SeriesValue::Summary(summary) = series.value() else { return None };
        let percentiles = match metric.kind() {
            MetricKind::Summary { percentiles } => *percentiles,
            _ => &[],
        };
        let inner = percentiles.iter().filter(|q| **q > 0.0 && **q < 1.0);
        let inner = inner.map(|q| (*q, summary.percentile(*q)));
        let quantiles = std::iter::once((0.0, summary.window_min()))
            .chain(inner)
            .chain([(1.0, summary.window_max())]);
        let quantile_values = quantiles
            .filter_map(|(quantile, value)| Some(ValueAtQuantile { quantile, value: value? }))
            .collect();
        Some(Point::Summary(SummaryPoint {
            start_time_unix_nano: self.since.start,
            time_unix_nano: self.taken,
            count: summary.count(),
            sum: summary.sum().as_f64(),
            quantile_values,
            attributes,
        }))
    }

    /// Those that the receiver does not know yet.
    fn exemplars(&self, series: &Series<'_>) -> Vec<Exemplar> {
        let all = series.exemplars().map(|exemplar| (nanoseconds(exemplar.time()), exemplar));
        all.filter(|(time, _)| *time >= self.since.until)
            .map(|(time_unix_nano, exemplar)| {
                let context = exemplar.span_context();
                Exemplar {
                    time_unix_nano,
                    value: Some(exemplar.value()),
                    span_id: context.span_id().to_be_bytes().into(),
                    trace_id: context.trace_id().to_be_bytes().into(),
                }
            })
            .collect()
    }
}

/// What was added. Between integers it is exact.
fn difference(now: Total, before: Total) -> Total {
    match (now, before) {
        (Total::Integer(now), Total::Integer(before)) => Total::Integer(now.saturating_sub(before)),
        _ => Total::Float(now.as_f64() - before.as_f64()),
    }
}
