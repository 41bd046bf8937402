//! A metric as the runtime knows it.

use std::panic::Location;

use telemetry::{Conversion, MetricDef, MetricKind, NumberClass};

use crate::definitions;

/// A declared metric with its name resolved.
#[derive(Debug)]
pub struct Metric {
    name: String,
    definition: &'static MetricDef,
}

impl Metric {
    /// All metrics of the program, by name.
    pub(crate) fn declared() -> Vec<Self> {
        let mut metrics: Vec<Self> = definitions::metrics().into_iter().map(Self::new).collect();
        metrics.sort_by(|a, b| a.name().cmp(b.name()));
        metrics
    }

    fn new(definition: &'static MetricDef) -> Self {
        Self { name: definition.name(), definition }
    }

    /// The same under another name.
    pub(crate) fn renamed(&self, name: String) -> Self {
        Self { name, definition: self.definition }
    }

    /// The name, segments joined by dots.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counter, sum, last value or distribution.
    pub fn kind(&self) -> &'static MetricKind {
        &self.definition.kind
    }

    /// What the declaration says of it; empty if nothing.
    pub fn description(&self) -> &'static str {
        self.definition.description
    }

    /// The names of the tags, in the order of a series' values.
    pub fn tags(&self) -> &'static [&'static str] {
        self.definition.tags
    }

    /// From the measurement's unit to the metric's.
    pub fn conversion(&self) -> Conversion {
        self.definition.conversion
    }

    /// Whether its values can only rise: counters, and sums of unsigned measurements.
    pub fn is_monotonic(&self) -> bool {
        let is_unsigned =
            |source: &telemetry::MetricSource| source.value.class() == NumberClass::Unsigned;
        match self.definition.kind {
            MetricKind::Counter => true,
            MetricKind::Sum => self.definition.sources.iter().all(is_unsigned),
            _ => false,
        }
    }

    /// Where it is declared.
    pub fn location(&self) -> &'static Location<'static> {
        self.definition.location
    }

    pub(crate) fn definition(&self) -> &'static MetricDef {
        self.definition
    }
}

/// Why a metric left an execution out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// The measurement was `None`.
    Absent,
    /// The measurement was infinite or not a number.
    NotFinite,
    /// A closure of the metric panicked.
    Panicked,
}

impl Skip {
    pub(crate) const ALL: [Self; 3] = [Self::Absent, Self::NotFinite, Self::Panicked];

    /// `absent`, `not_finite` or `panicked`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::NotFinite => "not_finite",
            Self::Panicked => "panicked",
        }
    }
}
