//! What a series holds at the moment of a snapshot.

use telemetry::{Conversion, Number};

use super::super::exponential::Exponential;
use super::super::sketch::Sketch;

/// The value of a series, in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SeriesValue<'s> {
    /// How many executions.
    Counter(u64),
    /// The sum of the measurements.
    Sum(Total),
    /// The last measurement.
    LastValue(Total),
    /// Count, sum, range and percentiles.
    Summary(&'s Summary),
    /// Measurements by bucket, of a distribution with fixed buckets.
    Distribution {
        /// How many in each bucket, the one to +∞ last; not cumulative.
        counts: &'s [u64],
        /// The sum of all.
        sum: Total,
    },
    /// Measurements by bucket, of a distribution with exponential buckets.
    Exponential {
        /// How many in each bucket.
        buckets: &'s Exponential,
        /// The sum of all.
        sum: Total,
    },
}

/// A total in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Total {
    /// All parts were integers, and so is the unit's conversion.
    Integer(i128),
    /// The nearest float.
    Float(f64),
}

impl Total {
    /// The nearest float.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    pub(in super::super) fn converted(self, conversion: Conversion) -> Self {
        if conversion.is_identity() { self } else { Self::Float(conversion.apply(self.as_f64())) }
    }
}

impl From<Number> for Total {
    fn from(number: Number) -> Self {
        match number {
            Number::Unsigned(value) => Self::Integer(value.into()),
            Number::Signed(value) => Self::Integer(value.into()),
            other => Self::Float(other.as_f64()),
        }
    }
}

/// What a summary says of a series: exactly since the start, and of a sliding window within a relative
/// error of 1 %.
///
/// The window is that of the last 60 seconds, in steps of 10. Where nobody ticks for long, as in
/// [tests](crate::testing::snapshot), all that was measured stays in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub(in super::super) count: u64,
    pub(in super::super) sum: Total,
    pub(in super::super) range: (f64, f64),
    /// All since the start, in the measurement's unit.
    pub(in super::super) all: Sketch,
    /// In the measurement's unit, the sum in the metric's.
    pub(in super::super) window: Sketch,
    pub(in super::super) window_sum: Total,
    pub(in super::super) conversion: Conversion,
}

impl Summary {
    /// How many measurements since the start.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> Total {
        self.sum
    }

    /// Their mean; `None` if there is none.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.as_f64() / self.count as f64)
    }

    /// The smallest since the start; `None` if there is none.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then(|| self.conversion.apply(self.range.0))
    }

    /// The largest since the start; `None` if there is none.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then(|| self.conversion.apply(self.range.1))
    }

    /// What was measured since `before`, an older one of the same series, or since the start: each
    /// value, within the error, with how often it was measured, from the lowest up.
    pub(crate) fn measured_since(&self, before: Option<&Self>) -> Vec<(f64, u64)> {
        let new = match before {
            Some(before) => self.all.difference(&before.all),
            None => self.all.clone(),
        };
        new.iter().map(|(value, count)| (self.conversion.apply(value), count)).collect()
    }

    /// How many measurements are in the window.
    pub fn window_count(&self) -> u64 {
        self.window.count()
    }

    /// The sum of those in the window.
    pub fn window_sum(&self) -> Total {
        self.window_sum
    }

    /// The mean of those in the window; `None` if it is empty.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn window_mean(&self) -> Option<f64> {
        let count = self.window_count();
        (count > 0).then(|| self.window_sum.as_f64() / count as f64)
    }

    /// The smallest of the window, within the error; `None` if it is empty.
    pub fn window_min(&self) -> Option<f64> {
        self.window.min().map(|value| self.conversion.apply(value))
    }

    /// The largest of the window, within the error; `None` if it is empty.
    pub fn window_max(&self) -> Option<f64> {
        self.window.max().map(|value| self.conversion.apply(value))
    }

    /// The percentile `q` of the window, between 0 and 1, within the error; `None` if it is empty.
    pub fn percentile(&self, q: f64) -> Option<f64> {
        self.window.quantile(q).map(|value| self.conversion.apply(value))
    }
}
