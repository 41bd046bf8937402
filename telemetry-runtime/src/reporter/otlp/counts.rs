//! What became of what was to be sent, as the reporter's own metrics tell it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one signal.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Items that a receiver took.
    pub(super) exported: Count,
    /// Items that a receiver rejected out of requests that it took.
    pub(super) rejected: Count,
    /// Requests that were sent once more.
    pub(super) retried: Count,
    /// Items in requests that a receiver refused for good.
    pub(super) refused: Count,
    /// Items in requests that nobody took in time. Values of metrics come with the next report.
    pub(super) unavailable: Count,
    /// Items that there was no room for.
    pub(super) queue_full: Count,
    /// Items that were left when the runtime stopped.
    pub(super) stopped: Count,
    /// Texts of which the end was cut off. The items that they are of are sent.
    pub(super) cut: Count,
}

/// A number that rises.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    /// Items that never arrived, by reason.
    pub(super) fn dropped(&self) -> [(&'static str, u64); 4] {
        [
            ("refused", self.refused.read()),
            ("unavailable", self.unavailable.read()),
            ("queue_full", self.queue_full.read()),
            ("stopped", self.stopped.read()),
        ]
    }
}
