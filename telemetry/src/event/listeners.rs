//! How many of several events somebody listens to.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The counter that the three events of a span share, so that the span asks once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Listeners {
    count: AtomicUsize,
}

impl Listeners {
    pub(crate) const fn none() -> Self {
        Self { count: AtomicUsize::new(0) }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the disabled path is this load and a branch")]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
