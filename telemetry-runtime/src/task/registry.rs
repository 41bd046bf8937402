//! The tracked tasks of the process that have not ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::info::TaskInfo;
use super::record::Record;

/// The most tasks that are tracked at a time.
pub const LIMIT: usize = 65_536;

/// Tasks that are spawned at the same time seldom meet on one of these locks.
const SHARDS: usize = 16;

static TASKS: LazyLock<Registry> = LazyLock::new(|| Registry::new(LIMIT));

/// The tracked tasks that have not ended, in the order in which they were made.
pub fn tasks() -> Vec<TaskInfo> {
    TASKS.list()
}

/// How many tasks were not tracked because of [`LIMIT`].
pub fn tasks_not_tracked() -> u64 {
    TASKS.not_tracked.load(Ordering::Relaxed)
}

/// Lists a record that `make` makes for an id, unless the list is full.
pub(super) fn enter(make: impl FnOnce(u64) -> Record) -> Option<Listed> {
    TASKS.enter(make)
}

/// A record on a list, until it is dropped.
pub(super) struct Listed {
    record: Arc<Record>,
    registry: &'static Registry,
}

struct Registry {
    shards: [Mutex<HashMap<u64, Arc<Record>>>; SHARDS],
    limit: usize,
    tracked: AtomicUsize,
    not_tracked: AtomicU64,
    ids: AtomicU64,
}

impl Registry {
    fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            limit,
            tracked: AtomicUsize::new(0),
            not_tracked: AtomicU64::new(0),
            ids: AtomicU64::new(1),
        }
    }

    fn list(&self) -> Vec<TaskInfo> {
        let mut tasks = Vec::with_capacity(self.tracked.load(Ordering::Relaxed));
        for shard in &self.shards {
            tasks.extend(lock(shard).values().map(|record| record.info()));
        }
        tasks.sort_unstable_by_key(|task| task.id);
        tasks
    }

    fn enter(&'static self, make: impl FnOnce(u64) -> Record) -> Option<Listed> {
        if self.tracked.fetch_add(1, Ordering::Relaxed) >= self.limit {
            self.tracked.fetch_sub(1, Ordering::Relaxed);
            self.not_tracked.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let record = Arc::new(make(self.ids.fetch_add(1, Ordering::Relaxed)));
        lock(self.shard(record.id)).insert(record.id, record.clone());
        Some(Listed { record, registry: self })
    }

    fn shard(&self, id: u64) -> &Mutex<HashMap<u64, Arc<Record>>> {
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of shards")]
        let index = (id % SHARDS as u64) as usize;
        &self.shards[index]
    }
}

impl Listed {
    pub(super) fn record(&self) -> &Arc<Record> {
        &self.record
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let Self { record, registry } = self;
        registry.tracked.fetch_sub(1, Ordering::Relaxed);
        let left = lock(registry.shard(record.id)).remove(&record.id);
        // A waker that it holds may do anything when it is dropped: not under the lock.
        drop(left);
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[test]
    fn past_the_limit_tasks_are_counted_and_not_listed() {
        static TWO: LazyLock<Registry> = LazyLock::new(|| Registry::new(2));
        let make = |id| Record::new(id, "some".into(), Location::caller(), None, 0);

        let first = TWO.enter(make).unwrap();
        let second = TWO.enter(make).unwrap();
        assert!(TWO.enter(make).is_none());
        assert!(TWO.enter(make).is_none());
        assert_eq!(TWO.not_tracked.load(Ordering::Relaxed), 2);
        let listed: Vec<u64> = TWO.list().iter().map(|task| task.id).collect();
        assert_eq!(listed, [first.record().id, second.record().id]);
        drop(first);
        let third = TWO.enter(make).unwrap();
        assert!(third.record().id > second.record().id, "ids are not used again");
    }
}
