//! How one event feeds a metric: functions that read an execution.
//!
//! Two readings with the same text that read by field, or that stand in one `metrics!` block, do the
//! same: the runtime calls one of them for all metrics that share it.

use std::fmt;

use crate::event::{AnyEvent, EventSchema, Execution};
use crate::number::{Measurement, Number, NumberClass};
use crate::tag::{TagSet, TagValue};
use crate::value::Value;

/// How one event feeds a metric.
#[derive(Clone, Copy)]
pub struct MetricSource {
    /// The event.
    pub event: &'static AnyEvent,
    /// The measurement.
    pub value: ReadValue,
    /// Whether the execution counts at all.
    pub filter: Option<Filter>,
    /// The tags' values, in the order of [`MetricDef::tags`](super::MetricDef).
    pub tags: ReadTags,
    /// Whether the functions also read executions of an event with other types, of the same name and
    /// fields: closures do not.
    pub reads_twins: bool,
}

/// Reads a measurement.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ReadValue {
    /// A counter reads none: it counts whether or not there is one.
    Nothing,
    /// By the event's types, or a closure.
    Typed {
        /// `None` where the measurement is absent.
        read: fn(&Execution<'_>) -> Option<Number>,
        /// What kind of numbers it gives.
        class: NumberClass,
    },
    /// By the field's name.
    Named(&'static str),
}

/// Decides whether an execution counts, from `keep` or `drop`.
#[derive(Clone, Copy)]
pub struct Filter {
    /// Whether it counts.
    pub keeps: fn(&Execution<'_>) -> bool,
    /// The option as it is written.
    pub text: &'static str,
}

/// Reads the values of a metric's tags.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ReadTags {
    /// The metric has no tags.
    None,
    /// By the event's types, or closures.
    Typed {
        /// Adds the values in the order of the tags.
        read: for<'e> fn(&Execution<'e>, &mut TagSet),
        /// The number of the execution's combination of values, where every tag is an enum that
        /// derives [`Tag`](macro@crate::Tag), a `bool` or a constant: the tags are its digits, the
        /// first the most significant. `None` where a tag is anything else, whatever the values, and
        /// for events with other types.
        index: for<'e> fn(&Execution<'e>) -> Option<usize>,
        /// The option as it is written.
        text: &'static str,
    },
    /// By the fields' names.
    Named(&'static [&'static str]),
}

impl ReadValue {
    /// What kind of numbers the reading gives.
    pub const fn class(&self) -> NumberClass {
        match self {
            Self::Typed { class, .. } => *class,
            Self::Nothing => NumberClass::Unsigned,
            Self::Named(_) => NumberClass::Any,
        }
    }
}

impl fmt::Debug for MetricSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetricSource({})", self.event.name())
    }
}

/// A measurement of an event that has the name and the fields, and not the types.
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

/// The class of the measurement that a function picks.
#[doc(hidden)]
pub const fn class_of<S: EventSchema, T: Measurement>(_: fn(&S::Measurements) -> T) -> NumberClass {
    T::CLASS
}

/// The class of what a function computes.
#[doc(hidden)]
pub const fn class_of_computed<'m, Metadata, Measurements, T: Measurement>(
    _: fn(&'m Metadata, &'m Measurements) -> T,
) -> NumberClass {
    T::CLASS
}

/// The number of combinations that nobody counts.
#[doc(hidden)]
pub fn no_index(_: &Execution<'_>) -> Option<usize> {
    None
}
