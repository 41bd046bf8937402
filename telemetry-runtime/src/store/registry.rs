//! The series of one group: which tag values have which number, and how many there may be.
//!
//! Threads come here when they see tag values for the first time, and readers for the list. Nobody
//! else takes this lock, and nobody does more under it than to look up, to add or to copy.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use telemetry::TagSet;

use super::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};
use super::tags::Tags;

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
}

#[derive(Debug, Default)]
struct Known {
    hasher: std::hash::RandomState,
    /// The numbers of the series by their tags.
    numbers: HashTable<u32>,
    series: Vec<Slot>,
    /// Numbers whose series is gone, and which no row has any more.
    free: Vec<u32>,
    /// The same, while the last list may still name the series that had them.
    listed: Vec<u32>,
    overflow: Option<u32>,
    buffer: String,
    /// Rises with every change.
    version: u64,
    created: u64,
    retired: u64,
}

#[derive(Debug)]
struct Slot {
    tags: Tags,
    /// Rows of all threads that have the number.
    rows: u32,
    is_retired: bool,
}

/// The number of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interned {
    /// That of the tags.
    Series(u32),
    /// That of all tags past a limit.
    Overflow(u32),
}

/// The series of a group at one moment.
#[derive(Debug, Default)]
pub(super) struct SeriesList {
    version: u64,
    /// By number; `None` for one that is gone.
    pub(super) tags: Vec<Option<Tags>>,
    /// The numbers in the order of the tags.
    pub(super) order: Vec<u32>,
    pub(super) overflow: Option<u32>,
    pub(super) created: u64,
    pub(super) retired: u64,
}

/// How many series all groups of a store have together, and may have.
#[derive(Debug)]
pub(super) struct ProcessLimit {
    count: AtomicUsize,
    limit: usize,
}

impl ProcessLimit {
    pub(super) fn new(limit: usize) -> Self {
        Self { count: AtomicUsize::new(0), limit }
    }

    fn reserve(&self) -> bool {
        let below = |count| (count < self.limit).then_some(count + 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below).is_ok()
    }

    fn release(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Registry {
    /// A group without tags has its one series from the start, so that its first rise is seen.
    pub(super) fn new(tags: usize, limit: usize, process: &ProcessLimit) -> Self {
        let registry = Self { known: Mutex::default(), tags, limit };
        if tags == 0 {
            process.count.fetch_add(1, Ordering::Relaxed);
            registry.lock().add(Tags::repeated("", 0), true);
        }
        registry
    }

    /// The series with these tags, a new one if there is none and no limit is reached. Counts a row
    /// that has its number. The tags' texts are made under the lock; no code of the user's runs.
    pub(super) fn intern(&self, tags: &TagSet<'_>, process: &ProcessLimit) -> Interned {
        let mut known = self.lock();
        let mut buffer = std::mem::take(&mut known.buffer);
        let tags = Tags::of(tags, &mut buffer);
        known.buffer = buffer;
        let number = match known.find(&tags) {
            Some(number) => number,
            None if known.numbers.len() < self.limit && process.reserve() => known.add(tags, true),
            None => return Interned::Overflow(known.overflow(self.tags)),
        };
        known.count_row(number);
        Interned::Series(number)
    }

    /// Which of these numbers are of series that are gone.
    pub(super) fn retired(&self, numbers: &[u32]) -> Vec<bool> {
        let known = self.lock();
        let is_retired =
            |number: &u32| known.series.get(*number as usize).is_none_or(|slot| slot.is_retired);
        numbers.iter().map(is_retired).collect()
    }

    /// Takes back rows that had these numbers.
    pub(super) fn release_rows(&self, numbers: impl Iterator<Item = u32>) {
        let mut known = self.lock();
        for number in numbers {
            let Some(slot) = known.series.get_mut(number as usize) else { continue };
            slot.rows = slot.rows.saturating_sub(1);
            if slot.rows == 0 && slot.is_retired {
                known.listed.push(number);
            }
        }
    }

    /// Forgets these series; what their rows hold is not shown any more. The overflow series stays.
    pub(super) fn retire(&self, numbers: &[u32], process: &ProcessLimit) -> usize {
        let mut known = self.lock();
        numbers.iter().filter(|number| known.retire(**number, process)).count()
    }

    /// The list as it is now: `last`, if nothing has changed since. By one reader at a time: numbers
    /// that are in its list are not given to other series before the next one.
    pub(super) fn list(&self, last: &Arc<SeriesList>) -> Arc<SeriesList> {
        let mut known = self.lock();
        let Known { free, listed, .. } = &mut *known;
        free.append(listed);
        if known.version == last.version {
            return last.clone();
        }
        let tags = |slot: &Slot| (!slot.is_retired).then(|| slot.tags.clone());
        let mut series = SeriesList {
            version: known.version,
            tags: known.series.iter().map(tags).collect(),
            order: Vec::new(),
            overflow: known.overflow,
            created: known.created,
            retired: known.retired,
        };
        drop(known);
        series.sort();
        Arc::new(series)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&self, tags: &Tags) -> Option<u32> {
        let is_equal = |number: &u32| self.series[*number as usize].tags == *tags;
        self.numbers.find(self.hasher.hash_one(tags), is_equal).copied()
    }

    fn add(&mut self, tags: Tags, is_found: bool) -> u32 {
        let hash = self.hasher.hash_one(&tags);
        let slot = Slot { tags, rows: 0, is_retired: false };
        let number = if let Some(free) = self.free.pop() {
            self.series[free as usize] = slot;
            free
        } else {
            self.series.push(slot);
            // 2³² series do not fit into a memory.
            u32::try_from(self.series.len() - 1).unwrap_or(u32::MAX)
        };
        if is_found {
            let Self { numbers, series, hasher, .. } = self;
            let hash_of = |number: &u32| hasher.hash_one(&series[*number as usize].tags);
            numbers.insert_unique(hash, number, hash_of);
        }
        self.created += 1;
        self.version += 1;
        number
    }

    fn overflow(&mut self, tags: usize) -> u32 {
        if let Some(number) = self.overflow {
            return number;
        }
        // It is not found by its tags: an execution that has them by chance is one of its own.
        let number = self.add(Tags::repeated(OVERFLOW, tags), false);
        self.overflow = Some(number);
        number
    }

    fn count_row(&mut self, number: u32) {
        if let Some(slot) = self.series.get_mut(number as usize) {
            slot.rows += 1;
        }
    }

    fn retire(&mut self, number: u32, process: &ProcessLimit) -> bool {
        let Some(slot) = self.series.get_mut(number as usize) else { return false };
        if slot.is_retired || self.overflow == Some(number) {
            return false;
        }
        slot.is_retired = true;
        let hash = self.hasher.hash_one(&slot.tags);
        if let Ok(entry) = self.numbers.find_entry(hash, |found| *found == number) {
            entry.remove();
        }
        if self.series[number as usize].rows == 0 {
            self.listed.push(number);
        }
        process.release();
        self.retired += 1;
        self.version += 1;
        true
    }
}

impl SeriesList {
    fn sort(&mut self) {
        let tags = &self.tags;
        let mut order: Vec<(u32, &Tags)> =
            (0..).zip(tags).filter_map(|(number, tags)| Some((number, tags.as_ref()?))).collect();
        order.sort_unstable_by_key(|(_, tags)| *tags);
        self.order = order.into_iter().map(|(number, _)| number).collect();
    }
}
