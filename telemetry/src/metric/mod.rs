//! Metric definitions: what `metrics!` hands to the runtime.
//!
//! A definition holds plain function pointers that read one execution. They are typed by the event
//! where they are made and take an [`Execution`](crate::Execution) where they are called, so that
//! definitions of all crates stand in one list and the runtime groups them by event and tags.
//! Nothing here measures: that is the runtime's store.

mod source;

use std::panic::Location;
use std::time::Duration;

pub use self::source::{
    Filter, MetricSource, ReadTags, ReadValue, class_of, class_of_computed, no_index, number_of,
    tag_of,
};
use crate::unit::Conversion;

/// What a metric makes of its events.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum MetricKind {
    /// Counts executions.
    Counter,
    /// Adds the measurement up. Sums of unsigned measurements never fall.
    Sum,
    /// Keeps the measurement of the last execution.
    LastValue,
    /// Count, sum, smallest, largest and percentiles of the measurements.
    Summary {
        /// Which percentiles are reported, between 0 and 1, rising.
        percentiles: &'static [f64],
    },
    /// Counts measurements by bucket.
    Distribution(Buckets),
}

/// The buckets of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Buckets {
    /// Inclusive upper bounds in the metric's unit, rising; the bucket to +∞ is implied.
    Fixed(&'static [f64]),
    /// Eight buckets for each doubling, as many as there are values for: the schema 3 of Prometheus'
    /// native histograms and the scale 3 of OpenTelemetry's exponential ones.
    Exponential,
}

impl MetricKind {
    /// The percentiles of a summary that names none.
    pub const PERCENTILES: &'static [f64] = &[0.5, 0.9, 0.95, 0.99];

    /// The kind as it is written in `metrics!`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Sum => "sum",
            Self::LastValue => "last_value",
            Self::Summary { .. } => "summary",
            Self::Distribution(_) => "distribution",
        }
    }
}

/// One metric as it is declared.
#[derive(Debug, Clone, Copy)]
pub struct MetricDef {
    /// The kind, with what only that kind has.
    pub kind: MetricKind,
    /// The name that was given with `name = …`.
    pub explicit_name: Option<&'static str>,
    /// The last segment of the name: the measurement, or `count`.
    pub measurement: &'static str,
    /// The doc comment or `description = …`; empty without either.
    pub description: &'static str,
    /// From the measurement's unit to the metric's.
    pub conversion: Conversion,
    /// The names of the tags, in the order of the values.
    pub tags: &'static [&'static str],
    /// The events that feed the metric; never empty.
    pub sources: &'static [MetricSource],
    /// What most metrics leave as it is.
    pub options: MetricOptions,
    /// Where the metric is declared.
    pub location: &'static Location<'static>,
}

impl MetricDef {
    /// The name, segments joined by dots: the one that was given, else event and measurement.
    pub fn name(&self) -> String {
        match (self.explicit_name, self.sources) {
            (Some(name), _) => name.to_owned(),
            (None, [first, ..]) => format!("{}.{}", first.event.name(), self.measurement),
            (None, []) => self.measurement.to_owned(),
        }
    }
}

/// The options of a metric that have a default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricOptions {
    /// How many series the metric may have; `None` for the runtime's default.
    pub series_limit: Option<usize>,
    /// After how long without an execution a series is forgotten; `None` for never.
    pub expire_after: Option<Duration>,
    /// The dashboard's group in which the metric is shown; empty for that of its name.
    pub nav: &'static str,
    /// What single reporters understand, by name.
    pub reporter_options: &'static [(&'static str, ReporterOption)],
}

impl MetricOptions {
    /// Nothing was said.
    pub const DEFAULT: Self =
        Self { series_limit: None, expire_after: None, nav: "", reporter_options: &[] };
}

/// The value of a reporter's option.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ReporterOption {
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(&'static str),
}

/// One `metrics!` block.
#[derive(Debug, Clone, Copy)]
pub struct MetricGroup {
    crate_name: &'static str,
    metrics: &'static [MetricDef],
}

impl MetricGroup {
    #[doc(hidden)]
    pub const fn new(crate_name: &'static str, metrics: &'static [MetricDef]) -> Self {
        Self { crate_name, metrics }
    }

    /// The package that declares it.
    pub const fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// The declared metrics.
    pub const fn metrics(&self) -> &'static [MetricDef] {
        self.metrics
    }
}

/// The place that the expanded tokens come from.
#[doc(hidden)]
#[track_caller]
pub const fn here() -> &'static Location<'static> {
    Location::caller()
}
