//! All series of a snapshot beside what they were in the one before, for reporters that tell
//! differences.
//!
//! Both have their series in the order of the tags, so that one pass over either finds them: no table
//! of series is kept beside the older snapshot.

use crate::store::snapshot::{Metric, MetricSnapshot, Series, SeriesValue, Snapshot};

/// A series with its metric, and what it was.
pub(crate) struct Change<'s> {
    pub(crate) metric: &'s Metric,
    pub(crate) series: Series<'s>,
    /// `None` of one that was not there: all that it has was measured since.
    pub(crate) before: Option<SeriesValue<'s>>,
}

/// All series of `now`. A series that was forgotten and is there again under the same tags is a new
/// one.
pub(crate) fn changes<'s>(
    now: &'s Snapshot,
    before: Option<&'s Snapshot>,
) -> impl Iterator<Item = Change<'s>> {
    let older = before.map_or(&[][..], Snapshot::metrics);
    now.metrics().iter().enumerate().flat_map(move |(place, of_metric)| {
        let metric = of_metric.metric();
        let is_same = |other: &Metric| std::ptr::eq(other.definition(), metric.definition());
        let older = older.get(place).filter(|older| is_same(older.metric()));
        let mut older = older.into_iter().flat_map(MetricSnapshot::series).peekable();
        of_metric.series().map(move |series| {
            while older.next_if(|older| older.tags() < series.tags()).is_some() {}
            let before = older.next_if(|older| older.tags() == series.tags());
            let before = before.filter(|old| old.tags().is_of_one_series_with(series.tags()));
            Change { metric, series, before: before.map(|before| before.value()) }
        })
    })
}
