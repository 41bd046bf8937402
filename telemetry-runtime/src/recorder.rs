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
use crate::store::{EventPlan, Plan, Recording, Store, StoreId};

/// Feeds a store until it is dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    feeds: Vec<(&'static AnyEvent, &'static Feed)>,
    counted: Vec<&'static AnyEvent>,
    recording: Recording,
}

/// The recorder of one event.
#[derive(Debug)]
struct EventRecorder {
    /// The first feed in place, since there seldom is another.
    first: Feed,
}

/// How one event feeds one store after another.
#[derive(Debug)]
struct Feed {
    plan: Arc<Plan>,
    event: Arc<EventPlan>,
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
        // Before the lock, so that it is dropped after it if an event is refused: to be dropped, it
        // takes the lock.
        let mut recorder =
            Self { feeds: Vec::new(), counted: Vec::new(), recording: store.recording() };
        let mut recorders = RECORDERS.lock().unwrap_or_else(PoisonError::into_inner);
        let recorders = recorders.get_or_insert_default();
        for event_plan in plan.events() {
            let event = event_plan.event();
            let address = std::ptr::from_ref(event).addr();
            let of_event = match recorders.entry(address) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    *place.insert(EventRecorder::install(event, Feed::new(plan, event_plan))?)
                }
            };
            let feed = of_event.free_feed(plan, event_plan);
            feed.store.store(store.id().to_bits(), Ordering::Relaxed);
            event.set_recorded(true);
            recorder.feeds.push((event, feed));
        }
        for event in plan.counted() {
            event.begin_counting();
            recorder.counted.push(event);
        }
        Ok(recorder)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.recording.end();
        self.counted.iter().for_each(|event| event.end_counting());
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
    fn install(event: &'static AnyEvent, first: Feed) -> Result<&'static Self, Error> {
        let made: &'static Self = Box::leak(Box::new(Self { first }));
        let installed = event.recorder_or(made);
        if std::ptr::addr_eq(installed, made) {
            return Ok(made);
        }
        Err(Error::conflict(format!(
            "the event `{}` is recorded by another version of telemetry-runtime already; let the program have one",
            event.name(),
        )))
    }

    fn feeds(&'static self) -> impl Iterator<Item = &'static Feed> {
        std::iter::successors(Some(&self.first), |feed| feed.next.get().copied())
    }

    /// A feed of this plan that no store has, a new one if there is none.
    fn free_feed(&'static self, plan: &Arc<Plan>, event: &Arc<EventPlan>) -> &'static Feed {
        let is_of_plan = |feed: &&Feed| feed.is_free() && Arc::ptr_eq(&feed.plan, plan);
        if let Some(free) = self.feeds().find(is_of_plan) {
            return free;
        }
        // Under the lock, so that the end of the list is the same throughout.
        let last = self.feeds().last().unwrap_or(&self.first);
        last.next.get_or_init(|| Box::leak(Box::new(Feed::new(plan, event))))
    }
}

impl Feed {
    fn new(plan: &Arc<Plan>, event: &Arc<EventPlan>) -> Self {
        Self {
            plan: plan.clone(),
            event: event.clone(),
            store: AtomicU64::new(NO_STORE),
            next: OnceLock::new(),
        }
    }

    #[inline]
    fn record(&self, execution: &Execution<'_>) {
        if let Some(store) = StoreId::from_bits(self.store.load(Ordering::Relaxed)) {
            self.event.record(&self.plan, store, execution);
        }
    }

    /// This feed and those after it.
    #[cold]
    fn record_all(&self, execution: &Execution<'_>) {
        let mut feed = Some(self);
        while let Some(this) = feed {
            this.record(execution);
            feed = this.next.get().copied();
        }
    }

    fn is_free(&self) -> bool {
        self.store.load(Ordering::Relaxed) == NO_STORE
    }
}

impl Record for EventRecorder {
    fn record(&self, execution: &Execution<'_>) {
        // The first one last, so that its call is this function's end.
        if let Some(next) = self.first.next.get() {
            next.record_all(execution);
        }
        self.first.record(execution);
    }
}
