//! The series of one group: which tag values have which number, how many there may be, and which are
//! gone.
//!
//! Threads come here when they see tag values for the first time, and readers for the list. Nobody
//! else takes this lock, and nobody does more under it than to look up, to add or to copy.
//!
//! # How a series expires
//! One that rests is first *closed*: it is shown as before, and each thread that executes anything
//! unlinks its row, so that the next execution of these tags comes here and opens the series again.
//! Only one that is still closed at the next look, and has had no execution meanwhile, is *retired*.
//! So nobody adds to what is being forgotten, unless a thread was held up for the whole time between
//! two looks after it had found its row and before it wrote to it. What was added so is counted when
//! the thread leaves the row.

use std::hash::BuildHasher as _;
use std::hash::RandomState;

use hashbrown::HashTable;
use telemetry::TagSet;

use super::filter::Filter;
use super::limit::ProcessLimit;
use super::list::SeriesList;
use super::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::tags::{self, Tags};

/// What the tags of the overflow series are called.
const OVERFLOW: &str = "__overflow__";

/// The series of one group of metrics.
#[derive(Debug)]
pub(super) struct Registry {
    known: Mutex<Known>,
    /// How many tags the group has.
    tags: usize,
    /// How many series there may be, that of the overflow not counted.
    limit: usize,
    /// How often series were closed or retired.
    retirements: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    hasher: RandomState,
    /// The numbers of the series by their tags.
    numbers: HashTable<u32>,
    series: Vec<Slot>,
    /// Numbers whose series is gone, and which no row has any more.
    free: Vec<u32>,
    overflow: Option<u32>,
    /// Of the series that are there now, once somebody was turned away.
    filter: Option<Arc<Filter>>,
    buffer: String,
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
    tags: Tags,
    hash: u64,
    /// Rows of all threads that have the number.
    rows: u32,
    state: State,
    /// Of a series that has gone: the executions in rows that were left since, less those that
    /// were seen when it was retired. Wraps.
    late: Option<u64>,
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

/// The number of a series.
#[derive(Debug, Clone)]
pub(super) enum Interned {
    /// That of the tags.
    Series(u32),
    /// That of all tags past a limit, and what tells which tags are.
    Overflow(u32, Arc<Filter>),
}

impl Registry {
    /// A group without tags has its one series from the start, so that its first rise is seen.
    pub(super) fn new(tags: usize, limit: usize, process: &ProcessLimit) -> Self {
        let retirements = AtomicU64::new(0);
        let registry = Self { known: Mutex::default(), tags, limit, retirements };
        registry.open_untagged(process);
        registry
    }

    /// The series with these tags, a new one if there is none and no limit is reached. Counts a row
    /// that has its number. The tags' texts are read under the lock; no code of the user's runs.
    pub(super) fn intern(&self, tags: &TagSet<'_>, process: &ProcessLimit) -> Interned {
        let mut known = self.lock();
        let hash = known.hash(tags);
        let number = match known.find(tags, hash) {
            Some(number) => number,
            None if self.has_room(&known, process) => {
                let mut buffer = std::mem::take(&mut known.buffer);
                let tags = Tags::of(tags, &mut buffer);
                known.buffer = buffer;
                known.add(tags, hash)
            }
            None => return Interned::Overflow(known.overflow(self.tags), known.filter()),
        };
        known.open_for_row(number);
        Interned::Series(number)
    }

    /// The one series of a group without tags, which may have been forgotten.
    pub(super) fn open_untagged(&self, process: &ProcessLimit) {
        let mut known = self.lock();
        if self.tags == 0 && known.numbers.is_empty() {
            process.take();
            let hash = known.hash(&TagSet::with_values());
            known.add(Tags::repeated("", 0), hash);
        }
    }

    /// How these series are found.
    pub(super) fn states(&self, numbers: &[u32]) -> Vec<State> {
        let known = self.lock();
        let state = |number: &u32| known.slot(*number).map_or(State::Retired, |slot| slot.state);
        numbers.iter().map(state).collect()
    }

    /// Takes back rows that had these numbers, with their executions.
    pub(super) fn release_rows(&self, rows: impl Iterator<Item = (u32, u64)>) {
        let mut known = self.lock();
        rows.for_each(|(number, executions)| known.release_row(number, executions));
    }

    /// Closes series that rest.
    pub(super) fn close(&self, numbers: &[u32]) {
        let mut known = self.lock();
        for number in numbers {
            known.close(*number);
        }
        self.has_retired(numbers.len());
    }

    /// Forgets those of these series that nobody has opened since they were closed, each with the
    /// executions that it has. Gives their numbers.
    pub(super) fn expire(&self, series: &[(u32, u64)], process: &ProcessLimit) -> Vec<u32> {
        let mut known = self.lock();
        let mut expired = Vec::new();
        for (number, executions) in series {
            if known.slot(*number).is_some_and(|slot| slot.state == State::Closed) {
                known.forget(*number, *executions, process);
                expired.push(*number);
            }
        }
        known.totals.expired += expired.len() as u64;
        self.has_retired(expired.len());
        expired
    }

    /// Forgets these series, each with the executions that its rows have. That of the overflow stays.
    /// Gives the numbers of those that are gone.
    pub(super) fn prune(&self, series: &[(u32, u64)], process: &ProcessLimit) -> Vec<u32> {
        let mut known = self.lock();
        let mut pruned = Vec::new();
        for (number, executions) in series {
            let is_there = known.slot(*number).is_some_and(|slot| slot.state != State::Retired);
            if is_there && known.overflow != Some(*number) {
                known.forget(*number, *executions, process);
                pruned.push(*number);
            }
        }
        known.totals.pruned += pruned.len() as u64;
        self.has_retired(pruned.len());
        pruned
    }

    /// The list as it is now: `last`, if nothing has changed since. Only who reads forgets series: so no
    /// list that is being read names one whose number may have become another's.
    pub(super) fn list(&self, last: &Arc<SeriesList>) -> Arc<SeriesList> {
        let known = self.lock();
        if known.version == last.version {
            return last.clone();
        }
        let tags = |slot: &Slot| (slot.state != State::Retired).then(|| slot.tags.clone());
        let tags = known.series.iter().map(tags).collect();
        let (version, overflow, totals) = (known.version, known.overflow, known.totals);
        drop(known);
        Arc::new(SeriesList::new(version, tags, overflow, totals))
    }

    /// Rises when threads have to look after their rows. Who was told so by the store sees it.
    pub(super) fn retirements(&self) -> u64 {
        self.retirements.load(Ordering::Relaxed)
    }

    /// Takes room for one more series, if there is. That of a metric without tags always has its own.
    fn has_room(&self, known: &Known, process: &ProcessLimit) -> bool {
        if self.tags == 0 {
            process.take();
            return true;
        }
        known.numbers.len() < self.limit && process.reserve()
    }

    fn has_retired(&self, count: usize) {
        if count > 0 {
            self.retirements.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn hash(&self, tags: &TagSet<'_>) -> u64 {
        tags::hash(tags, self.hasher.build_hasher())
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        self.series.get(number as usize)
    }

    fn find(&self, tags: &TagSet<'_>, hash: u64) -> Option<u32> {
        let is_equal = |number: &u32| self.series[*number as usize].tags.is(tags);
        self.numbers.find(hash, is_equal).copied()
    }

    fn add(&mut self, tags: Tags, hash: u64) -> u32 {
        let number = self.number(tags, hash);
        let Self { numbers, series, .. } = self;
        numbers.insert_unique(hash, number, |number| series[*number as usize].hash);
        self.filter = None;
        number
    }

    /// A number for a series, which is not found by its tags.
    fn number(&mut self, tags: Tags, hash: u64) -> u32 {
        let slot = Slot { tags, hash, rows: 0, state: State::Open, late: None };
        self.totals.created += 1;
        self.version += 1;
        if let Some(free) = self.free.pop() {
            self.series[free as usize] = slot;
            return free;
        }
        self.series.push(slot);
        // 2³² series do not fit into a memory.
        u32::try_from(self.series.len() - 1).unwrap_or(u32::MAX)
    }

    fn overflow(&mut self, tags: usize) -> u32 {
        if let Some(number) = self.overflow {
            return number;
        }
        // It is not found by its tags: an execution that has them by chance is one of its own.
        let number = self.number(Tags::repeated(OVERFLOW, tags), 0);
        self.overflow = Some(number);
        number
    }

    fn filter(&mut self) -> Arc<Filter> {
        let Self { filter, numbers, series, hasher, .. } = self;
        let hashes = numbers.iter().map(|number| series[*number as usize].hash);
        filter.get_or_insert_with(|| Arc::new(Filter::new(hasher.clone(), hashes))).clone()
    }

    fn open_for_row(&mut self, number: u32) {
        if let Some(slot) = self.series.get_mut(number as usize) {
            slot.state = State::Open;
            slot.rows += 1;
        }
    }

    fn close(&mut self, number: u32) {
        if self.overflow != Some(number)
            && let Some(slot) = self.series.get_mut(number as usize)
            && slot.state == State::Open
        {
            slot.state = State::Closed;
        }
    }

    /// Forgets a series that is there, with the executions that its rows have so far.
    fn forget(&mut self, number: u32, executions: u64, process: &ProcessLimit) {
        self.retire(number, process);
        self.series[number as usize].late = Some(executions.wrapping_neg());
        self.free_if_left(number);
    }

    /// A series that is there is found no more. Its number is taken until no row has it.
    fn retire(&mut self, number: u32, process: &ProcessLimit) {
        let slot = &mut self.series[number as usize];
        slot.state = State::Retired;
        if let Ok(entry) = self.numbers.find_entry(slot.hash, |found| *found == number) {
            entry.remove();
        }
        self.filter = None;
        self.version += 1;
        process.release();
    }

    fn release_row(&mut self, number: u32, executions: u64) {
        let Some(slot) = self.series.get_mut(number as usize) else { return };
        slot.rows = slot.rows.saturating_sub(1);
        slot.late = slot.late.map(|late| late.wrapping_add(executions));
        if slot.state == State::Retired {
            self.free_if_left(number);
        }
    }

    /// Gives the number of a retired series to the next one, if no row has it any more.
    fn free_if_left(&mut self, number: u32) {
        let slot = &mut self.series[number as usize];
        if slot.rows > 0 {
            return;
        }
        let late = slot.late.take().unwrap_or_default();
        slot.tags = Tags::repeated("", 0);
        self.free.push(number);
        if late > 0 {
            self.totals.late += late;
            self.version += 1;
        }
    }
}
