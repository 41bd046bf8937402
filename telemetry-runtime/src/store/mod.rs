//! Where executions are added up: metrics ► series ► cells, read as immutable snapshots.
//!
//! The store is cumulative and holds cells of fixed size, no samples. Totals are exact: integers in
//! 128 bits, floats with compensation. Each metric has one lock; nothing is allocated for a series
//! that exists.

mod cell;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "summaries and exponential distributions need it")
)]
mod counts;
#[cfg_attr(not(test), expect(dead_code, reason = "exponential distributions need it"))]
mod exponential;
mod key;
mod series;
#[cfg_attr(not(test), expect(dead_code, reason = "summaries need it"))]
mod sketch;
pub(crate) mod snapshot;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "summaries and exponential distributions need it")
)]
mod sparse;
#[cfg_attr(not(test), expect(dead_code, reason = "summaries need it"))]
mod window;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::SystemTime;

use telemetry::{Execution, MetricSource};

use self::series::SeriesTable;
use self::snapshot::{Metric, Snapshot};

/// Series of one metric before values go to its overflow series.
pub(crate) const SERIES_PER_METRIC: usize = 2_000;
/// Series of the process before new ones go to overflow series.
pub(crate) const SERIES_PER_PROCESS: usize = 10_000;

/// All metrics of a runtime with their series.
#[derive(Debug)]
pub(crate) struct Store {
    tables: Vec<SeriesTable>,
    started: SystemTime,
}

impl Store {
    pub(crate) fn new(metrics: Vec<Metric>) -> Self {
        let series_of_all = Arc::new(AtomicUsize::new(0));
        let tables = metrics
            .into_iter()
            .map(|metric| SeriesTable::new(metric, series_of_all.clone()))
            .collect();
        Self { tables, started: SystemTime::now() }
    }

    pub(crate) fn metrics(&self) -> impl ExactSizeIterator<Item = &Metric> {
        self.tables.iter().map(SeriesTable::metric)
    }

    /// Adds one execution to the metric at `index`, as `source` reads it.
    pub(crate) fn record(&self, index: usize, source: &MetricSource, execution: &Execution<'_>) {
        self.tables[index].record(source, execution);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.started, self.tables.iter().map(SeriesTable::snapshot).collect())
    }
}
