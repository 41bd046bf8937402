//! Exemplars as reporters see them.

use std::time::SystemTime;

use telemetry::SpanContext;

/// One measurement out of a bucket of a distribution, with the span in which it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    pub(in super::super) bucket: Option<usize>,
    pub(in super::super) value: f64,
    pub(in super::super) time: SystemTime,
    pub(in super::super) span_context: SpanContext,
}

impl Exemplar {
    /// The measurement, in the metric's unit.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// When it was made.
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// The span that was executed, else the one that it was executed in.
    pub fn span_context(&self) -> SpanContext {
        self.span_context
    }

    /// The place of its bucket among the counts of a
    /// [`Distribution`](super::SeriesValue::Distribution). `None` of exponential buckets, which the
    /// [value](Self::value) tells.
    pub fn bucket(&self) -> Option<usize> {
        self.bucket
    }
}
