//! The one who measures an event, beside its handlers.
//!
//! A runtime's metrics are fed at every execution of every event that they are declared over. They
//! are called without the announcement that a list of handlers needs in order to be replaced: what
//! records an event is made once and never freed, and is switched on and off.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use super::Execution;
use super::count::Count;

/// Feeds metrics with the executions of one event. Must not panic.
#[doc(hidden)]
pub trait Record: Send + Sync + 'static {
    /// Called at each execution while the event is recorded.
    fn record(&self, execution: &Execution<'_>);
}

/// Who listens to an event, as the call site asks it: one load.
pub(super) struct Listening {
    who: AtomicU8,
    count: Count,
    recorder: OnceLock<&'static dyn Record>,
}

const HANDLERS: u8 = 1;
const RECORDER: u8 = 2;
/// Somebody who wants to know how often, and no more.
const COUNTED: u8 = 4;

impl Listening {
    pub(super) const fn nobody() -> Self {
        Self { who: AtomicU8::new(0), count: Count::none(), recorder: OnceLock::new() }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the disabled path is this load and a branch")]
    pub(super) fn is_nobody(&self) -> bool {
        self.who.load(Ordering::Relaxed) == 0
    }

    /// Whether somebody is to be given the values of an execution; who only counts is told here.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the disabled path is this load and a branch")]
    pub(super) fn wants_values(&self) -> bool {
        match self.who.load(Ordering::Relaxed) {
            0 => false,
            COUNTED => {
                self.count.add();
                false
            }
            _ => true,
        }
    }

    /// Counts an execution whose values somebody is given.
    #[inline]
    pub(super) fn count(&self) {
        if self.who.load(Ordering::Relaxed) & COUNTED != 0 {
            self.count.add();
        }
    }

    #[inline]
    pub(super) fn has_handlers(&self) -> bool {
        self.who.load(Ordering::Relaxed) & HANDLERS != 0
    }

    /// Who records the event at this moment.
    #[inline]
    pub(super) fn recorder(&self) -> Option<&'static dyn Record> {
        if self.who.load(Ordering::Relaxed) & RECORDER == 0 {
            return None;
        }
        self.recorder.get().copied()
    }

    pub(super) fn set_handlers(&self, are_there: bool) {
        self.set(HANDLERS, are_there);
    }

    /// The recorder that the event has from now on, this one unless it had one.
    pub(super) fn recorder_or(&self, recorder: &'static dyn Record) -> &'static dyn Record {
        *self.recorder.get_or_init(|| recorder)
    }

    /// Gives whether that changed anything.
    pub(super) fn set_recorded(&self, is_recorded: bool) -> bool {
        self.set(RECORDER, is_recorded)
    }

    /// One more who wants the executions counted; calls `first` if nobody did before.
    pub(super) fn begin_counting(&self, first: impl FnOnce()) {
        self.count.begin(|| {
            self.set(COUNTED, true);
            first();
        });
    }

    /// One less; calls `last` if nobody does any more.
    pub(super) fn end_counting(&self, last: impl FnOnce()) {
        self.count.end(|| {
            self.set(COUNTED, false);
            last();
        });
    }

    /// How often the event was executed while it was counted.
    pub(super) fn counted(&self) -> u64 {
        self.count.total()
    }

    fn set(&self, bit: u8, on: bool) -> bool {
        let before = if on {
            self.who.fetch_or(bit, Ordering::Relaxed)
        } else {
            self.who.fetch_and(!bit, Ordering::Relaxed)
        };
        (before & bit != 0) != on
    }
}
