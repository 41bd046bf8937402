//! What reporters see: the store at one moment, immutable.
//!
//! Reporters depend on this module and on nothing else of the store, and the store on nothing of
//! theirs: whatever can make a [`Snapshot`] can be reported.

mod column;
mod exemplar;
mod metric;
mod value;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

pub(super) use self::column::Column;
pub use self::exemplar::Exemplar;
pub use self::metric::{Metric, Skip};
pub use self::value::{SeriesValue, Summary, Total};
pub(crate) use super::counts::Span;
pub use super::exponential::Exponential;
use super::list::SeriesList;
pub use super::tags::Tags;

/// All metrics at one moment. Everything is cumulative since [`Snapshot::started`].
///
/// Cloning is cheap: who tells differences keeps the snapshot before.
#[derive(Debug, Clone)]
pub struct Snapshot {
    started: SystemTime,
    taken: SystemTime,
    metrics: Arc<Vec<MetricSnapshot>>,
    /// That all series have beside their own.
    tags: Arc<[(String, String)]>,
    vitals: Vitals,
    handlers_failed: u64,
    numbers_saturated: u64,
}

/// What a store says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vitals {
    pub(super) snapshots: u64,
    pub(super) snapshot_time: Duration,
    pub(super) exemplars_left_out: u64,
}

/// One metric with its series.
#[derive(Debug, Clone)]
pub struct MetricSnapshot {
    pub(super) metric: Arc<Metric>,
    /// Shared by all metrics of one group, and by snapshots as long as no series comes or goes.
    pub(super) list: Arc<SeriesList>,
    pub(super) column: Column,
    /// Of all series, ordered by the series' number and the bucket.
    pub(super) exemplars: Vec<(u32, Exemplar)>,
    pub(super) skipped: [u64; Skip::ALL.len()],
    pub(super) overflowed: u64,
    /// By the series' number.
    pub(super) executions: Arc<Vec<u64>>,
    /// Executions of series that are gone.
    pub(super) gone: u64,
}

/// One set of tag values with its value.
#[derive(Debug, Clone, Copy)]
pub struct Series<'s> {
    tags: &'s Tags,
    value: SeriesValue<'s>,
    exemplars: &'s [(u32, Exemplar)],
}

/// The value of a series without its tags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'s> {
    pub(crate) value: SeriesValue<'s>,
    /// By the series' number and the bucket.
    pub(crate) exemplars: &'s [(u32, Exemplar)],
}

/// A list of series, to be known again: equal ones are of one group, and no series came or went
/// between them. The list itself is not kept.
#[derive(Debug, Clone)]
pub(crate) struct ListIdentity(Weak<SeriesList>);

impl PartialEq for ListIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
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
    pub(super) fn new(started: SystemTime, metrics: Vec<MetricSnapshot>, vitals: Vitals) -> Self {
        Self {
            started,
            taken: SystemTime::now(),
            metrics: Arc::new(metrics),
            tags: Arc::default(),
            vitals,
            handlers_failed: telemetry::handlers_failed(),
            numbers_saturated: telemetry::numbers_saturated(),
        }
    }

    /// The metrics that `choose` gives, as what it gives, with tags that all series have beside their
    /// own. Copies nothing of a snapshot that there is no clone of.
    pub(crate) fn selected(
        mut self,
        choose: impl Fn(&Metric) -> Option<Arc<Metric>>,
        tags: Arc<[(String, String)]>,
    ) -> Self {
        let metrics = Arc::make_mut(&mut self.metrics);
        metrics.retain_mut(|snapshot| match choose(&snapshot.metric) {
            Some(metric) => {
                snapshot.metric = metric;
                true
            }
            None => false,
        });
        metrics.sort_by(|a, b| a.metric.name().cmp(b.metric.name()));
        self.tags = tags;
        self
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

    /// The metrics without their series.
    pub(crate) fn shared_metrics(&self) -> Vec<Arc<Metric>> {
        self.metrics.iter().map(|snapshot| snapshot.metric.clone()).collect()
    }

    /// The metric of this name.
    pub fn metric(&self, name: &str) -> Option<&MetricSnapshot> {
        self.metrics.iter().find(|metric| metric.metric.name() == name)
    }

    /// Names and values of the tags that all series have beside their own, where a reporter was
    /// [given](crate::reporter::Selection::tag) some.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.tags.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many snapshots there were before this one.
    pub fn snapshots(&self) -> u64 {
        self.vitals.snapshots
    }

    /// How long it took to take those, together.
    pub fn snapshot_time(&self) -> Duration {
        self.vitals.snapshot_time
    }

    /// How many exemplars were left out, since there was no room for more.
    pub fn exemplars_left_out(&self) -> u64 {
        self.vitals.exemplars_left_out
    }

    /// How often handlers have panicked.
    pub fn handlers_failed(&self) -> u64 {
        self.handlers_failed
    }

    /// How many measurements of 128 bits were taken for the nearest number that is exact, once for each
    /// metric that read them.
    pub fn numbers_saturated(&self) -> u64 {
        self.numbers_saturated
    }
}

impl MetricSnapshot {
    /// What is measured.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// The series, ordered by their tag values.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.list.order.iter().filter_map(|number| {
            let tags = self.list.tags.get(*number as usize)?.as_ref()?;
            let value = self.column.value(*number)?;
            Some(Series { tags, value, exemplars: self.exemplars_of(*number) })
        })
    }

    /// The value of the series with these tag values.
    pub fn value(&self, tags: &[&str]) -> Option<SeriesValue<'_>> {
        self.series()
            .find(|series| series.tags.iter().eq(tags.iter().copied()))
            .map(|series| series.value)
    }

    /// How many series the list has, from whose places [`at`](Self::at) and
    /// [`tags_at`](Self::tags_at) read: the order of [`series`](Self::series).
    pub(crate) fn places(&self) -> usize {
        self.list.order.len()
    }

    /// What the series at a place of the list has measured. `None` if that is nothing yet.
    pub(crate) fn at(&self, place: usize) -> Option<Point<'_>> {
        let number = *self.list.order.get(place)?;
        Some(Point { value: self.column.value(number)?, exemplars: self.exemplars_of(number) })
    }

    /// The tag values of the series at a place of the list.
    pub(crate) fn tags_at(&self, place: usize) -> Option<&Tags> {
        self.list.tags.get(*self.list.order.get(place)? as usize)?.as_ref()
    }

    /// How often the series at a place of the list was executed, whatever was measured.
    pub(crate) fn executions_at(&self, place: usize) -> u64 {
        let number = self.list.order.get(place).copied();
        number.and_then(|number| self.executions.get(number as usize)).copied().unwrap_or_default()
    }

    /// How many executions are in no series, since theirs has expired or was pruned.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    /// By which the list is known again, as long as no series comes or goes.
    pub(crate) fn list_identity(&self) -> ListIdentity {
        ListIdentity(Arc::downgrade(&self.list))
    }

    fn exemplars_of(&self, number: u32) -> &[(u32, Exemplar)] {
        if self.exemplars.is_empty() {
            return &[];
        }
        let start = self.exemplars.partition_point(|(series, _)| *series < number);
        let end = self.exemplars.partition_point(|(series, _)| *series <= number);
        &self.exemplars[start..end]
    }

    /// How many series were made since the start. Less those that [expired](Self::expired) or were
    /// [pruned](Self::pruned), that is how many there are, that of the overflow among them.
    pub fn created(&self) -> u64 {
        self.list.totals.created
    }

    /// How many series have expired.
    pub fn expired(&self) -> u64 {
        self.list.totals.expired
    }

    /// How many series were [pruned](crate::Telemetry::prune).
    pub fn pruned(&self) -> u64 {
        self.list.totals.pruned
    }

    /// How many executions were added to series after they had gone, and are in no series. To series that
    /// expire: none, unless a thread was held up in the middle of one from a tick to the next, for a
    /// second at the least. To series that are pruned: what is executed meanwhile.
    pub fn late(&self) -> u64 {
        self.list.totals.late
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

impl<'s> Series<'s> {
    /// The tag values, in the order of the metric's tags.
    pub fn tags(&self) -> &'s Tags {
        self.tags
    }

    /// The value.
    pub fn value(&self) -> SeriesValue<'s> {
        self.value
    }

    /// Of a distribution, a recent measurement for each bucket that was measured within a span, from
    /// the lowest bucket up.
    pub fn exemplars(&self) -> impl ExactSizeIterator<Item = &'s Exemplar> + use<'s> {
        self.exemplars.iter().map(|(_, exemplar)| exemplar)
    }
}
