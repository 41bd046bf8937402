//! The way of one execution into a store: read, then written to this thread's rows.
//!
//! Costs: the calls of the metrics' readings inside one `catch_unwind`, one look-up a group, and a
//! load and a store a cell. No lock, no shared cache line, no allocation for a series that exists.

use std::sync::atomic::Ordering;

use telemetry::{Execution, TagSet, TagValue};

use super::hash::hash;
use super::plan::{Feed, Plan};
use super::reading::{Found, Read, Readings};
use super::rows::Place;
use super::shared::StoreId;
use super::writer::{New, with_rows};

/// As many combinations of tag values have an index at the most; each thread has four bytes for each.
const INDEXED: usize = 4096;

impl Plan {
    /// Adds an execution of the event at this place to a store of this plan.
    #[inline]
    pub(crate) fn record(&self, event: usize, store: StoreId, execution: &Execution<'_>) {
        for feed in &self.events[event].feeds {
            if feed.only_counts {
                self.count(feed, store);
            } else {
                self.read_and_record(feed, store, execution);
            }
        }
    }

    /// Without a filter, tags and measurements there is nothing to be read.
    #[inline]
    fn count(&self, feed: &Feed, store: StoreId) {
        let group = &self.groups[feed.group];
        let counted = with_rows(store, feed.group, |_, rows| {
            rows.count(rows.at(0)?, group.layout);
            Some(())
        });
        if counted.flatten().is_none() {
            self.record_first(feed, store, Found::Index(0), &TagSet::with_values(), &[]);
        }
    }

    #[inline(never)]
    fn read_and_record(&self, feed: &Feed, store: StoreId, execution: &Execution<'_>) {
        let mut readings = Readings::new();
        let mut tags = TagSet::new();
        let found = readings.read(feed, execution, &mut tags);
        let group = &self.groups[feed.group];
        let words = match found {
            Found::Words => hash(tags.words()),
            Found::Index(_) => 0,
            Found::Left => return,
            Found::Panicked => return self.leave_out(feed, store),
        };
        let recorded = with_rows(store, feed.group, |shared, rows| {
            let slot = match found {
                Found::Index(index) => rows.at(index)?,
                _ => rows.find(tags.words(), words)?,
            };
            rows.record(shared, group, feed, slot, readings.numbers());
            Some(())
        });
        if recorded.flatten().is_none()
            && let Some(values) = feed.values(execution)
        {
            self.record_first(feed, store, found, &values, readings.numbers());
        }
    }

    /// An execution whose tags this thread sees for the first time, or a thread that sees the store
    /// for the first time.
    #[cold]
    fn record_first(
        &self,
        feed: &Feed,
        store: StoreId,
        found: Found,
        values: &TagSet<'_>,
        numbers: &[Read],
    ) {
        let indexed = match found {
            Found::Index(index) => combinations(values)
                .filter(|count| index < *count)
                .map(|count| Place::Index { index, count }),
            _ => None,
        };
        let place = indexed.unwrap_or_else(|| {
            feed.is_hashed.store(true, Ordering::Relaxed);
            Place::Key(values.words(), hash(values.words()))
        });
        let new = New { values, place };
        new.record(store, &self.groups[feed.group], feed, numbers);
    }

    #[cold]
    fn leave_out(&self, feed: &Feed, store: StoreId) {
        New::leave_out(store, &self.groups[feed.group], feed);
    }
}

/// How many combinations of values these tags may have; `None` of too many.
fn combinations(tags: &TagSet<'_>) -> Option<usize> {
    let texts = |value: &TagValue<'_>| match value {
        TagValue::Enum { texts, .. } => texts.len(),
        TagValue::Bool(_) => 2,
        _ => 1,
    };
    let all = tags.values().iter().map(texts).try_fold(1, usize::checked_mul);
    all.filter(|count| *count <= INDEXED)
}
