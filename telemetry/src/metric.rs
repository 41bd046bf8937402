//! Metric definitions: what `metrics!` hands to the runtime.
//!
//! A definition holds plain function pointers that read one execution. They are typed by the event
//! where they are made and take an [`Execution`] where they are called, so that definitions of all
//! crates stand in one list and the runtime groups them by event and tags. Nothing here measures:
//! that is the runtime's store.

use std::fmt;
use std::panic::Location;

use crate::event::{AnyEvent, EventSchema, Execution};
use crate::number::{Measurement, Number};
use crate::tag::TagValue;
use crate::unit::Conversion;
use crate::value::Value;

/// What a metric makes of its events.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum MetricKind {
    /// Counts executions.
    Counter,
    /// Adds the measurement up. Sums of unsigned measurements never fall.
    Sum {
        /// Whether the measurement is unsigned.
        monotonic: bool,
    },
    /// Keeps the measurement of the last execution.
    LastValue,
    /// Counts measurements by bucket.
    Distribution(Distribution),
}

impl MetricKind {
    /// The kind as it is written in `metrics!`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Sum { .. } => "sum",
            Self::LastValue => "last_value",
            Self::Distribution(_) => "distribution",
        }
    }
}

/// The buckets of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// Inclusive upper bounds in the metric's unit, rising; the bucket to +∞ is implied.
    pub buckets: &'static [f64],
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

/// Hands the values of an execution's tags over, one call each.
pub type ReadTags = for<'e> fn(&Execution<'e>, &mut dyn FnMut(TagValue<'e>));

/// How one event feeds a metric.
#[derive(Clone, Copy)]
pub struct MetricSource {
    /// The event.
    pub event: &'static AnyEvent,
    /// The measurement; `None` for a counter, which counts whether or not there is one.
    pub value: Option<fn(&Execution<'_>) -> Option<Number>>,
    /// Whether the execution counts at all, from `keep` or `drop`.
    pub keep: Option<fn(&Execution<'_>) -> bool>,
    /// The tags' values, in the order of [`MetricDef::tags`].
    pub tags: Option<ReadTags>,
    /// Whether the functions also read executions of an event with other types, of the same name and
    /// fields: closures do not.
    pub reads_twins: bool,
}

impl fmt::Debug for MetricSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetricSource({})", self.event.name())
    }
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

/// A measurement of an event that has the name and the fields, and not the types.
#[doc(hidden)]
pub fn number_of(execution: &Execution<'_>, measurement: &str) -> Option<Number> {
    match execution.measurements().get(measurement)? {
        Value::Unsigned(value) => value.number(),
        Value::Signed(value) => value.number(),
        Value::Float(value) => value.number(),
        Value::Duration(value) => value.number(),
        _ => None,
    }
}

/// A tag of an event that has the name and the fields, and not the types.
#[doc(hidden)]
pub fn tag_of<'e>(execution: &Execution<'e>, field: &str) -> TagValue<'e> {
    match execution.metadata().get(field).unwrap_or(Value::Absent) {
        Value::Absent => TagValue::Str(""),
        Value::Str(text) => TagValue::Str(text),
        Value::Bool(value) => TagValue::Bool(value),
        Value::Unsigned(value) => TagValue::Unsigned(value),
        Value::Signed(value) => TagValue::Signed(value),
        other => TagValue::Owned(other.to_string()),
    }
}

/// Whether sums of the measurement that `read` picks can only rise.
#[doc(hidden)]
pub const fn is_monotonic<S: EventSchema, T: Measurement>(_: fn(&S::Measurements) -> T) -> bool {
    T::MONOTONIC
}

/// The place that the expanded tokens come from.
#[doc(hidden)]
#[track_caller]
pub const fn here() -> &'static Location<'static> {
    Location::caller()
}
