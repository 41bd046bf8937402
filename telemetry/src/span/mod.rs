//! Spans: three events around a piece of work, and exactly one of `stop` and `exception`.
//!
//! [`Guard`] is the whole mechanism. The attribute on a synchronous function is a guard that also
//! makes the span current ([`SyncSpan`]); on an asynchronous one the future carries it. While nobody
//! listens to any of the three events, a span is one load and a branch, and has no context.

mod began;
mod future;
mod guard;
mod phase;
mod schema;
mod state;
mod sync;
mod tracked;

use std::fmt;
use std::marker::PhantomData;

pub use self::future::{Instrumented, boxed, instrument, instrument_ready_with};
pub use self::guard::{Guard, NoStop, WithStop, fail_with, stop_with};
pub use self::phase::{
    EXCEPTION_MEASUREMENTS, EXCEPTION_METADATA, ExceptionMeasurements, ExceptionMetadata, Phase,
    START_MEASUREMENTS, START_METADATA, STOP_MEASUREMENTS, STOP_METADATA, StartMeasurements,
    StartMetadata,
};
pub use self::schema::{NoFields, SpanSchema};
#[cfg(feature = "stream")]
pub(crate) use self::state::State;
pub(crate) use self::sync::SyncSpan;
pub use self::tracked::TrackedSpan;
use crate::context::{Entered, Parent};
use crate::event::{AnyEvent, Listeners};

/// A declared span with its types; `events!` makes a static of this type for every `span`.
#[repr(transparent)]
pub struct Span<S> {
    any: AnySpan,
    schema: PhantomData<fn() -> S>,
}

/// A span without its types.
pub struct AnySpan {
    name: &'static str,
    description: &'static str,
    /// Handlers on any of the three events.
    listeners: Listeners,
    /// [`START`], [`STOP`], [`EXCEPTION`].
    events: [&'static AnyEvent; 3],
}

const START: usize = 0;
const STOP: usize = 1;
const EXCEPTION: usize = 2;

impl<S> Span<S> {
    /// The span without its types.
    pub const fn any(&self) -> &AnySpan {
        &self.any
    }
}

impl<S: SpanSchema> Span<S> {
    #[doc(hidden)]
    pub const fn new(events: [&'static AnyEvent; 3]) -> Self {
        Self {
            any: AnySpan {
                name: S::NAME,
                description: S::DESCRIPTION,
                listeners: Listeners::none(),
                events,
            },
            schema: PhantomData,
        }
    }

    /// Whether a handler is attached to any of the three events. One load.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call site's whole cost while nobody listens")]
    pub fn has_handlers(&self) -> bool {
        if self.any.listeners.is_empty() {
            return false;
        }
        // Else the state of a silent future is computed from the answer, by arithmetic.
        std::hint::cold_path();
        true
    }

    /// Starts the span now.
    #[doc(hidden)]
    #[cold]
    #[expect(clippy::needless_pass_by_value, reason = "what the user gave, or a constant")]
    pub fn begin<'a>(
        &'static self,
        start: S::Start<'a>,
        parent: impl Parent,
    ) -> Guard<'a, S, S::StopForm> {
        Guard::begin(start, parent.given())
    }

    /// Starts the span of a function that is not `async`, and makes it current.
    #[doc(hidden)]
    #[cold]
    #[expect(clippy::needless_pass_by_value, reason = "what the user gave, or a constant")]
    pub fn enter<'a>(&'static self, start: S::Start<'a>, parent: impl Parent) -> SyncSpan<'a, S> {
        let (guard, context) = Guard::begin_in(start, parent.given());
        SyncSpan { entered: Some(Entered::new(context)), guard }
    }

    /// What [`enter`](Span::enter) gives where nobody listens. Made in place: of a span that is not
    /// there no bytes are copied.
    #[doc(hidden)]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "two words, where a call would copy a whole span")]
    pub fn not_entered<'a>(&'static self) -> SyncSpan<'a, S> {
        SyncSpan { entered: None, guard: Guard { active: None, stop_form: PhantomData } }
    }

    /// A guard of a span that nobody listens to.
    #[doc(hidden)]
    #[inline]
    pub fn silent<'a>(&'static self) -> Guard<'a, S, S::StopForm> {
        Guard { active: None, stop_form: PhantomData }
    }
}

impl AnySpan {
    /// The name, segments joined by dots.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The declaration's doc comment.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The events `start`, `stop` and `exception`, in this order.
    pub const fn events(&self) -> [&'static AnyEvent; 3] {
        self.events
    }

    /// Whether somebody hears one of the three events: else it needs no time.
    #[inline]
    fn is_heard(&self, event: usize) -> bool {
        self.events[event].has_handlers()
    }

    #[doc(hidden)]
    pub const fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}

impl<S> fmt::Debug for Span<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.any, f)
    }
}

impl fmt::Debug for AnySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({})", self.name)
    }
}

/// Calls a closure that may consume what it captures: the bound makes it `FnOnce`, so that a body
/// may give its captures away and return borrows of the arguments.
#[doc(hidden)]
#[inline(always)]
#[expect(clippy::inline_always, reason = "the user's body stays where it is")]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

#[cfg(test)]
mod tests {
    // The elements in the distributed slices.
    #![allow(unsafe_code)]

    use std::pin::pin;
    use std::task::{Context, Waker};

    use crate::clock::READINGS;

    telemetry_macros::events! {
        span clocked.whole;
        span clocked.started;
        span clocked.silent;
    }

    fn readings(work: impl FnOnce()) -> u64 {
        let before = READINGS.get();
        work();
        READINGS.get() - before
    }

    #[test]
    fn a_span_reads_the_clock_twice_and_only_for_those_who_listen() {
        #[telemetry_macros::span(clocked.whole)]
        fn whole() {}

        #[telemetry_macros::span(clocked.whole)]
        async fn whole_async() {}

        #[telemetry_macros::span(clocked.started)]
        fn started() {}

        #[telemetry_macros::span(clocked.silent)]
        fn silent() {}

        crate::attach_many("whole", &clocked::whole.any().events(), (), |_, ()| {}).unwrap();
        crate::attach("started", &clocked::started::start, (), |_, ()| {}).unwrap();
        assert_eq!(readings(whole), 2);
        assert_eq!(readings(|| drop(telemetry_macros::start!(clocked.whole))), 2);
        let poll = || {
            let polled = pin!(whole_async()).poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_ready());
        };
        assert_eq!(readings(poll), 2);
        assert_eq!(readings(started), 1);
        assert_eq!(readings(silent), 0);
    }
}
