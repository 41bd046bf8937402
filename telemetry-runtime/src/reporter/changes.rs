//! All series of a snapshot beside what they were in the one before, for reporters that tell
//! differences.
//!
//! Both have their series in the order of the tags, so that one pass over either finds them: no table
//! of series is kept beside the older snapshot.

use telemetry::MetricKind;

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
    pairs(now, before).flat_map(|(of_metric, older)| {
        let metric = of_metric.metric();
        let mut older = older.into_iter().flat_map(MetricSnapshot::series).peekable();
        of_metric.series().map(move |series| {
            while older.next_if(|older| older.tags() < series.tags()).is_some() {}
            let before = older.next_if(|older| older.tags() == series.tags());
            let before = before.filter(|old| old.tags().is_of_one_series_with(series.tags()));
            Change { metric, series, before: before.map(|before| before.value()) }
        })
    })
}

/// How many executions no change tells, of all metrics that add them up: those of series that went
/// after `before`, less what they had had by then.
pub(crate) fn untold(now: &Snapshot, before: Option<&Snapshot>) -> u64 {
    let adds_up = |metric: &Metric| !matches!(metric.kind(), MetricKind::LastValue);
    let pairs = pairs(now, before).filter(|(of_metric, _)| adds_up(of_metric.metric()));
    pairs
        .map(|(of_metric, older)| match older {
            None => of_metric.gone(),
            Some(older) => {
                let gone = of_metric.gone().saturating_sub(older.gone());
                gone.saturating_sub(told_of_gone(of_metric, older))
            }
        })
        .sum()
}

/// How many executions the series had that are in `older` and not there any more.
fn told_of_gone(now: &MetricSnapshot, older: &MetricSnapshot) -> u64 {
    if now.list_identity() == older.list_identity() {
        return 0;
    }
    let mut series = (0..now.places()).filter_map(|place| now.tags_at(place)).peekable();
    let is_gone = |place: &usize| {
        let Some(tags) = older.tags_at(*place) else { return false };
        while series.next_if(|now| *now < tags).is_some() {}
        !series.peek().is_some_and(|now| *now == tags && now.is_of_one_series_with(tags))
    };
    (0..older.places()).filter(is_gone).map(|place| older.executions_at(place)).sum()
}

/// Each metric of `now` beside what it was.
fn pairs<'s>(
    now: &'s Snapshot,
    before: Option<&'s Snapshot>,
) -> impl Iterator<Item = (&'s MetricSnapshot, Option<&'s MetricSnapshot>)> {
    let older = before.map_or(&[][..], Snapshot::metrics);
    now.metrics().iter().enumerate().map(move |(place, of_metric)| {
        let definition = of_metric.metric().definition();
        let is_same = |other: &Metric| std::ptr::eq(other.definition(), definition);
        (of_metric, older.get(place).filter(|older| is_same(older.metric())))
    })
}
