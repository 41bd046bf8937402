//! What all series of a metric have in common on the wire.

use telemetry::MetricKind;

use crate::exposition::{prometheus_label, prometheus_name, prometheus_unit};
use crate::store::snapshot::Metric;

/// A metric's name, type and labels.
#[derive(Debug)]
pub(super) struct Family {
    /// Without a suffix.
    pub(super) name: String,
    /// The last part of the name, where the metric asks for it.
    pub(super) unit: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) labels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

impl Family {
    pub(super) fn of(metric: &Metric) -> Self {
        Self {
            name: prometheus_name(metric),
            unit: prometheus_unit(metric),
            kind: Kind::of(metric),
            labels: metric.tags().iter().map(|tag| prometheus_label(tag)).collect(),
        }
    }
}

/// What the metric tells: its description, else its name.
pub(super) fn help(metric: &Metric) -> &str {
    match metric.description() {
        "" => metric.name(),
        description => description,
    }
}

impl Kind {
    fn of(metric: &Metric) -> Self {
        match metric.kind() {
            MetricKind::Distribution(_) => Self::Histogram,
            MetricKind::Summary { .. } => Self::Summary,
            _ if metric.is_monotonic() => Self::Counter,
            _ => Self::Gauge,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }
}
