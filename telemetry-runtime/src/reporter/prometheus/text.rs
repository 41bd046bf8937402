//! The text formats: 0.0.4 and OpenMetrics 1.0, which differ in few words.
//!
//! OpenMetrics names a counter without its `_total`, gives bounds a fraction, has exemplars, units and
//! the time since when is counted, and wants sums that only rise: where measurements are negative, the
//! sum is left out (of histograms the count too, which must not stand alone).
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::time::{SystemTime, UNIX_EPOCH};

use telemetry::{Buckets, MetricKind};

use super::family::{Family, Kind, help};
use super::labels::{push_escaped, push_with};
use super::number::{push_bound, push_count, push_float, push_total};
use super::vitals::Vital;
use crate::store::snapshot::{
    Exemplar, Metric, MetricSnapshot, Point, SeriesValue, Summary, Total,
};

/// Writes one exposition, series by series.
#[derive(Debug)]
pub(super) struct Text {
    is_open: bool,
    /// Since when is counted, if that is to be said, in seconds.
    created: Option<String>,
}

impl Text {
    pub(super) const fn plain() -> Self {
        Self { is_open: false, created: None }
    }

    /// `started`: since when is counted, if that is to be said.
    pub(super) fn open(started: Option<SystemTime>) -> Self {
        let created = started.map(|started| {
            let mut text = Vec::new();
            push_float(&mut text, seconds(started));
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { is_open: true, created }
    }

    /// What stands before a metric's series.
    pub(super) fn head(&self, text: &mut Vec<u8>, metric: &Metric, family: &Family) {
        self.describe(text, &family.name, family.kind, family.unit, help(metric));
    }

    fn describe(&self, text: &mut Vec<u8>, name: &str, kind: Kind, unit: Option<&str>, help: &str) {
        let suffix = if self.is_open || kind != Kind::Counter { "" } else { TOTAL };
        push(text, &["# HELP ", name, suffix, " "]);
        push_escaped(text, help, self.is_open);
        push(text, &["\n# TYPE ", name, suffix, " ", kind.name(), "\n"]);
        if let Some(unit) = unit.filter(|_| self.is_open) {
            push(text, &["# UNIT ", name, " ", unit, "\n"]);
        }
    }

    /// One series; `labels` are as [`Labels`](super::labels::Labels) keeps them.
    #[inline]
    pub(super) fn series(
        &self,
        text: &mut Vec<u8>,
        metric: &MetricSnapshot,
        family: &Family,
        labels: &[u8],
        point: Point<'_>,
    ) {
        let name = &*family.name;
        match point.value {
            SeriesValue::Counter(count) => {
                text.reserve(name.len() + labels.len() + ROOM);
                begin(text, name, TOTAL, labels);
                push_count(text, count);
                text.push(b'\n');
            }
            SeriesValue::Sum(total) | SeriesValue::LastValue(total) => {
                let suffix = if family.kind == Kind::Counter { TOTAL } else { "" };
                sample(text, name, suffix, labels, total);
            }
            SeriesValue::Summary(summary) => {
                self.summary(text, metric.metric(), name, labels, summary);
            }
            SeriesValue::Distribution { counts, sum } => {
                let bounds = match metric.metric().kind() {
                    MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
                    _ => &[][..],
                };
                let bounded = bounds.iter().copied().zip(counts.iter().copied());
                let histogram = Histogram { name, labels, point };
                self.histogram(text, &histogram, bounded, counts.iter().sum(), sum);
            }
            SeriesValue::Exponential { buckets, sum } => {
                let histogram = Histogram { name, labels, point };
                self.histogram(text, &histogram, buckets.bounds(), buckets.count(), sum);
            }
        }
        if family.kind != Kind::Gauge {
            self.created(text, metric, name, labels);
        }
    }

    fn summary(
        &self,
        text: &mut Vec<u8>,
        metric: &Metric,
        name: &str,
        labels: &[u8],
        summary: &Summary,
    ) {
        if let MetricKind::Summary { percentiles } = metric.kind() {
            for q in *percentiles {
                let value = summary.percentile(*q).unwrap_or(f64::NAN);
                if self.is_open && value < 0.0 {
                    continue;
                }
                text.extend_from_slice(name.as_bytes());
                push_with(text, labels, "quantile", |text| self.bound(text, *q));
                push_float(text, value);
                text.push(b'\n');
            }
        }
        if !self.is_open || rises(summary.sum(), summary.min()) {
            sample(text, name, "_sum", labels, summary.sum());
        }
        sample(text, name, "_count", labels, Total::Integer(summary.count().into()));
    }

    /// `counts`: upper bounds and how many are in each bucket, rising; that to +∞ may be left out.
    fn histogram(
        &self,
        text: &mut Vec<u8>,
        histogram: &Histogram<'_>,
        counts: impl Iterator<Item = (f64, u64)>,
        count: u64,
        sum: Total,
    ) {
        let Histogram { name, labels, point } = *histogram;
        let mut exemplars = point.exemplars.iter().map(|(_, exemplar)| exemplar).peekable();
        let (mut below, mut least) = (0, None);
        let buckets = counts.map(Some).chain([None]);
        for (place, bucket) in buckets.enumerate() {
            let bound = bucket.map_or(f64::INFINITY, |(bound, _)| bound);
            least = least.or(Some(bound));
            below = bucket.map_or(count, |(_, here)| below + here);
            push(text, &[name, "_bucket"]);
            push_with(text, labels, "le", |text| self.bound(text, bound));
            push_count(text, below);
            let is_here = |exemplar: &&Exemplar| match exemplar.bucket() {
                Some(of) => of == place || bucket.is_none(),
                None => exemplar.value() <= bound,
            };
            if let Some(exemplar) = exemplars.next_if(is_here).filter(|_| self.is_open) {
                push_exemplar(text, exemplar);
            }
            text.push(b'\n');
        }
        if !self.is_open || rises(sum, least) {
            sample(text, name, "_sum", labels, sum);
            sample(text, name, "_count", labels, Total::Integer(count.into()));
        }
    }

    /// Since when is counted: the start of all, unless series of the metric have gone since then, so
    /// that one may have begun anew.
    fn created(&self, text: &mut Vec<u8>, metric: &MetricSnapshot, name: &str, labels: &[u8]) {
        let Some(created) = &self.created else { return };
        if metric.expired() + metric.pruned() == 0 {
            begin(text, name, "_created", labels);
            push(text, &[created, "\n"]);
        }
    }

    fn bound(&self, text: &mut Vec<u8>, bound: f64) {
        if self.is_open {
            push_bound(text, bound);
        } else {
            push_float(text, bound);
        }
    }

    /// What the toolkit says of itself.
    pub(super) fn vital(&self, text: &mut Vec<u8>, vital: &Vital<'_>) {
        self.describe(text, vital.name, Kind::Counter, None, vital.help);
        for (labels, value) in &vital.samples {
            let mut rendered = vec![b' '];
            for (name, value) in labels {
                let before = std::mem::take(&mut rendered);
                push_with(&mut rendered, &before, name, |text| push_escaped(text, value, true));
            }
            sample(text, vital.name, TOTAL, &rendered, *value);
        }
    }

    /// What stands at the end.
    pub(super) fn end(&self, text: &mut Vec<u8>) {
        if self.is_open {
            text.extend_from_slice(b"# EOF\n");
        }
    }
}

/// What counters end with.
const TOTAL: &str = "_total";
/// More than a suffix and a number take.
const ROOM: usize = 32;

/// A series of a histogram.
struct Histogram<'s> {
    name: &'s str,
    labels: &'s [u8],
    point: Point<'s>,
}

/// Whether a sum can only have risen, of measurements of which none is below `least`.
fn rises(sum: Total, least: Option<f64>) -> bool {
    least.is_none_or(|least| least >= 0.0) && sum.as_f64() >= 0.0
}

#[inline]
fn begin(text: &mut Vec<u8>, name: &str, suffix: &str, labels: &[u8]) {
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(suffix.as_bytes());
    text.extend_from_slice(labels);
}

fn sample(text: &mut Vec<u8>, name: &str, suffix: &str, labels: &[u8], value: Total) {
    begin(text, name, suffix, labels);
    push_total(text, value);
    text.push(b'\n');
}

fn push(text: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        text.extend_from_slice(part.as_bytes());
    }
}

fn push_exemplar(text: &mut Vec<u8>, exemplar: &Exemplar) {
    let context = exemplar.span_context();
    push(text, &[" # {trace_id=\""]);
    push_hex(text, context.trace_id(), 32);
    push(text, &["\",span_id=\""]);
    push_hex(text, context.span_id().into(), 16);
    push(text, &["\"} "]);
    push_float(text, exemplar.value());
    text.push(b' ');
    push_float(text, seconds(exemplar.time()));
}

pub(super) fn push_hex(text: &mut Vec<u8>, number: u128, digits: u32) {
    for place in (0..digits).rev() {
        let digit = (number >> (4 * place)) & 0xf;
        text.push(b"0123456789abcdef"[digit as usize]);
    }
}

/// Since the Unix epoch, in milliseconds' steps.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds are below 2^53 for as long as it takes"
)]
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as f64 / 1_000.0
}
