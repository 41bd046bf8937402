//! What the store's work tells of itself, as events.
//!
//! They are executed after the store has let go of everything, so that whatever hears them may take
//! snapshots, and that metrics may be fed by them.

use std::cell::Cell;
use std::time::Instant;

use crate::store::Store;
use crate::store::snapshot::Snapshot;
use crate::vocabulary::runtime::runtime;

thread_local! {
    /// Whether this thread is executing `runtime.store.snapshot`.
    static TELLS: Cell<bool> = const { Cell::new(false) };
}

/// Takes a snapshot, and executes `runtime.store.snapshot`.
pub(crate) fn snapshot(store: &Store) -> Snapshot {
    let began = Instant::now();
    let snapshot = store.snapshot(store.now());
    // A handler of the event that takes a snapshot is told no more.
    if !TELLS.replace(true) {
        let _told = Told;
        let duration = began.elapsed();
        telemetry::execute!(runtime.store.snapshot, { duration, series: series(&snapshot) });
    }
    snapshot
}

fn series(snapshot: &Snapshot) -> u64 {
    snapshot.metrics().iter().map(|metric| metric.series().count() as u64).sum()
}

/// Lets the store tick, and executes `runtime.store.tick`.
pub(crate) fn tick(store: &Store) {
    let began = Instant::now();
    let tick = store.tick(store.now());
    telemetry::execute!(runtime.store.tick, {
        duration: began.elapsed(),
        series: tick.series as u64,
        created: tick.created,
        expired: tick.expired,
        pruned: tick.pruned,
        late: tick.late,
        overflowed: tick.overflowed,
        skipped: tick.skipped,
    });
}

/// Ends the telling, whatever a handler does.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        TELLS.set(false);
    }
}
