//! What the registry of a group knows of each series, by its number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use telemetry::TagSet;

use super::filter::Filter;
use super::limit::ProcessLimit;
use super::sync::Arc;
use super::tags::{self, Tags};

/// What the tags of the overflow series are called.
const OVERFLOW: &str = "__overflow__";
/// Of fewer numbers, none is given back.
const FEW: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Known {
    hasher: RandomState,
    /// The numbers of the series by their tags.
    numbers: HashTable<u32>,
    series: Vec<Slot>,
    /// Numbers whose series is gone, and which no row has any more: the lowest is taken next, so that
    /// the highest can be given back.
    free: BinaryHeap<Reverse<u32>>,
    overflow: Option<u32>,
    /// Of the series that are there now, once somebody was turned away.
    filter: Option<Arc<Filter>>,
    /// Rises with every change of the list.
    version: u64,
    totals: Totals,
}

/// What has happened to the series of a group so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) created: u64,
    pub(super) expired: u64,
    pub(super) pruned: u64,
    /// Executions that were added to series after they had gone.
    pub(super) late: u64,
}

#[derive(Debug)]
struct Slot {
    /// `None` of one that is retired.
    tags: Option<Tags>,
    /// The hash of the tags. Of one that is retired, the executions in rows that were left since, less
    /// those that were seen when it was; wraps.
    hash_or_late: u64,
    /// Rows of all threads that have the number.
    rows: u32,
    state: State,
}

/// How a series is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// By the threads that have a row of it, and here.
    Open,
    /// Only here: threads unlink their rows.
    Closed,
    /// Not at all.
    Retired,
}

impl Known {
    pub(super) fn hash(&self, tags: &TagSet) -> u64 {
        tags::hash(tags, self.hasher.build_hasher())
    }

    /// How many series are found by their tags.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn overflow_number(&self) -> Option<u32> {
        self.overflow
    }

    /// By number; `None` for one that is gone.
    pub(super) fn tags(&self) -> Vec<Option<Tags>> {
        self.series.iter().map(|slot| slot.tags.clone()).collect()
    }

    pub(super) fn state(&self, number: u32) -> State {
        self.series.get(number as usize).map_or(State::Retired, |slot| slot.state)
    }

    pub(super) fn find(&self, tags: &TagSet, hash: u64) -> Option<u32> {
        let known = |number: &u32| self.series[*number as usize].tags.as_ref();
        let is_equal = |number: &u32| known(number).is_some_and(|known| known.is(tags));
        self.numbers.find(hash, is_equal).copied()
    }

    pub(super) fn add(&mut self, tags: Tags, hash: u64) -> u32 {
        let number = self.number(tags, hash);
        let Self { numbers, series, .. } = self;
        numbers.insert_unique(hash, number, |number| series[*number as usize].hash_or_late);
        self.filter = None;
        number
    }

    /// A number for a series, which is not found by its tags.
    fn number(&mut self, tags: Tags, hash: u64) -> u32 {
        let slot = Slot { tags: Some(tags), hash_or_late: hash, rows: 0, state: State::Open };
        self.totals.created += 1;
        self.version += 1;
        if let Some(Reverse(free)) = self.free.pop() {
            self.series[free as usize] = slot;
            return free;
        }
        self.series.push(slot);
        // 2³² series do not fit into a memory.
        u32::try_from(self.series.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn overflow(&mut self, tags: usize) -> u32 {
        if let Some(number) = self.overflow {
            return number;
        }
        // It is not found by its tags: an execution that has them by chance is one of its own.
        let number = self.number(Tags::repeated(OVERFLOW, tags), 0);
        self.overflow = Some(number);
        number
    }

    pub(super) fn filter(&mut self) -> Arc<Filter> {
        let Self { filter, numbers, series, hasher, .. } = self;
        let hashes = numbers.iter().map(|number| series[*number as usize].hash_or_late);
        filter.get_or_insert_with(|| Arc::new(Filter::new(hasher.clone(), hashes))).clone()
    }

    pub(super) fn open_for_row(&mut self, number: u32) {
        if let Some(slot) = self.series.get_mut(number as usize) {
            slot.state = State::Open;
            slot.rows += 1;
        }
    }

    pub(super) fn close(&mut self, number: u32) {
        if self.overflow != Some(number)
            && let Some(slot) = self.series.get_mut(number as usize)
            && slot.state == State::Open
        {
            slot.state = State::Closed;
        }
    }

    /// That of the overflow stays.
    pub(super) fn may_be_pruned(&self, number: u32) -> bool {
        self.overflow != Some(number) && self.state(number) != State::Retired
    }

    pub(super) fn prune(&mut self, number: u32, executions: u64, process: &ProcessLimit) {
        self.totals.pruned += 1;
        self.retire(number, executions, process);
    }

    pub(super) fn expire(&mut self, number: u32, executions: u64, process: &ProcessLimit) {
        self.totals.expired += 1;
        self.retire(number, executions, process);
    }

    /// Forgets a series that is there, with the executions that its rows have. Its number is taken until
    /// no row has it.
    fn retire(&mut self, number: u32, executions: u64, process: &ProcessLimit) {
        let slot = &mut self.series[number as usize];
        if let Ok(entry) = self.numbers.find_entry(slot.hash_or_late, |found| *found == number) {
            entry.remove();
        }
        slot.state = State::Retired;
        slot.tags = None;
        slot.hash_or_late = executions.wrapping_neg();
        self.filter = None;
        self.version += 1;
        process.release();
        self.free_if_left(number);
    }

    pub(super) fn release_row(&mut self, number: u32, executions: u64) {
        let Some(slot) = self.series.get_mut(number as usize) else { return };
        slot.rows = slot.rows.saturating_sub(1);
        if slot.state == State::Retired {
            slot.hash_or_late = slot.hash_or_late.wrapping_add(executions);
            self.free_if_left(number);
        }
    }

    /// Gives the number of a retired series to the next one, if no row has it any more.
    fn free_if_left(&mut self, number: u32) {
        let slot = &mut self.series[number as usize];
        if slot.rows > 0 {
            return;
        }
        self.free.push(Reverse(number));
        let late = slot.hash_or_late;
        if late > 0 {
            self.totals.late += late;
            self.version += 1;
        }
    }

    /// Gives the memory of numbers back that nobody needs, once that is half of all: those past the last
    /// one that somebody has.
    pub(super) fn shrink(&mut self) {
        let is_free = |slot: &Slot| slot.state == State::Retired && slot.rows == 0;
        let is_worth_it = self.series.len() > FEW && self.free.len() * 2 > self.series.len();
        if !is_worth_it || !self.series.last().is_some_and(is_free) {
            return;
        }
        let len = self.series.iter().rposition(|slot| !is_free(slot)).map_or(0, |last| last + 1);
        let Self { numbers, series, free, .. } = self;
        series.truncate(len);
        series.shrink_to_fit();
        free.retain(|Reverse(number)| (*number as usize) < len);
        free.shrink_to_fit();
        numbers.shrink_to_fit(|number| series[*number as usize].hash_or_late);
        self.version += 1;
    }
}
