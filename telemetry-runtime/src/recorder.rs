//! What hears the executions of every event that a metric is declared over, and hands them to the
//! stores.
//!
//! An event knows its recorder beside its handlers and calls it without an announcement, since a
//! recorder is made once and stays. Which stores it feeds is a list that only grows: a feed whose
//! store is gone serves the next store of the same plan.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use telemetry::{AnyEvent, Execution, Record};

use crate::error::Error;
use crate::store::{Plan, Store, StoreId};

/// Feeds a store until it is dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    feeds: Vec<(&'static AnyEvent, &'static Feed)>,
}

/// The recorder of one event.
#[derive(Debug, Default)]
struct EventRecorder {
    first: OnceLock<&'static Feed>,
}

/// How one event feeds one store after another.
#[derive(Debug)]
struct Feed {
    plan: Arc<Plan>,
    /// The event's place in the plan.
    event: usize,
    /// The [`StoreId`] of the store that is fed, [`NO_STORE`] while there is none.
    store: AtomicU64,
    next: OnceLock<&'static Feed>,
}

const NO_STORE: u64 = 0;

/// By the events' addresses. Changes go through its lock.
static RECORDERS: Mutex<Option<HashMap<usize, &'static EventRecorder>>> = Mutex::new(None);

impl Recorder {
    /// Begins to feed a store with all events of its plan.
    ///
    /// # Errors
    /// When an event is recorded by another version of this crate.
    pub(crate) fn attach(plan: &Arc<Plan>, store: &Store) -> Result<Self, Error> {
        let mut recorders = RECORDERS.lock().unwrap_or_else(PoisonError::into_inner);
        let recorders = recorders.get_or_insert_default();
        let mut recorder = Self { feeds: Vec::new() };
        for (place, event) in plan.events() {
            let address = std::ptr::from_ref(event).addr();
            let of_event = match recorders.entry(address) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => *place.insert(EventRecorder::install(event)?),
            };
            let feed = of_event.free_feed(plan, place);
            feed.store.store(store.id().to_bits(), Ordering::Relaxed);
            event.set_recorded(true);
            recorder.feeds.push((event, feed));
        }
        Ok(recorder)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let recorders = RECORDERS.lock().unwrap_or_else(PoisonError::into_inner);
        for (event, feed) in &self.feeds {
            feed.store.store(NO_STORE, Ordering::Relaxed);
            let address = std::ptr::from_ref(*event).addr();
            let of_event = recorders.as_ref().and_then(|recorders| recorders.get(&address));
            if of_event.is_none_or(|of_event| of_event.feeds().all(Feed::is_free)) {
                event.set_recorded(false);
            }
        }
    }
}

impl EventRecorder {
    /// Makes the recorder of an event, for the rest of the process as the event is.
    fn install(event: &'static AnyEvent) -> Result<&'static Self, Error> {
        let made: &'static Self = Box::leak(Box::default());
        let installed = event.recorder_or(made);
        if std::ptr::addr_eq(installed, made) {
            return Ok(made);
        }
        Err(Error::conflict(format!(
            "the event `{}` is recorded by another version of telemetry-runtime already; let the program have one",
            event.name(),
        )))
    }

    fn feeds(&self) -> impl Iterator<Item = &'static Feed> {
        std::iter::successors(self.first.get().copied(), |feed| feed.next.get().copied())
    }

    /// A feed of this plan that no store has, a new one if there is none.
    fn free_feed(&self, plan: &Arc<Plan>, event: usize) -> &'static Feed {
        let is_of_plan = |feed: &&Feed| feed.is_free() && Arc::ptr_eq(&feed.plan, plan);
        if let Some(free) = self.feeds().find(is_of_plan) {
            return free;
        }
        let made: &'static Feed = Box::leak(Box::new(Feed {
            plan: plan.clone(),
            event,
            store: AtomicU64::new(NO_STORE),
            next: OnceLock::new(),
        }));
        // Under the lock, so that the end of the list is the same throughout.
        let end = self.feeds().last().map_or(&self.first, |last| &last.next);
        end.get_or_init(|| made)
    }
}

impl Feed {
    fn is_free(&self) -> bool {
        self.store.load(Ordering::Relaxed) == NO_STORE
    }
}

impl Record for EventRecorder {
    fn record(&self, execution: &Execution<'_>) {
        let mut next = self.first.get();
        while let Some(feed) = next {
            if let Some(store) = StoreId::from_bits(feed.store.load(Ordering::Relaxed)) {
                feed.plan.record(feed.event, store, execution);
            }
            next = feed.next.get();
        }
    }
}
