//! Where executions are added up: metrics ► groups ► series ► cells, read as immutable snapshots.
//!
//! [`plan`] puts metrics with the same executions and tags into one group. Each thread has [`rows`] of
//! its own, which it finds by the tags in one look-up and adds to without a lock; a series that a
//! thread sees for the first time is numbered by the group's [`registry`]. A snapshot sums the rows of
//! all threads. The store is cumulative and holds cells of fixed size, no samples; totals are exact
//! (decision 014).

mod cells;
mod chunk;
#[allow(dead_code, reason = "the protobuf format and OTLP need spans and dense counts")]
mod counts;
#[allow(dead_code, reason = "the protobuf format and OTLP need coarser buckets")]
mod exponential;
mod hash;
mod merge;
#[allow(dead_code, reason = "series are to expire")]
mod plan;
mod reading;
mod record;
#[allow(dead_code, reason = "series are to be retired")]
mod registry;
mod rows;
#[allow(dead_code, reason = "series are to be retired")]
mod shared;
#[allow(dead_code, reason = "reporters need the buckets")]
mod sketch;
pub(crate) mod snapshot;
#[allow(dead_code, reason = "rows are to be used again")]
mod sparse;
mod sum;
mod sync;
mod table;
mod tags;
#[allow(dead_code, reason = "summaries are to show their last minute")]
mod window;
mod writer;

use std::time::SystemTime;

pub(crate) use self::plan::{EventPlan, Plan};
use self::registry::SeriesList;
use self::shared::Shared;
pub(crate) use self::shared::{Limits, StoreId};
use self::snapshot::{Metric, Snapshot};
use self::sync::{Arc, Mutex, PoisonError};

impl Default for Limits {
    fn default() -> Self {
        Self { per_metric: 2_000, per_process: 10_000 }
    }
}

/// All metrics of a runtime with their series. Dropping it ends its recording.
#[derive(Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    /// The lists of the last snapshot, by group.
    lists: Mutex<Vec<Arc<SeriesList>>>,
    started: SystemTime,
}

impl Store {
    pub(crate) fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let lists = plan.groups.iter().map(|_| Arc::default()).collect();
        let shared = Shared::open(plan, limits);
        Self { shared, lists: Mutex::new(lists), started: SystemTime::now() }
    }

    pub(crate) fn id(&self) -> StoreId {
        self.shared.id()
    }

    pub(crate) fn metrics(&self) -> impl ExactSizeIterator<Item = &Metric> {
        self.shared.plan().metrics.iter().map(|metric| &**metric)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        // Locked to the end, for the sake of the lists. Nobody who records waits for it.
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        for (group, list) in lists.iter_mut().enumerate() {
            *list = self.shared.registry(group).list(list);
        }
        Snapshot::new(self.started, merge::metrics(&self.shared, &lists))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Plan {
    /// All metrics, by name.
    pub(crate) fn metrics(&self) -> &[Arc<Metric>] {
        &self.metrics
    }

    /// The events that feed metrics.
    pub(crate) fn events(&self) -> &[Arc<EventPlan>] {
        &self.events
    }
}
