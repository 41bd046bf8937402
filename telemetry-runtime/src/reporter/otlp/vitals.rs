//! What the toolkit says of itself beside the application's metrics, all cumulative.

use super::counts::Counts;
use super::message::KeyValue;
use super::message::metrics::{AggregationTemporality, Data, Metric, NumberPoint, Sum};
use super::points::{nanoseconds, number};
use super::signal::Signal;
use crate::store::snapshot::{MetricSnapshot, Snapshot, Total};

/// A counter of each metric, which is left out where it is 0: name, description, and the count.
type OfMetric = (&'static str, &'static str, fn(&MetricSnapshot) -> u64);

const OF_METRICS: [OfMetric; 5] = [
    (
        "telemetry.metric.overflowed",
        "Executions that went to a metric's overflow series, past its series limit.",
        MetricSnapshot::overflowed,
    ),
    ("telemetry.metric.series_created", "Series that were made.", MetricSnapshot::created),
    (
        "telemetry.metric.series_expired",
        "Series that rested for too long.",
        MetricSnapshot::expired,
    ),
    ("telemetry.metric.series_pruned", "Series that somebody pruned.", MetricSnapshot::pruned),
    (
        "telemetry.metric.late",
        "Executions that were added to series after they had gone, and are in none.",
        MetricSnapshot::late,
    ),
];

/// All that there is to say.
pub(super) fn vitals(snapshot: &Snapshot, signals: &[(Signal, &Counts)]) -> Vec<Metric> {
    let own = Own {
        started: nanoseconds(snapshot.started()),
        taken: nanoseconds(snapshot.taken()),
        shared: snapshot.tags().map(|(key, text)| (key.to_owned(), text.to_owned())).collect(),
    };
    let metrics = snapshot.metrics();
    let mut all = Vec::new();
    let skipped = metrics.iter().flat_map(|metric| {
        let skipped = metric.skipped().filter(|(_, count)| *count > 0);
        let name = metric.metric().name();
        skipped.map(move |(skip, count)| (vec![("metric", name), ("reason", skip.as_str())], count))
    });
    all.extend(own.counter(
        "telemetry.metric.skipped",
        "Executions that a metric left out.",
        skipped,
    ));
    for (name, description, count) in OF_METRICS {
        let counted = metrics.iter().map(|metric| (metric.metric().name(), count(metric)));
        let counted = counted.filter(|(_, count)| *count > 0);
        let counted = counted.map(|(name, count)| (vec![("metric", name)], count));
        all.extend(own.counter(name, description, counted));
    }
    let of_program = [
        ("telemetry.snapshots", "Snapshots before this one.", snapshot.snapshots()),
        (
            "telemetry.exemplars_left_out",
            "Exemplars that there was no room for.",
            snapshot.exemplars_left_out(),
        ),
        ("telemetry.handler_failures", "Panics of handlers.", snapshot.handlers_failed()),
        (
            "telemetry.numbers_saturated",
            "Measurements of 128 bits that were taken for the nearest number that is exact.",
            snapshot.numbers_saturated(),
        ),
    ];
    for (name, description, count) in of_program {
        all.extend(own.counter(name, description, [(Vec::new(), count)]));
    }
    all.extend(of_signals(&own, signals));
    all
}

fn of_signals(own: &Own, signals: &[(Signal, &Counts)]) -> Vec<Metric> {
    let each = |count: fn(&Counts) -> u64| {
        let counted = move |(signal, counts): &(Signal, &Counts)| {
            (vec![("signal", signal.as_str())], count(counts))
        };
        signals.iter().map(counted)
    };
    let dropped = signals.iter().flat_map(|(signal, counts)| {
        let signal = signal.as_str();
        counts
            .dropped()
            .map(move |(reason, count)| (vec![("signal", signal), ("reason", reason)], count))
    });
    [
        own.counter(
            "telemetry.otlp.exported",
            "Data points and spans that the receiver took.",
            each(|counts| counts.exported.read()),
        ),
        own.counter(
            "telemetry.otlp.rejected",
            "Data points and spans that the receiver rejected out of what it took.",
            each(|counts| counts.rejected.read()),
        ),
        own.counter(
            "telemetry.otlp.retried",
            "Requests that were sent once more.",
            each(|counts| counts.retried.read()),
        ),
        own.counter(
            "telemetry.otlp.dropped",
            "Data points and spans that were not sent, by reason; values that were unavailable come with a later report.",
            dropped,
        ),
        own.counter(
            "telemetry.otlp.texts_cut",
            "Texts in spans of which the end was cut off, since they were longer than 4,096 bytes.",
            each(|counts| counts.cut.read()).filter(|(_, count)| *count > 0),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// When the toolkit's own metrics count.
struct Own {
    started: u64,
    taken: u64,
    /// The attributes of all points.
    shared: Vec<(String, String)>,
}

impl Own {
    /// Those that all points have, and its own, which win where they have the same name.
    fn attributes(&self, own: &[(&str, &str)]) -> Vec<KeyValue> {
        let shared = self.shared.iter().map(|(key, text)| (&**key, &**text));
        let shared = shared.filter(|(key, _)| own.iter().all(|(known, _)| known != key));
        let all = shared.chain(own.iter().copied());
        all.map(|(key, text)| KeyValue::text(key, text)).collect()
    }

    fn counter<'c>(
        &self,
        name: &str,
        description: &str,
        counts: impl IntoIterator<Item = (Vec<(&'static str, &'c str)>, u64)>,
    ) -> Option<Metric> {
        let point = |(attributes, count): (Vec<(&str, &str)>, u64)| NumberPoint {
            start_time_unix_nano: self.started,
            time_unix_nano: self.taken,
            value: Some(number(Total::Integer(count.into()))),
            attributes: self.attributes(&attributes),
        };
        let data_points: Vec<NumberPoint> = counts.into_iter().map(point).collect();
        (!data_points.is_empty()).then(|| Metric {
            name: name.to_owned(),
            description: description.to_owned(),
            unit: "1".to_owned(),
            data: Some(Data::Sum(Sum {
                data_points,
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
                is_monotonic: true,
            })),
        })
    }
}
