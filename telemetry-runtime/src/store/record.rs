//! The way of one execution into a store: read, then written to this thread's rows.
//!
//! Costs: the calls of the metrics' readings inside one `catch_unwind`, one look-up a group, and a
//! load and a store a cell. No lock, no shared cache line, no allocation for a series that exists.

use std::sync::atomic::Ordering;

use telemetry::{Execution, TagSet};

use super::plan::{EventPlan, Feed, Plan};
use super::reading::{Found, Read, Readings};
use super::rows::{Place, Rows};
use super::shared::StoreId;
use super::table::Slot;
use super::writer::{New, with_rows};

/// As many combinations of tag values have an index at the most; each thread has four bytes for each.
const INDEXED: usize = 4096;

impl EventPlan {
    /// Adds an execution of the event to a store of this plan.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is left of it is a jump")]
    pub(crate) fn record(&self, plan: &Plan, store: StoreId, execution: &Execution<'_>) {
        if let [feed] = &*self.feeds {
            return plan.record(feed, store, execution);
        }
        self.record_all(plan, store, execution);
    }

    /// Apart, so that an event that feeds one group pays for nothing of this.
    #[inline(never)]
    fn record_all(&self, plan: &Plan, store: StoreId, execution: &Execution<'_>) {
        self.feeds.iter().for_each(|feed| plan.record(feed, store, execution));
    }
}

impl Plan {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is left of it is a jump")]
    fn record(&self, feed: &Feed, store: StoreId, execution: &Execution<'_>) {
        if !feed.only_counts {
            self.add(feed, store, execution);
        } else if feed.is_hashed() {
            self.count_by_words(feed, store, execution);
        } else {
            self.count_by_index(feed, store, execution);
        }
    }

    /// One more of the series at an index.
    #[inline(never)]
    fn count_by_index(&self, feed: &Feed, store: StoreId, execution: &Execution<'_>) {
        let Some(index) = feed.index(execution) else {
            return self.count_by_words(feed, store, execution);
        };
        let counted = with_rows(store, feed.group, |_, rows| {
            rows.count(rows.at(index)?, feed.layout);
            Some(())
        });
        if counted.is_none() {
            self.record_first(feed, store, execution, Found::Index(index), &[]);
        }
    }

    /// One more of the series of these tags.
    #[inline(never)]
    fn count_by_words(&self, feed: &Feed, store: StoreId, execution: &Execution<'_>) {
        let mut tags = TagSet::new();
        if !feed.read_tags(execution, &mut tags) {
            self.record_first(feed, store, execution, Found::Panicked, &[]);
            return;
        }
        let counted = with_rows(store, feed.group, |_, rows| {
            rows.count(rows.find(&tags)?, feed.layout);
            Some(())
        });
        if counted.is_none() {
            self.record_first(feed, store, execution, Found::Words, &[]);
        }
    }

    #[inline(never)]
    fn add(&self, feed: &Feed, store: StoreId, execution: &Execution<'_>) {
        let group = &self.groups[feed.group];
        let mut readings = Readings::new();
        let mut tags = TagSet::new();
        let found = readings.read(feed, execution, &mut tags);
        let recorded = with_rows(store, feed.group, |shared, rows| {
            let slot = found.slot(rows, &tags)?;
            Some(rows.record(shared, group, feed, slot, readings.numbers()))
        });
        let wants_exemplar = recorded.unwrap_or_else(|| {
            self.record_first(feed, store, execution, found, readings.numbers())
        });
        if wants_exemplar {
            let slot = |rows: &Rows| found.slot(rows, &tags);
            self.sample(feed, store, execution, slot, readings.numbers());
        }
    }

    /// An execution whose tags this thread sees for the first time, or one that does not count. Gives
    /// whether an exemplar is wanted of it.
    #[cold]
    fn record_first(
        &self,
        feed: &Feed,
        store: StoreId,
        execution: &Execution<'_>,
        found: Found,
        numbers: &[Read],
    ) -> bool {
        let group = &self.groups[feed.group];
        let index = match found {
            Found::Left => return false,
            Found::Panicked => {
                New::leave_out(store, group, feed);
                return false;
            }
            Found::Index(index) => Some(index),
            Found::Words => None,
        };
        let Some(tags) = feed.with_texts(execution) else { return false };
        let combinations = tags.combinations().filter(|count| *count <= INDEXED);
        let indexed = index.zip(combinations).filter(|(index, count)| index < count);
        let place = if let Some((index, count)) = indexed {
            Place::Index { index, count }
        } else {
            if !feed.is_hashed() {
                feed.is_hashed.store(true, Ordering::Relaxed);
            }
            Place::Key(tags.words())
        };
        let new = New { tags: &tags, place };
        !new.overflow(store, group, feed, numbers) && new.record(store, group, feed, numbers)
    }
}

impl Found {
    #[inline]
    fn slot(self, rows: &Rows, tags: &TagSet) -> Option<Slot> {
        match self {
            Self::Words => rows.find(tags),
            Self::Index(index) => rows.at(index),
            Self::Left | Self::Panicked => None,
        }
    }
}
