//! What is kept of a span in progress besides its start fields.
//!
//! Nothing here depends on the schema of the span, and most is compiled once: what is compiled for each
//! span stays small.

use std::thread;
use std::time::Duration;

use super::phase::Phase;
use crate::clock;
use crate::context::{Flags, Ids, SpanContext};

/// When a span began, and in which context.
pub(super) struct Began {
    ids: Ids,
    started: u64,
    /// Those of the context, where there is room for a byte.
    flags: Flags,
    /// A panic was unwinding already when the span began, or when its future was dropped between two
    /// polls: that one is not this span's end.
    unwinding: bool,
}

impl Began {
    /// Begins a span now: under `parent`, else under the current span.
    // Inlined, as the words must come from registers to where they stay: moved right after they were
    // written they would wait for that, and the span would take a quarter longer.
    #[inline]
    pub(super) fn now(parent: Option<&SpanContext>) -> Self {
        let started = clock::now();
        let (ids, flags) = SpanContext::child_of(parent, started).parts();
        Self { ids, started, flags, unwinding: thread::panicking() }
    }

    #[inline]
    pub(super) fn context(&self) -> SpanContext {
        SpanContext::of_parts(self.ids, self.flags)
    }

    /// Whether a panic that began after the span unwinds.
    pub(super) fn is_unwound(&self) -> bool {
        thread::panicking() && !self.unwinding
    }

    /// From here on a panic that unwinds now is not this span's end.
    pub(super) fn overlook_panic(&mut self) {
        self.unwinding = thread::panicking();
    }

    /// The phase that the span began with. Reads no clock.
    #[inline]
    pub(super) fn start(&self) -> Phase {
        self.phase(self.started)
    }

    /// The phase that the span ends with, now.
    #[cold]
    pub(super) fn end(&self) -> Phase {
        self.phase(clock::now())
    }

    #[inline]
    fn phase(&self, now: u64) -> Phase {
        Phase {
            reading: now,
            monotonic_time: Duration::from_nanos(now),
            duration: Duration::from_nanos(now.saturating_sub(self.started)),
            span_context: self.context(),
        }
    }
}
