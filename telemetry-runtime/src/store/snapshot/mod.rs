//! What reporters see: the store at one moment, immutable.
//!
//! Reporters depend on this module and on nothing else of the store, and the store on nothing of
//! theirs: whatever can make a [`Snapshot`] can be reported.

mod metric;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

pub use self::metric::{Metric, Skip};

/// All metrics at one moment. Everything is cumulative since [`Snapshot::started`].
#[derive(Debug)]
pub struct Snapshot {
    started: SystemTime,
    taken: SystemTime,
    metrics: Vec<MetricSnapshot>,
    handlers_failed: u64,
}

/// One metric with its series.
#[derive(Debug)]
pub struct MetricSnapshot {
    metric: Arc<Metric>,
    series: Vec<Series>,
    skipped: [u64; Skip::ALL.len()],
    overflowed: u64,
}

/// One set of tag values with its value.
#[derive(Debug)]
pub struct Series {
    tags: Vec<Box<str>>,
    value: SeriesValue,
}

/// The value of a series, in the metric's unit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SeriesValue {
    /// How many executions.
    Counter(u64),
    /// The sum of the measurements.
    Sum(Total),
    /// The last measurement.
    LastValue(Total),
    /// Measurements by bucket.
    Distribution {
        /// How many in each bucket, the one to +∞ last; not cumulative.
        counts: Box<[u64]>,
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
}

/// Where snapshots are taken. Cloning is cheap.
#[derive(Clone)]
pub struct Snapshots {
    take: Arc<dyn Fn() -> Snapshot + Send + Sync>,
}

impl Snapshots {
    pub(crate) fn new(take: impl Fn() -> Snapshot + Send + Sync + 'static) -> Self {
        Self { take: Arc::new(take) }
    }

    /// All metrics at this moment.
    pub fn take(&self) -> Snapshot {
        (self.take)()
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshots")
    }
}

impl Snapshot {
    pub(super) fn new(started: SystemTime, metrics: Vec<MetricSnapshot>) -> Self {
        let handlers_failed = telemetry::handlers_failed();
        Self { started, taken: SystemTime::now(), metrics, handlers_failed }
    }

    /// When the store began to count.
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// When this snapshot was taken.
    pub fn taken(&self) -> SystemTime {
        self.taken
    }

    /// The metrics, by name.
    pub fn metrics(&self) -> &[MetricSnapshot] {
        &self.metrics
    }

    /// The metric of this name.
    pub fn metric(&self, name: &str) -> Option<&MetricSnapshot> {
        self.metrics.iter().find(|metric| metric.metric.name() == name)
    }

    /// How often handlers have panicked.
    pub fn handlers_failed(&self) -> u64 {
        self.handlers_failed
    }
}

impl MetricSnapshot {
    pub(super) fn new(
        metric: Arc<Metric>,
        series: Vec<Series>,
        skipped: [u64; Skip::ALL.len()],
        overflowed: u64,
    ) -> Self {
        Self { metric, series, skipped, overflowed }
    }

    /// What is measured.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// The series, ordered by their tag values.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The value of the series with these tag values.
    pub fn value(&self, tags: &[&str]) -> Option<&SeriesValue> {
        let matches =
            |series: &&Series| series.tags.iter().map(|tag| &**tag).eq(tags.iter().copied());
        self.series.iter().find(matches).map(Series::value)
    }

    /// How many executions were left out, by reason.
    pub fn skipped(&self) -> impl Iterator<Item = (Skip, u64)> {
        Skip::ALL.into_iter().zip(self.skipped)
    }

    /// How many executions went to the overflow series, since the metric or the process had as many
    /// series as it may have.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }
}

impl Series {
    pub(super) fn new(tags: Vec<Box<str>>, value: SeriesValue) -> Self {
        Self { tags, value }
    }

    /// The tag values, in the order of the metric's tags.
    pub fn tags(&self) -> &[Box<str>] {
        &self.tags
    }

    /// The value.
    pub fn value(&self) -> &SeriesValue {
        &self.value
    }
}
