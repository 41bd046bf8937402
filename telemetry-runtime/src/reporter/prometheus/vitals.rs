//! What the toolkit says of itself beside the application's metrics: nothing is lost silently.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::exposition::prometheus_label;
use crate::store::snapshot::{MetricSnapshot, Snapshot, Total};

/// A counter with its samples.
pub(super) struct Vital<'s> {
    /// Without its `_total`.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) samples: Vec<(Labels<'s>, Total)>,
}

/// Names and values of labels, those that all series have among them.
pub(super) type Labels<'s> = Vec<(Cow<'static, str>, &'s str)>;

/// What a reporter counts of its scrapes.
#[derive(Debug, Default)]
pub(super) struct Scrapes {
    /// All of them.
    pub(super) begun: AtomicU64,
    /// Those that were given up, since the scraper's time was over.
    pub(super) late: AtomicU64,
    /// Panics of what is called before a scrape.
    pub(super) failed_calls: AtomicU64,
}

/// All of them, of one snapshot and of who is scraped.
pub(super) fn read<'s>(snapshot: &'s Snapshot, scrapes: Option<&Scrapes>) -> Vec<Vital<'s>> {
    let mut vitals = vec![skipped(snapshot)];
    vitals.extend(OF_METRICS.iter().map(|vital| of_metrics(snapshot, vital)));
    vitals.extend(OF_PROGRAM.iter().map(|OfProgram { name, help, value }| Vital {
        name,
        help,
        samples: vec![(Vec::new(), value(snapshot))],
    }));
    vitals.extend(scrapes.into_iter().flat_map(|scrapes| {
        OF_SCRAPES.iter().map(|OfScrapes { name, help, count }| {
            let count = count(scrapes).load(Ordering::Relaxed);
            Vital { name, help, samples: vec![(Vec::new(), Total::Integer(count.into()))] }
        })
    }));
    let shared: Labels<'s> =
        snapshot.tags().map(|(name, value)| (prometheus_label(name).into(), value)).collect();
    if !shared.is_empty() {
        let samples = vitals.iter_mut().flat_map(|vital| &mut vital.samples);
        samples.for_each(|(labels, _)| add_shared(labels, &shared));
    }
    vitals
}

/// Puts those that all series have before the others, which win where they have the same name.
fn add_shared<'s>(labels: &mut Labels<'s>, shared: &Labels<'s>) {
    let own = std::mem::take(labels);
    let is_free =
        |(name, _): &&(Cow<'static, str>, &str)| own.iter().all(|(known, _)| known != name);
    labels.extend(shared.iter().filter(is_free).cloned());
    labels.extend(own);
}

fn skipped(snapshot: &Snapshot) -> Vital<'_> {
    let samples = snapshot.metrics().iter().flat_map(|metric| {
        let name = metric.metric().name();
        metric.skipped().filter(|(_, count)| *count > 0).map(move |(skip, count)| {
            let labels = vec![("metric".into(), name), ("reason".into(), skip.as_str())];
            (labels, Total::Integer(count.into()))
        })
    });
    Vital {
        name: "telemetry_metric_skipped",
        help: "Executions that a metric left out.",
        samples: samples.collect(),
    }
}

fn of_metrics<'s>(snapshot: &'s Snapshot, vital: &OfMetric) -> Vital<'s> {
    let counted = snapshot.metrics().iter().map(|metric| (metric, (vital.count)(metric)));
    let samples = counted.filter(|(_, count)| *count > 0).map(|(metric, count)| {
        (vec![("metric".into(), metric.metric().name())], Total::Integer(count.into()))
    });
    Vital { name: vital.name, help: vital.help, samples: samples.collect() }
}

/// A counter of each metric, which is left out where it is 0.
struct OfMetric {
    name: &'static str,
    help: &'static str,
    count: fn(&MetricSnapshot) -> u64,
}

/// A counter of the whole program.
struct OfProgram {
    name: &'static str,
    help: &'static str,
    value: fn(&Snapshot) -> Total,
}

/// A counter of this reporter.
struct OfScrapes {
    name: &'static str,
    help: &'static str,
    count: fn(&Scrapes) -> &AtomicU64,
}

const OF_METRICS: [OfMetric; 5] = [
    OfMetric {
        name: "telemetry_metric_overflowed",
        help: "Executions that went to a metric's overflow series, past its series limit.",
        count: MetricSnapshot::overflowed,
    },
    OfMetric {
        name: "telemetry_metric_series_created",
        help: "Series that were made.",
        count: MetricSnapshot::created,
    },
    OfMetric {
        name: "telemetry_metric_series_expired",
        help: "Series that rested for too long.",
        count: MetricSnapshot::expired,
    },
    OfMetric {
        name: "telemetry_metric_series_pruned",
        help: "Series that somebody pruned.",
        count: MetricSnapshot::pruned,
    },
    OfMetric {
        name: "telemetry_metric_late",
        help: "Executions that were added to series after they had gone, and are in none.",
        count: MetricSnapshot::late,
    },
];

const OF_PROGRAM: [OfProgram; 5] = [
    OfProgram {
        name: "telemetry_snapshots",
        help: "Snapshots before this one.",
        value: |snapshot| Total::Integer(snapshot.snapshots().into()),
    },
    OfProgram {
        name: "telemetry_snapshot_seconds",
        help: "How long it took to take the snapshots before this one.",
        value: |snapshot| Total::Float(snapshot.snapshot_time().as_secs_f64()),
    },
    OfProgram {
        name: "telemetry_exemplars_left_out",
        help: "Exemplars that there was no room for.",
        value: |snapshot| Total::Integer(snapshot.exemplars_left_out().into()),
    },
    OfProgram {
        name: "telemetry_handler_failures",
        help: "Panics of handlers.",
        value: |snapshot| Total::Integer(snapshot.handlers_failed().into()),
    },
    OfProgram {
        name: "telemetry_numbers_saturated",
        help: "Measurements of 128 bits that were taken for the nearest exact number.",
        value: |snapshot| Total::Integer(snapshot.numbers_saturated().into()),
    },
];

const OF_SCRAPES: [OfScrapes; 3] = [
    OfScrapes {
        name: "telemetry_prometheus_scrapes",
        help: "Scrapes, this one among them.",
        count: |scrapes| &scrapes.begun,
    },
    OfScrapes {
        name: "telemetry_prometheus_scrapes_late",
        help: "Scrapes that were given up, since the scraper's timeout had passed.",
        count: |scrapes| &scrapes.late,
    },
    OfScrapes {
        name: "telemetry_prometheus_before_scrape_failures",
        help: "Panics of what is called before a scrape.",
        count: |scrapes| &scrapes.failed_calls,
    },
];
