//! What the three events of a span carry besides the declared fields.
//!
//! The metadata of all three derefs to the span's `Start`, so that its fields are read as if they
//! stood here.

use std::backtrace::Backtrace;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::clock;
use crate::context::SpanContext;
use crate::field::Field;
use crate::outcome::{ExceptionKind, Reason};
use crate::panics::{PanicLocation, PanicRecord};
use crate::value::{Known, Value};

/// When a phase of a span happened, and in which context.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// The clock's reading, in nanoseconds.
    pub(super) reading: u64,
    /// The monotonic reading at this phase.
    pub monotonic_time: Duration,
    /// The time since the span's start; zero at the start.
    pub duration: Duration,
    /// The context of the span.
    pub span_context: SpanContext,
}

/// The measurements of a span's `start`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StartMeasurements {
    /// The monotonic clock's reading.
    pub monotonic_time: Duration,
    /// The time since the Unix epoch.
    pub system_time: Duration,
}

/// The fields of [`StartMeasurements`].
#[doc(hidden)]
pub const START_MEASUREMENTS: &[Field] = &[
    Field::new("monotonic_time", "Duration", "The monotonic clock's reading."),
    Field::new("system_time", "Duration", "The time since the Unix epoch."),
];

/// What follows the declared fields in the metadata of `start`.
#[doc(hidden)]
pub const START_METADATA: [Field; 1] = [SPAN_CONTEXT];

/// What follows the declared fields in the measurements of `stop`.
#[doc(hidden)]
pub const STOP_MEASUREMENTS: [Field; 2] = [
    Field::new("duration", "Duration", "The time since the start."),
    Field::new("monotonic_time", "Duration", "The monotonic clock's reading."),
];

/// What follows the declared fields in the metadata of `stop`.
#[doc(hidden)]
pub const STOP_METADATA: [Field; 2] = [
    Field::new("result", "SpanResult", "`error` for an `Err` that is a normal answer, else `ok`."),
    SPAN_CONTEXT,
];

/// What follows the declared fields in the metadata of `exception`.
#[doc(hidden)]
pub const EXCEPTION_METADATA: [Field; 5] = [
    Field::new("kind", "ExceptionKind", "`error`, `panic` or `cancelled`."),
    Field::new("reason", "Reason", "The error, or the panic's message."),
    Field::new("location", "Option<&PanicLocation>", "Where a panic was raised."),
    Field::new("backtrace", "Option<&Backtrace>", "The panic's backtrace."),
    SPAN_CONTEXT,
];

const SPAN_CONTEXT: Field = Field::new("span_context", "SpanContext", "The span's context.");

impl StartMeasurements {
    #[doc(hidden)]
    pub fn of(phase: &Phase) -> Self {
        let system_time = clock::system_time(phase.reading);
        Self { monotonic_time: phase.monotonic_time, system_time }
    }

    #[doc(hidden)]
    pub fn value(&self, index: usize) -> Value<'_> {
        match index {
            0 => self.monotonic_time.value(),
            1 => self.system_time.value(),
            _ => Value::Absent,
        }
    }
}

/// The metadata of a span's `start`: the declared fields, by deref, and the context.
pub struct StartMetadata<'a, Start> {
    start: &'a Start,
    /// The span's context.
    pub span_context: SpanContext,
}

impl<'a, Start> StartMetadata<'a, Start> {
    #[doc(hidden)]
    pub fn of(start: &'a Start, phase: &Phase) -> Self {
        Self { start, span_context: phase.span_context }
    }

    #[doc(hidden)]
    pub fn value(&self, index: usize) -> Value<'_> {
        match index {
            0 => self.span_context.value(),
            _ => Value::Absent,
        }
    }
}

/// The measurements of a span's `exception`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ExceptionMeasurements {
    /// The time since the start.
    pub duration: Duration,
    /// The monotonic clock's reading.
    pub monotonic_time: Duration,
}

/// The fields of [`ExceptionMeasurements`].
#[doc(hidden)]
pub const EXCEPTION_MEASUREMENTS: &[Field] = &[
    Field::new("duration", "Duration", "The time since the start."),
    Field::new("monotonic_time", "Duration", "The monotonic clock's reading."),
];

impl ExceptionMeasurements {
    #[doc(hidden)]
    pub fn of(phase: &Phase) -> Self {
        Self { duration: phase.duration, monotonic_time: phase.monotonic_time }
    }

    #[doc(hidden)]
    pub fn value(&self, index: usize) -> Value<'_> {
        match index {
            0 => self.duration.value(),
            1 => self.monotonic_time.value(),
            _ => Value::Absent,
        }
    }
}

/// The metadata of a span's `exception`: the declared fields, by deref, and what happened.
#[non_exhaustive]
pub struct ExceptionMetadata<'a, Start> {
    start: &'a Start,
    /// Whether an error was returned, a panic unwound, or the work was dropped.
    pub kind: ExceptionKind,
    /// The error, or the panic's message.
    pub reason: Reason<'a>,
    /// Where a panic was raised, if the panic hook is installed.
    pub location: Option<&'a PanicLocation>,
    /// The panic's backtrace, if the panic hook is installed.
    pub backtrace: Option<&'a Backtrace>,
    /// The span's context.
    pub span_context: SpanContext,
}

impl<'a, Start> ExceptionMetadata<'a, Start> {
    #[doc(hidden)]
    pub fn of(
        start: &'a Start,
        kind: ExceptionKind,
        reason: Reason<'a>,
        panic: Option<&'a PanicRecord>,
        phase: &Phase,
    ) -> Self {
        Self {
            start,
            kind,
            reason,
            location: panic.and_then(|panic| panic.location.as_ref()),
            backtrace: panic.map(|panic| &panic.backtrace),
            span_context: phase.span_context,
        }
    }

    #[doc(hidden)]
    pub fn value(&self, index: usize) -> Value<'_> {
        match index {
            0 => self.kind.value(),
            1 => Value::Display(&self.reason),
            2 => self.location.map_or(Value::Absent, |location| Value::Display(location)),
            3 => self.backtrace.map_or(Value::Absent, |backtrace| Value::Display(backtrace)),
            4 => self.span_context.value(),
            _ => Value::Absent,
        }
    }
}

impl<Start> Deref for StartMetadata<'_, Start> {
    type Target = Start;

    fn deref(&self) -> &Start {
        self.start
    }
}

impl<Start> Deref for ExceptionMetadata<'_, Start> {
    type Target = Start;

    fn deref(&self) -> &Start {
        self.start
    }
}

impl<Start> fmt::Debug for StartMetadata<'_, Start> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartMetadata")
            .field("span_context", &self.span_context)
            .finish_non_exhaustive()
    }
}

impl<Start> fmt::Debug for ExceptionMetadata<'_, Start> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExceptionMetadata")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
