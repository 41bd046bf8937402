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

use telemetry::TagSet;

use super::filter::Filter;
use super::known::{Known, State};
use super::limit::ProcessLimit;
use super::list::SeriesList;
use super::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::tags::Tags;

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
    pub(super) fn intern(&self, tags: &TagSet, process: &ProcessLimit) -> Interned {
        let mut known = self.lock();
        let hash = known.hash(tags);
        let number = match known.find(tags, hash) {
            Some(number) => number,
            None if self.has_room(&known, process) => known.add(Tags::of(tags), hash),
            None => return Interned::Overflow(known.overflow(self.tags), known.filter()),
        };
        known.open_for_row(number);
        Interned::Series(number)
    }

    /// The one series of a group without tags, which may have been forgotten.
    pub(super) fn open_untagged(&self, process: &ProcessLimit) {
        let mut known = self.lock();
        if self.tags == 0 && known.len() == 0 {
            process.take();
            let hash = known.hash(&TagSet::with_texts());
            known.add(Tags::repeated("", 0), hash);
        }
    }

    /// How these series are found.
    pub(super) fn states(&self, numbers: &[u32]) -> Vec<State> {
        let known = self.lock();
        let state = |number: &u32| known.state(*number);
        numbers.iter().map(state).collect()
    }

    /// Takes back rows that had these numbers, with their executions.
    pub(super) fn release_rows(&self, rows: impl Iterator<Item = (u32, u64)>) {
        let mut known = self.lock();
        rows.for_each(|(number, executions)| known.release_row(number, executions));
        known.shrink();
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
            if known.state(*number) == State::Closed {
                known.expire(*number, *executions, process);
                expired.push(*number);
            }
        }
        known.shrink();
        self.has_retired(expired.len());
        expired
    }

    /// Forgets these series, each with the executions that its rows have. That of the overflow stays.
    /// Gives the numbers of those that are gone.
    pub(super) fn prune(&self, series: &[(u32, u64)], process: &ProcessLimit) -> Vec<u32> {
        let mut known = self.lock();
        let mut pruned = Vec::new();
        for (number, executions) in series {
            if known.may_be_pruned(*number) {
                known.prune(*number, *executions, process);
                pruned.push(*number);
            }
        }
        known.shrink();
        self.has_retired(pruned.len());
        pruned
    }

    /// The list as it is now: `last`, if nothing has changed since. Only who reads forgets series: so no
    /// list that is being read names one whose number may have become another's.
    pub(super) fn list(&self, last: &Arc<SeriesList>) -> Arc<SeriesList> {
        let known = self.lock();
        if known.version() == last.version {
            return last.clone();
        }
        let (version, overflow, totals) =
            (known.version(), known.overflow_number(), known.totals());
        let tags = known.tags();
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
        known.len() < self.limit && process.reserve()
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
