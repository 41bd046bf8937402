//! A snapshot as messages of bounded size.
//!
//! A report is as many messages as its series need, one made after the other has arrived, so that
//! memory holds one of them; a receiver of gRPC takes four mebibytes unless it is told otherwise.

use std::collections::BTreeMap;

use prost::Message as _;

use super::message::metrics::{
    AggregationTemporality, Data, ExponentialHistogram, Gauge, Histogram, Metric as Message,
    Request, ResourceMetrics, ScopeMetrics, Sum, Summary,
};
use super::message::{KeyValue, Resource};
use super::past::{Change, Past};
use super::points::{Point, Telling, nanoseconds};
use super::resource::{OURS, Packages};
use super::unit::ucum;
use super::values::Temporality;
use crate::exposition::otlp_name;
use crate::store::snapshot::{Metric, Series, SeriesValue, Snapshot};

/// About how many bytes a message has at the most.
const MESSAGE: usize = 1024 * 1024;

/// Makes messages of snapshots, and knows what has arrived of them.
#[derive(Debug)]
pub(super) struct Encoder {
    resource: Resource,
    packages: Packages,
    temporality: Temporality,
    past: Past,
}

/// How far a snapshot has become messages.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    metric: usize,
    series: usize,
    has_ended: bool,
}

/// One message of a report.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) request: Request,
    pub(super) points: u64,
    changes: Vec<Change>,
}

impl Part {
    pub(super) fn message(&self) -> Vec<u8> {
        self.request.encode_to_vec()
    }
}

impl Encoder {
    pub(super) fn new(resource: Resource, packages: Packages, temporality: Temporality) -> Self {
        Self { resource, packages, temporality, past: Past::default() }
    }

    /// A report begins.
    pub(super) fn begin(&mut self) -> Cursor {
        self.past.begin();
        Cursor::default()
    }

    /// The next message of the report, with the toolkit's own metrics in the last one.
    pub(super) fn part(
        &self,
        snapshot: &Snapshot,
        cursor: &mut Cursor,
        vitals: impl FnOnce() -> Vec<Message>,
    ) -> Option<Part> {
        if cursor.has_ended {
            return None;
        }
        let mut draft = Draft::default();
        while let Some(metric) = snapshot.metrics().get(cursor.metric) {
            let described = metric.metric();
            let mut points = Vec::new();
            for series in metric.series().skip(cursor.series) {
                if draft.bytes >= MESSAGE {
                    break;
                }
                cursor.series += 1;
                points.extend(self.series(snapshot, described, &series, &mut draft));
            }
            draft.push(self.packages.of_metric(described), described, self.temporality, points);
            if draft.bytes >= MESSAGE {
                return Some(self.finish(draft));
            }
            *cursor = Cursor { metric: cursor.metric + 1, ..Cursor::default() };
        }
        cursor.has_ended = true;
        draft.own(vitals());
        Some(self.finish(draft))
    }

    /// The receiver took the message, or never will.
    pub(super) fn arrived(&mut self, part: Part) {
        self.past.arrived(part.changes);
    }

    /// All messages of the report were taken or refused.
    pub(super) fn complete(&mut self, snapshot: &Snapshot) {
        self.past.complete(nanoseconds(snapshot.taken()));
    }

    fn series(
        &self,
        snapshot: &Snapshot,
        metric: &Metric,
        series: &Series<'_>,
        draft: &mut Draft,
    ) -> Option<Point> {
        let taken = nanoseconds(snapshot.taken());
        let since = self.past.since(metric.name(), series.tags(), nanoseconds(snapshot.started()));
        let is_delta = self.temporality == Temporality::Delta;
        let telling = Telling { is_delta, since, taken };
        let tags = metric.tags().iter().copied().zip(series.tags().iter()).chain(snapshot.tags());
        let attributes: Vec<KeyValue> =
            tags.map(|(key, value)| KeyValue::text(key, value)).collect();
        draft.bytes += weight(&attributes, series);
        let (point, value) = telling.point(metric, attributes, series);
        draft.changes.push(Change {
            metric: metric.name().to_owned(),
            tags: series.tags().clone(),
            start: since.start,
            until: taken,
            value,
        });
        point
    }

    fn finish(&self, draft: Draft) -> Part {
        let scope_metrics = draft
            .packages
            .into_iter()
            .map(|(package, metrics)| ScopeMetrics {
                scope: Some(self.packages.scope(package)),
                metrics,
            })
            .collect();
        let resource = Some(self.resource.clone());
        let resource_metrics = vec![ResourceMetrics { resource, scope_metrics }];
        Part { request: Request { resource_metrics }, points: draft.points, changes: draft.changes }
    }

    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.past.len()
    }
}

/// A message that is being made.
#[derive(Debug, Default)]
struct Draft {
    packages: BTreeMap<&'static str, Vec<Message>>,
    points: u64,
    bytes: usize,
    changes: Vec<Change>,
}

impl Draft {
    fn push(
        &mut self,
        package: &'static str,
        metric: &Metric,
        temporality: Temporality,
        points: Vec<Point>,
    ) {
        if points.is_empty() {
            return;
        }
        self.points += points.len() as u64;
        self.packages.entry(package).or_default().push(Message {
            name: otlp_name(metric.name()),
            description: metric.description().to_owned(),
            unit: ucum(metric.conversion().unit()).into_owned(),
            data: Some(data(metric, temporality, points)),
        });
    }

    fn own(&mut self, vitals: Vec<Message>) {
        for message in &vitals {
            if let Some(Data::Sum(sum)) = &message.data {
                self.points += sum.data_points.len() as u64;
            }
        }
        if !vitals.is_empty() {
            self.packages.entry(OURS).or_default().extend(vitals);
        }
    }
}

/// All points of a metric are of one kind.
fn data(metric: &Metric, temporality: Temporality, points: Vec<Point>) -> Data {
    use telemetry::{Buckets, MetricKind};

    let preferred = match temporality {
        Temporality::Delta => AggregationTemporality::Delta,
        Temporality::Cumulative => AggregationTemporality::Cumulative,
    };
    let (mut numbers, mut histograms) = (Vec::new(), Vec::new());
    let (mut exponential, mut summaries) = (Vec::new(), Vec::new());
    for point in points {
        match point {
            Point::Number(point) => numbers.push(point),
            Point::Histogram(point) => histograms.push(point),
            Point::Exponential(point) => exponential.push(point),
            Point::Summary(point) => summaries.push(point),
        }
    }
    match metric.kind() {
        MetricKind::Summary { .. } => Data::Summary(Summary { data_points: summaries }),
        MetricKind::Distribution(Buckets::Exponential) => {
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points: exponential,
                aggregation_temporality: preferred.into(),
            })
        }
        MetricKind::Distribution(_) => Data::Histogram(Histogram {
            data_points: histograms,
            aggregation_temporality: preferred.into(),
        }),
        MetricKind::Counter | MetricKind::Sum => {
            let is_monotonic = metric.is_monotonic();
            let temporality =
                if is_monotonic { preferred } else { AggregationTemporality::Cumulative };
            Data::Sum(Sum {
                data_points: numbers,
                aggregation_temporality: temporality.into(),
                is_monotonic,
            })
        }
        _ => Data::Gauge(Gauge { data_points: numbers }),
    }
}

/// About how many bytes a series takes.
fn weight(attributes: &[KeyValue], series: &Series<'_>) -> usize {
    let texts: usize = attributes.iter().map(prost::Message::encoded_len).sum();
    let width = |range: Option<(i32, i32)>| {
        range.map_or(0, |(first, last)| last.abs_diff(first) as usize + 1)
    };
    let buckets = match series.value() {
        SeriesValue::Distribution { counts, .. } => 16 * counts.len(),
        SeriesValue::Exponential { buckets, .. } => {
            2 * (width(buckets.positive.range()) + width(buckets.negative.range()))
        }
        SeriesValue::Summary(_) => 120,
        _ => 0,
    };
    40 + texts + buckets + 60 * series.exemplars().len()
}
