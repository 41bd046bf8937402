//! What is kept of one task: written by whoever polls and wakes it, read by whoever lists tasks.
//!
//! Only one thread at a time polls, so that the counters need no locked instruction.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Wake, Waker};

use telemetry::SpanContext;

use super::info::{TaskInfo, TaskState};
use super::ticks::{Rate, ticks};

/// One task. Times are in ticks.
pub(super) struct Record {
    pub(super) id: u64,
    name: Cow<'static, str>,
    location: &'static Location<'static>,
    parent: Option<SpanContext>,
    size: usize,
    born: u64,
    #[cfg(feature = "tokio")]
    tokio_id: OnceLock<tokio::task::Id>,

    polls: AtomicU64,
    self_wakes: AtomicU64,
    busy: AtomicU64,
    scheduled: AtomicU64,
    longest_poll: AtomicU64,
    /// Since when it is polled; 0 while it is not.
    polled_since: AtomicU64,
    /// When the last poll ended, at first when the task was made.
    rests_since: AtomicU64,
    /// When it was woken for the next poll; 0 if it was not.
    woken: AtomicU64,
    wakers: Wakers,
}

/// Whom a wake of the task is passed on to: the waker of its last poll.
///
/// Executors poll a task with one waker as long as it lives, as a rule, and then nothing is locked.
#[derive(Default)]
struct Wakers {
    first: OnceLock<Waker>,
    is_other: AtomicBool,
    other: Mutex<Option<Waker>>,
}

impl Record {
    pub(super) fn new(
        id: u64,
        name: Cow<'static, str>,
        location: &'static Location<'static>,
        parent: Option<SpanContext>,
        size: usize,
    ) -> Self {
        let born = ticks();
        Self {
            id,
            name,
            location,
            parent,
            size,
            born,
            #[cfg(feature = "tokio")]
            tokio_id: OnceLock::new(),
            polls: AtomicU64::new(0),
            self_wakes: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            scheduled: AtomicU64::new(0),
            longest_poll: AtomicU64::new(0),
            polled_since: AtomicU64::new(0),
            rests_since: AtomicU64::new(born),
            // It waits for its first poll.
            woken: AtomicU64::new(born),
            wakers: Wakers::default(),
        }
    }

    /// A poll begins; dropping what this gives ends it.
    pub(super) fn poll(&self, waker: &Waker) -> Polling<'_> {
        let since = ticks();
        #[cfg(feature = "tokio")]
        if self.polls.load(Ordering::Relaxed) == 0 {
            self.begin();
        }
        self.wakers.set(waker);
        let woken = self.woken.swap(0, Ordering::AcqRel);
        if woken != 0 {
            let rests_since = self.rests_since.load(Ordering::Relaxed);
            // Woken while it was polled, it waited from the end of that poll on.
            add(&self.self_wakes, u64::from(woken < rests_since));
            add(&self.scheduled, since.saturating_sub(woken.max(rests_since)));
        }
        self.polled_since.store(since, Ordering::Relaxed);
        Polling { record: self, since }
    }

    /// Its first poll begins.
    #[cfg(feature = "tokio")]
    #[cold]
    fn begin(&self) {
        if let Some(id) = tokio::task::try_id() {
            let _ = self.tokio_id.set(id);
        }
    }

    fn wake(&self) {
        if self.woken.load(Ordering::Relaxed) == 0 {
            // Where the task wakes itself, its poll's end is what counts.
            let polled_since = self.polled_since.load(Ordering::Relaxed);
            let woken = if polled_since == 0 { ticks() } else { polled_since };
            self.woken.store(woken, Ordering::Release);
        }
        self.wakers.wake();
    }

    /// How it stands at this moment; each figure by itself, so that one may be a poll ahead of another.
    pub(super) fn info(&self) -> TaskInfo {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let polled_since = read(&self.polled_since);
        let (rests_since, woken) = (read(&self.rests_since), read(&self.woken));
        let (mut busy, mut scheduled) = (read(&self.busy), read(&self.scheduled));
        let mut longest_poll = read(&self.longest_poll);
        let (now, rate) = (ticks(), Rate::measured());
        let (state, since) = if polled_since != 0 {
            let poll = now.saturating_sub(polled_since);
            busy += poll;
            longest_poll = longest_poll.max(poll);
            (TaskState::Running, polled_since)
        } else if woken != 0 {
            let since = woken.max(rests_since);
            scheduled += now.saturating_sub(since);
            (TaskState::Scheduled, since)
        } else {
            (TaskState::Idle, rests_since)
        };
        let age = now.saturating_sub(self.born);
        TaskInfo {
            id: self.id,
            name: self.name.to_string(),
            location: self.location,
            parent: self.parent,
            state,
            in_state: rate.duration(now.saturating_sub(since)),
            age: rate.duration(age),
            polls: read(&self.polls),
            self_wakes: read(&self.self_wakes),
            busy: rate.duration(busy),
            scheduled: rate.duration(scheduled),
            idle: rate.duration(age.saturating_sub(busy + scheduled)),
            longest_poll: rate.duration(longest_poll),
            size: self.size,
            #[cfg(feature = "tokio")]
            tokio_id: self.tokio_id.get().copied(),
        }
    }
}

/// A poll that goes on. It also ends by a panic.
pub(super) struct Polling<'r> {
    record: &'r Record,
    since: u64,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let record = self.record;
        let until = ticks();
        let poll = until.saturating_sub(self.since);
        add(&record.polls, 1);
        add(&record.busy, poll);
        if poll > record.longest_poll.load(Ordering::Relaxed) {
            record.longest_poll.store(poll, Ordering::Relaxed);
        }
        record.rests_since.store(until, Ordering::Relaxed);
        record.polled_since.store(0, Ordering::Relaxed);
    }
}

/// Only who polls writes.
fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
}

impl Wake for Record {
    fn wake(self: Arc<Self>) {
        Self::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Self::wake(self);
    }
}

impl Wakers {
    /// Before the task is polled: whatever is woken by that poll or later passes on to this one.
    fn set(&self, waker: &Waker) {
        let first = self.first.get_or_init(|| waker.clone());
        let is_first = first.will_wake(waker);
        if is_first && !self.is_other.load(Ordering::Relaxed) {
            return;
        }
        let other = (!is_first).then(|| waker.clone());
        // Dropped after the lock: what a waker's destructor does is not known.
        let before = std::mem::replace(&mut *self.lock(), other);
        self.is_other.store(!is_first, Ordering::Release);
        drop(before);
    }

    fn wake(&self) {
        if self.is_other.load(Ordering::Acquire) {
            let other = self.lock().clone();
            if let Some(other) = other {
                other.wake();
                return;
            }
        }
        if let Some(first) = self.first.get() {
            first.wake_by_ref();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.other.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
