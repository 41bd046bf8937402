//! Where executions are added up: metrics ► groups ► series ► cells, read as immutable snapshots.
//!
//! [`plan`] puts metrics with the same executions and tags into one group. Each thread has [`rows`] of
//! its own, which it finds by the tags in one look-up and adds to without a lock; a series that a
//! thread sees for the first time is numbered by the group's [`registry`]. A snapshot sums the rows of
//! all threads. The store is cumulative and holds cells of fixed size, no samples; totals are exact
//! (decision 014). What changes as time passes is worked out by its reader, from what it keeps of the
//! [`past`] (decision 015).

mod cells;
mod chunk;
#[cfg_attr(
    not(any(test, feature = "otlp")),
    expect(dead_code, reason = "reporters of sparse buckets read them")
)]
mod counts;
mod exemplars;
#[cfg_attr(
    not(any(test, fuzzing)),
    expect(dead_code, reason = "reporters of native histograms read them")
)]
mod exponential;
mod filter;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod idle;
mod known;
mod limit;
mod list;
mod merge;
mod past;
mod pattern;
mod plan;
mod reading;
mod record;
mod registry;
mod rows;
mod sampling;
mod shared;
#[cfg_attr(not(test), expect(dead_code, reason = "reporters of samples read them"))]
mod sketch;
pub(crate) mod snapshot;
mod sparse;
mod sum;
mod sync;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod window;
mod windows;
mod writer;

use std::time::{Duration, Instant, SystemTime};

pub(crate) use self::limit::Limits;
use self::past::Past;
use self::pattern::Pattern;
use self::plan::Group;
pub(crate) use self::plan::{EventPlan, Plan};
use self::shared::Shared;
pub(crate) use self::shared::StoreId;
use self::snapshot::{Metric, Snapshot, Vitals};
use self::sync::{Arc, Mutex, MutexGuard, PoisonError};
use crate::error::Error;
use crate::names;

/// All metrics of a runtime with their series. Dropping it ends its recording.
#[derive(Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    /// One reader at a time. Nobody who records takes the lock.
    reader: Mutex<Reader>,
    /// The origin of the store's clock.
    began: Instant,
    started: SystemTime,
}

/// What readers keep.
#[derive(Debug)]
struct Reader {
    /// By group.
    past: Vec<Past>,
    snapshots: u64,
    snapshot_time: Duration,
    /// As of the last tick.
    ticked: Tick,
}

/// What has happened in a store: since it began, or between two ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tick {
    /// How many series there are. Metrics that share their series count them once, here and below.
    pub(crate) series: usize,
    pub(crate) created: u64,
    pub(crate) expired: u64,
    pub(crate) pruned: u64,
    /// Executions that were added to series after they had gone.
    pub(crate) late: u64,
    /// Executions that went to overflow series.
    pub(crate) overflowed: u64,
    /// Measurements that were left out, for whatever reason.
    pub(crate) skipped: u64,
}

/// A tick is due that often, or oftener where series expire sooner.
const TICK: Duration = Duration::from_secs(10);
/// But not oftener than this.
const SHORTEST_TICK: Duration = Duration::from_secs(1);

impl Store {
    pub(crate) fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let past = plan.groups.iter().enumerate().map(|(place, group)| Past::new(place, group));
        let reader = Reader {
            past: past.collect(),
            snapshots: 0,
            snapshot_time: Duration::ZERO,
            ticked: Tick::default(),
        };
        Self {
            reader: Mutex::new(reader),
            shared: Shared::open(plan, limits),
            began: Instant::now(),
            started: SystemTime::now(),
        }
    }

    pub(crate) fn id(&self) -> StoreId {
        self.shared.id()
    }

    pub(crate) fn recording(&self) -> Recording {
        Recording(self.shared.clone())
    }

    pub(crate) fn metrics(&self) -> impl ExactSizeIterator<Item = &Metric> {
        self.shared.plan().metrics.iter().map(|metric| &**metric)
    }

    /// The time since the store began, which [`tick`](Self::tick) and [`snapshot`](Self::snapshot)
    /// take.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn snapshot(&self, now: Duration) -> Snapshot {
        let began = Instant::now();
        let mut reader = self.reader();
        let mut metrics = Vec::new();
        for past in &mut reader.past {
            metrics.extend(past.metrics(&self.shared, now));
        }
        metrics.sort_unstable_by_key(|(place, _)| *place);
        let (exemplars, exemplars_left_out) = self.shared.exemplars.read(now);
        for (bucket, exemplar) in exemplars {
            // One of a series that is newer than the list is shown by the next snapshot.
            if let Some((_, metric)) = metrics.get_mut(bucket.metric) {
                metric.exemplars.push((bucket.series, exemplar));
            }
        }
        let vitals = Vitals {
            snapshots: reader.snapshots,
            snapshot_time: reader.snapshot_time,
            exemplars_left_out,
        };
        reader.snapshots += 1;
        reader.snapshot_time += began.elapsed();
        drop(reader);
        let metrics = metrics.into_iter().map(|(_, metric)| metric).collect();
        Snapshot::new(self.started, metrics, vitals)
    }

    /// Slides the windows of summaries, and forgets the series that have rested for too long. Gives
    /// what has happened since the last tick.
    pub(crate) fn tick(&self, now: Duration) -> Tick {
        let mut reader = self.reader();
        let mut all = Tick::default();
        for past in &mut reader.past {
            let found = past.tick(&self.shared, now);
            let totals = past.list().totals;
            all.series += found.series;
            all.created += totals.created;
            all.expired += totals.expired;
            all.pruned += totals.pruned;
            all.late += totals.late;
            all.overflowed += found.overflowed;
            all.skipped += found.skipped;
        }
        self.shared.exemplars.begin(now);
        let last = std::mem::replace(&mut reader.ticked, all);
        drop(reader);
        if all.expired > last.expired || all.pruned > last.pruned {
            self.shared.sweep_spare();
        }
        all.since(last)
    }

    /// How often a tick is due.
    pub(crate) fn tick_every(&self) -> Duration {
        let expiries = self.shared.plan().groups.iter().filter_map(|group| group.expire_after);
        expiries.map(|after| after / 2).fold(TICK, Duration::min).max(SHORTEST_TICK)
    }

    /// Forgets the series whose tags match all of the patterns, for all metrics that share them.
    /// Gives how many.
    ///
    /// # Errors
    /// When there is no such metric, or no such tag of it.
    pub(crate) fn prune(&self, metric: &str, patterns: &[(&str, &str)]) -> Result<usize, Error> {
        let plan = self.shared.plan();
        let Some(place) = plan.metrics.iter().position(|known| known.name() == metric) else {
            let known = plan.metrics.iter().map(|metric| metric.name());
            return Err(Error::unknown(names::unknown("metric", metric, known)));
        };
        let tags = plan.metrics[place].tags();
        let pattern = Pattern::new(tags, patterns).map_err(|tag| {
            let what = format!("tag of `{metric}`");
            Error::unknown(names::unknown(&what, tag, tags.iter().copied()))
        })?;
        let has_metric = |group: &Group| group.members.iter().any(|member| member.metric == place);
        let Some(group) = plan.groups.iter().position(has_metric) else { return Ok(0) };
        Ok(self.reader().past[group].prune(&self.shared, &pattern))
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tick {
    fn since(self, last: Self) -> Self {
        Self {
            series: self.series,
            created: self.created.saturating_sub(last.created),
            expired: self.expired.saturating_sub(last.expired),
            pruned: self.pruned.saturating_sub(last.pruned),
            late: self.late.saturating_sub(last.late),
            overflowed: self.overflowed.saturating_sub(last.overflowed),
            skipped: self.skipped.saturating_sub(last.skipped),
        }
    }
}

/// That a store records, until its end is told.
#[derive(Debug)]
pub(crate) struct Recording(Arc<Shared>);

impl Recording {
    /// What is executed from now on is not the store's.
    pub(crate) fn end(&self) {
        self.0.end_counting();
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
