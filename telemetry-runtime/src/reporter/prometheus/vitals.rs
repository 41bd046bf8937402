//! What the toolkit says of itself beside the application's metrics.

use crate::store::snapshot::{MetricSnapshot, Snapshot, Total};

/// A counter of each metric, which is left out where it is 0.
pub(super) struct OfMetric {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) count: fn(&MetricSnapshot) -> u64,
}

/// A counter of the whole program.
pub(super) struct OfProgram {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) value: fn(&Snapshot) -> Total,
}

pub(super) const OF_METRICS: [OfMetric; 5] = [
    OfMetric {
        name: "telemetry_metric_overflowed_total",
        help: "Executions that went to a metric's overflow series, past its series limit.",
        count: MetricSnapshot::overflowed,
    },
    OfMetric {
        name: "telemetry_metric_series_created_total",
        help: "Series that were made.",
        count: MetricSnapshot::created,
    },
    OfMetric {
        name: "telemetry_metric_series_expired_total",
        help: "Series that rested for too long.",
        count: MetricSnapshot::expired,
    },
    OfMetric {
        name: "telemetry_metric_series_pruned_total",
        help: "Series that somebody pruned.",
        count: MetricSnapshot::pruned,
    },
    OfMetric {
        name: "telemetry_metric_late_total",
        help: "Executions that were added to series after they had expired, and are in none.",
        count: MetricSnapshot::late,
    },
];

pub(super) const OF_PROGRAM: [OfProgram; 5] = [
    OfProgram {
        name: "telemetry_snapshots_total",
        help: "Snapshots before this one.",
        value: |snapshot| Total::Integer(snapshot.snapshots().into()),
    },
    OfProgram {
        name: "telemetry_snapshot_seconds_total",
        help: "How long it took to take the snapshots before this one.",
        value: |snapshot| Total::Float(snapshot.snapshot_time().as_secs_f64()),
    },
    OfProgram {
        name: "telemetry_exemplars_left_out_total",
        help: "Exemplars that there was no room for.",
        value: |snapshot| Total::Integer(snapshot.exemplars_left_out().into()),
    },
    OfProgram {
        name: "telemetry_handler_failures_total",
        help: "Panics of handlers.",
        value: |snapshot| Total::Integer(snapshot.handlers_failed().into()),
    },
    OfProgram {
        name: "telemetry_numbers_saturated_total",
        help: "Measurements of 128 bits that were taken for the nearest exact number.",
        value: |snapshot| Total::Integer(snapshot.numbers_saturated().into()),
    },
];
