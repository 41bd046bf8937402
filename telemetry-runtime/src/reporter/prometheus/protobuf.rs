//! The protobuf format: each family as one message behind its length.
//!
//! A family is gone through twice, once for its length and once for its bytes, so that one of a
//! million series is streamed as well. Exponential distributions are native histograms, bucket by
//! bucket as the store has them; fixed ones are classic histograms. Two allocations for each
//! histogram apart, what is made for one series serves the next.

use std::time::SystemTime;

use prost::Message;
use telemetry::{Buckets, MetricKind};

use super::family::{Family, Kind, help};
use super::messages::{
    Bucket, BucketSpan, Counter, Exemplar, Gauge, Head, Histogram, LabelPair, Member, Quantile,
    Summary, Timestamp, Type,
};
use super::page::PIECE;
use super::text::push_hex;
use super::vitals::Vital;
use crate::exposition::prometheus_label;
use crate::store::snapshot::{self, MetricSnapshot, Point, SeriesValue, Total};

/// So many series are measured before others have the thread.
const SLICE: usize = 4_096;

/// Writes one exposition, family by family.
#[derive(Debug)]
pub(super) struct Protobuf {
    started: Timestamp,
    /// The labels that all series have.
    constant: Vec<LabelPair>,
    phase: Phase,
    /// Filled anew for each series.
    member: Member,
}

#[derive(Debug)]
enum Phase {
    /// How long the series so far are.
    Measuring(usize),
    Writing,
}

impl Protobuf {
    pub(super) fn new<'t>(
        started: SystemTime,
        constant: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let pair =
            |(name, value): (&str, &str)| LabelPair::new(&prometheus_label(name), value.into());
        Self {
            started: started.into(),
            constant: constant.map(pair).collect(),
            phase: Phase::Measuring(0),
            member: Member::default(),
        }
    }

    /// Another family begins.
    pub(super) fn begin(&mut self) {
        self.phase = Phase::Measuring(0);
    }

    /// Goes on with the series from `place` on; `false` when others should have the thread.
    pub(super) fn series(
        &mut self,
        piece: &mut Vec<u8>,
        metric: &MetricSnapshot,
        family: &Family,
        place: &mut usize,
    ) -> bool {
        if let Phase::Measuring(bytes) = self.phase {
            let end = metric.places().min(*place + SLICE);
            let mut bytes = bytes;
            for place in *place..end {
                if self.fill(metric, family, place) {
                    bytes += self.member.encoded_len();
                }
            }
            *place = end;
            self.phase = Phase::Measuring(bytes);
            if end < metric.places() {
                return false;
            }
            *place = 0;
            self.phase = Phase::Writing;
            if bytes > 0 {
                let head = head(&family.name, family.kind, help(metric.metric()), family.unit);
                begin(piece, &head, bytes);
            }
        }
        while *place < metric.places() {
            if piece.len() >= PIECE {
                return false;
            }
            if self.fill(metric, family, *place) {
                push(piece, &self.member);
            }
            *place += 1;
        }
        true
    }

    /// Makes the message of the series at a place; `false` where there is nothing to say yet.
    fn fill(&mut self, metric: &MetricSnapshot, family: &Family, place: usize) -> bool {
        let (Some(tags), Some(point)) = (metric.tags_at(place), metric.at(place)) else {
            return false;
        };
        let message = &mut self.member.metric;
        let constant = self.constant.len();
        if message.label.len() != constant + family.labels.len() {
            message.label.clone_from(&self.constant);
            message.label.resize_with(constant + family.labels.len(), LabelPair::default);
        }
        let of_tags = message.label[constant..].iter_mut();
        for ((label, name), value) in of_tags.zip(&family.labels).zip(tags.iter()) {
            set(&mut label.name, name);
            set(&mut label.value, value);
        }
        let started = (metric.expired() + metric.pruned() == 0).then_some(self.started);
        match point.value {
            SeriesValue::Counter(count) => {
                let count = Total::Integer(count.into()).as_f64();
                message.counter = Some(counter(count, started));
            }
            SeriesValue::Sum(total) | SeriesValue::LastValue(total) => {
                let value = total.as_f64();
                if family.kind == Kind::Counter {
                    message.counter = Some(counter(value, started));
                    message.gauge = None;
                } else {
                    message.gauge = Some(Gauge { value: Some(value) });
                    message.counter = None;
                }
            }
            SeriesValue::Summary(summary) => {
                message.summary = Some(self::summary(metric, summary, started));
            }
            SeriesValue::Distribution { counts, sum } => {
                message.histogram = Some(classic(metric, counts, sum, point, started));
            }
            SeriesValue::Exponential { buckets, sum } => {
                message.histogram = Some(native(buckets, sum, point, started));
            }
        }
        // of one kind in one family: what the family before had is not in this one
        let kind = family.kind;
        message.counter = message.counter.take().filter(|_| kind == Kind::Counter);
        message.gauge = message.gauge.take().filter(|_| kind == Kind::Gauge);
        message.summary = message.summary.take().filter(|_| kind == Kind::Summary);
        message.histogram = message.histogram.take().filter(|_| kind == Kind::Histogram);
        true
    }

    /// What the toolkit says of itself.
    pub(super) fn vital(&mut self, piece: &mut Vec<u8>, vital: &Vital<'_>) {
        let members: Vec<Member> = vital
            .samples
            .iter()
            .map(|(labels, value)| {
                let mut member = Member::default();
                let labels =
                    labels.iter().map(|(name, value)| LabelPair::new(name, (*value).to_owned()));
                member.metric.label = labels.collect();
                member.metric.counter = Some(counter(value.as_f64(), Some(self.started)));
                member
            })
            .collect();
        let bytes = members.iter().map(Message::encoded_len).sum();
        if bytes > 0 {
            begin(piece, &head(vital.name, Kind::Counter, vital.help, None), bytes);
            for member in &members {
                push(piece, member);
            }
        }
    }
}

fn head(name: &str, kind: Kind, help: &str, unit: Option<&str>) -> Head {
    let (kind, suffix) = match kind {
        Kind::Counter => (Type::Counter, "_total"),
        Kind::Gauge => (Type::Gauge, ""),
        Kind::Histogram => (Type::Histogram, ""),
        Kind::Summary => (Type::Summary, ""),
    };
    Head {
        name: Some(format!("{name}{suffix}")),
        help: Some(help.to_owned()),
        kind: Some(kind.into()),
        unit: unit.map(str::to_owned),
    }
}

/// The length of a family whose members take so many bytes, and its head.
fn begin(piece: &mut Vec<u8>, head: &Head, bytes: usize) {
    // a vector has room always
    let _ = prost::encode_length_delimiter(head.encoded_len() + bytes, piece);
    push(piece, head);
}

fn push(piece: &mut Vec<u8>, message: &impl Message) {
    // a vector has room always
    let _ = message.encode(piece);
}

fn set(text: &mut Option<String>, value: &str) {
    let text = text.get_or_insert_default();
    if text != value {
        text.clear();
        text.push_str(value);
    }
}

fn counter(value: f64, created_timestamp: Option<Timestamp>) -> Counter {
    Counter { value: Some(value), created_timestamp }
}

fn summary(
    metric: &MetricSnapshot,
    summary: &snapshot::Summary,
    created_timestamp: Option<Timestamp>,
) -> Summary {
    let percentiles = match metric.metric().kind() {
        MetricKind::Summary { percentiles } => percentiles,
        _ => &[][..],
    };
    let quantile = percentiles.iter().map(|q| Quantile {
        quantile: Some(*q),
        value: Some(summary.percentile(*q).unwrap_or(f64::NAN)),
    });
    Summary {
        sample_count: Some(summary.count()),
        sample_sum: Some(summary.sum().as_f64()),
        quantile: quantile.collect(),
        created_timestamp,
    }
}

fn classic(
    metric: &MetricSnapshot,
    counts: &[u64],
    sum: Total,
    point: Point<'_>,
    created_timestamp: Option<Timestamp>,
) -> Histogram {
    let bounds = match metric.metric().kind() {
        MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
        _ => &[][..],
    };
    let mut exemplars = point.exemplars.iter().map(|(_, exemplar)| exemplar).peekable();
    let mut below = 0;
    let buckets = counts.iter().enumerate().map(|(place, here)| {
        below += here;
        let exemplar = exemplars.next_if(|exemplar| exemplar.bucket() == Some(place));
        Bucket {
            cumulative_count: Some(below),
            upper_bound: Some(bounds.get(place).copied().unwrap_or(f64::INFINITY)),
            exemplar: exemplar.map(self::exemplar),
        }
    });
    let bucket = buckets.collect();
    Histogram {
        sample_count: Some(below),
        sample_sum: Some(sum.as_f64()),
        bucket,
        created_timestamp,
        ..Histogram::default()
    }
}

fn native(
    buckets: &snapshot::Exponential,
    sum: Total,
    point: Point<'_>,
    created_timestamp: Option<Timestamp>,
) -> Histogram {
    let (positive, negative) = (buckets.positive_spans(), buckets.negative_spans());
    let spans = |spans: &[snapshot::Span]| -> Vec<BucketSpan> {
        let span = |span: &snapshot::Span| BucketSpan {
            offset: Some(span.offset),
            length: Some(span.length),
        };
        spans.iter().map(span).collect()
    };
    let mut positive_span = spans(&positive.spans);
    if buckets.count() == 0 {
        // by a span a native histogram is known, and if it is of nothing
        positive_span.push(BucketSpan { offset: Some(0), length: Some(0) });
    }
    Histogram {
        sample_count: Some(buckets.count()),
        sample_sum: Some(sum.as_f64()),
        schema: Some(buckets.scale),
        // the bucket of zero has nothing else in it
        zero_threshold: Some(0.0),
        zero_count: Some(buckets.zero),
        negative_span: spans(&negative.spans),
        negative_delta: negative.deltas,
        positive_span,
        positive_delta: positive.deltas,
        created_timestamp,
        exemplars: point.exemplars.iter().map(|(_, exemplar)| self::exemplar(exemplar)).collect(),
        ..Histogram::default()
    }
}

fn exemplar(exemplar: &snapshot::Exemplar) -> Exemplar {
    let context = exemplar.span_context();
    let label = |name, number, digits| {
        let mut text = Vec::new();
        push_hex(&mut text, number, digits);
        LabelPair::new(name, String::from_utf8_lossy(&text).into_owned())
    };
    Exemplar {
        label: vec![
            label("trace_id", context.trace_id(), 32),
            label("span_id", context.span_id().into(), 16),
        ],
        value: Some(exemplar.value()),
        timestamp: Some(exemplar.time().into()),
    }
}
