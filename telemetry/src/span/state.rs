//! The span of what is polled: of a future, of a stream.
//!
//! It keeps the start fields from the call on, starts the span at the first poll, makes it current
//! while there is polling, and ends it once: by what is polled, by a panic, or by being dropped. The
//! owner drops what is polled before this.

use std::mem;

use super::{Guard, SpanSchema};
use crate::context::{Entered, Leave, SpanContext};

/// Where the span is, whose drop costs nothing while that is [`Step::Silent`].
pub(crate) struct State<'a, S: SpanSchema, E> {
    step: Step<'a, S, E>,
}

enum Step<'a, S: SpanSchema, E> {
    /// Called and not polled yet, and somebody listens.
    Called {
        start: S::Start<'a>,
        parent: Option<SpanContext>,
        end: E,
    },
    Running {
        guard: Guard<'a, S>,
        end: E,
    },
    /// What is polled is being dropped unfinished: the fields are, in their order, once it is.
    Dropping {
        _leave: Leave,
        _guard: Guard<'a, S>,
    },
    /// Nobody listened at the call, or the span has ended.
    Silent,
}

impl<'a, S: SpanSchema, E> State<'a, S, E> {
    /// Of what is called; `start` is `None` where nobody listens.
    #[inline]
    pub(crate) fn called(start: Option<(S::Start<'a>, Option<SpanContext>)>, end: E) -> Self {
        let step = match start {
            Some((start, parent)) => Step::Called { start, parent, end },
            None => Step::Silent,
        };
        Self { step }
    }

    /// Whether there is no span, or none any more.
    #[inline]
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.step, Step::Silent)
    }

    /// The parent that is given, while there is no poll yet.
    #[cfg(feature = "stream")]
    pub(crate) fn parent(&mut self) -> Option<&mut Option<SpanContext>> {
        match &mut self.step {
            Step::Called { parent, .. } => Some(parent),
            _ => None,
        }
    }

    /// Polls within the span, which starts at the first time.
    #[inline]
    pub(crate) fn within<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        self.start();
        // Ends the span if there is a panic, at once: it is known only while it unwinds.
        let polling = Polling { state: self };
        let polled = {
            let _entered = polling.state.context().map(Entered::new);
            poll()
        };
        mem::forget(polling);
        polled
    }

    /// The span that runs, to be ended, and what ends it. From here on there is silence.
    pub(crate) fn end(&mut self) -> Option<(Guard<'a, S>, E)> {
        match self.take() {
            Step::Running { guard, end } => Some((guard, end)),
            other => {
                self.step = other;
                None
            }
        }
    }

    /// Makes a span that runs current while what is polled is dropped.
    // All but silence is apart: a silent span would else pay for the states that it is not in.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if !self.is_silent() {
            self.enter();
        }
    }

    #[cold]
    #[inline(never)]
    fn enter(&mut self) {
        self.step = match self.take() {
            Step::Running { mut guard, .. } => match guard.context() {
                Some(context) => {
                    // It would have ended the span if it had come from the poll.
                    guard.overlook_panic();
                    Step::Dropping { _leave: Leave::entering(context), _guard: guard }
                }
                None => Step::Silent,
            },
            other => other,
        };
    }

    fn start(&mut self) {
        self.step = match self.take() {
            Step::Called { start, parent, end } => {
                Step::Running { guard: Guard::begin(start, parent.as_ref()), end }
            }
            other => other,
        };
    }

    #[inline]
    fn take(&mut self) -> Step<'a, S, E> {
        mem::replace(&mut self.step, Step::Silent)
    }

    fn context(&self) -> Option<SpanContext> {
        match &self.step {
            Step::Running { guard, .. } => guard.context(),
            _ => None,
        }
    }
}

struct Polling<'p, 'a, S: SpanSchema, E> {
    state: &'p mut State<'a, S, E>,
}

impl<S: SpanSchema, E> Drop for Polling<'_, '_, S, E> {
    fn drop(&mut self) {
        drop(self.state.take());
    }
}

impl<S: SpanSchema, E> Drop for State<'_, S, E> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_silent() {
            // Taken out, so that the compiler knows that nothing is left to drop here.
            drop_apart(self.take());
        }
    }
}

#[cold]
#[inline(never)]
fn drop_apart<S: SpanSchema, E>(step: Step<'_, S, E>) {
    drop(step);
}
