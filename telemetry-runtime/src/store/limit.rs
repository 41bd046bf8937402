//! How many series there may be.

use super::sync::{AtomicUsize, Ordering};

/// How many series there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of each metric that does not say so itself.
    pub(crate) per_metric: usize,
    /// Of all metrics together.
    pub(crate) per_process: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_metric: 2_000, per_process: 10_000 }
    }
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

    /// One more, whatever the limit is.
    pub(super) fn take(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// One more, unless there are as many as there may be.
    pub(super) fn reserve(&self) -> bool {
        let below = |count| (count < self.limit).then_some(count + 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below).is_ok()
    }

    /// One less.
    pub(super) fn release(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
