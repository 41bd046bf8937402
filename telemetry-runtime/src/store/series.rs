//! The series of one metric.

use std::cell::Cell as StdCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telemetry::{
    Buckets, Execution, MetricKind, MetricSource, Number, ReadTags, ReadValue, TagSet,
};

use super::cell::Cell;
use super::key::Key;
use super::snapshot::{Metric, MetricSnapshot, Series, Skip};
use super::{SERIES_PER_METRIC, SERIES_PER_PROCESS};

/// A metric, its series, and what it left out.
#[derive(Debug)]
pub(super) struct SeriesTable {
    metric: Arc<Metric>,
    /// The buckets' upper bounds in the measurement's unit.
    bounds: Vec<f64>,
    series: Mutex<HashMap<Key, Cell>>,
    series_of_all: Arc<AtomicUsize>,
    skipped: [AtomicU64; Skip::ALL.len()],
    overflowed: AtomicU64,
}

thread_local! {
    /// The buffer in which keys are made. Taken while in use, so that a tag's closure that executes
    /// an event finds an empty one.
    static KEY: StdCell<Key> = const { StdCell::new(Key::new()) };
}

/// What an execution says, once keep, measurement and tags were read.
enum Reading {
    Left,
    Skipped(Skip),
    Value(Option<Number>),
}

impl SeriesTable {
    pub(super) fn new(metric: Metric, series_of_all: Arc<AtomicUsize>) -> Self {
        let conversion = metric.conversion();
        let bounds = match metric.kind() {
            MetricKind::Distribution(Buckets::Fixed(buckets)) => {
                buckets.iter().map(|bound| conversion.invert(*bound)).collect()
            }
            _ => Vec::new(),
        };
        let mut series = HashMap::new();
        // A metric without tags has its one series from the start, so that its first rise is seen.
        if metric.tags().is_empty() {
            series.insert(Key::default(), Cell::new(metric.kind()));
            series_of_all.fetch_add(1, Ordering::Relaxed);
        }
        Self {
            metric: Arc::new(metric),
            bounds,
            series: Mutex::new(series),
            series_of_all,
            skipped: Default::default(),
            overflowed: AtomicU64::new(0),
        }
    }

    pub(super) fn metric(&self) -> &Metric {
        &self.metric
    }

    pub(super) fn record(&self, source: &MetricSource, execution: &Execution<'_>) {
        let mut key = KEY.try_with(StdCell::take).unwrap_or_default();
        key.clear();
        let read = AssertUnwindSafe(|| read(source, execution, &mut key));
        match catch_unwind(read).unwrap_or(Reading::Skipped(Skip::Panicked)) {
            Reading::Left => {}
            Reading::Skipped(skip) => {
                self.skipped[skip as usize].fetch_add(1, Ordering::Relaxed);
            }
            Reading::Value(number) => self.add(&key, number),
        }
        // An ending thread has no buffer to keep.
        let _ = KEY.try_with(|buffer| buffer.set(key));
    }

    fn add(&self, key: &Key, number: Option<Number>) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = series.get_mut(key) {
            cell.record(number, &self.bounds);
            return;
        }
        let key = if series.len() < SERIES_PER_METRIC && self.reserve_series() {
            key.clone()
        } else {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
            Key::overflow(self.metric.tags().len())
        };
        let cell = series.entry(key).or_insert_with(|| Cell::new(self.metric.kind()));
        cell.record(number, &self.bounds);
    }

    fn reserve_series(&self) -> bool {
        let below_limit = |count| (count < SERIES_PER_PROCESS).then_some(count + 1);
        self.series_of_all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below_limit).is_ok()
    }

    pub(super) fn snapshot(&self) -> MetricSnapshot {
        let conversion = self.metric.conversion();
        let table = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut series: Vec<Series> = table
            .iter()
            .filter_map(|(key, cell)| Some(Series::new(key.values(), cell.value(conversion)?)))
            .collect();
        drop(table);
        series.sort_unstable_by(|a, b| a.tags().cmp(b.tags()));
        MetricSnapshot::new(
            self.metric.clone(),
            series,
            self.skipped.each_ref().map(|count| count.load(Ordering::Relaxed)),
            self.overflowed.load(Ordering::Relaxed),
        )
    }
}

/// Runs the metric's own code on the execution.
fn read(source: &MetricSource, execution: &Execution<'_>, key: &mut Key) -> Reading {
    if source.filter.is_some_and(|filter| !(filter.keeps)(execution)) {
        return Reading::Left;
    }
    let number = match source.value {
        ReadValue::Typed { read, .. } => match read(execution) {
            None => return Reading::Skipped(Skip::Absent),
            Some(Number::Float(float)) if !float.is_finite() => {
                return Reading::Skipped(Skip::NotFinite);
            }
            number => number,
        },
        _ => None,
    };
    if let ReadTags::Typed { read, .. } = source.tags {
        let mut tags = TagSet::new();
        read(execution, &mut tags);
        tags.iter().for_each(|value| key.push(value));
    }
    Reading::Value(number)
}
