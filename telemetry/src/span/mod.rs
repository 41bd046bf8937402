//! Spans: three events around a piece of work, and exactly one of `stop` and `exception`.
//!
//! [`Guard`] is the whole mechanism. The attribute on a synchronous function is a guard that also
//! makes the span current ([`SyncSpan`]); on an asynchronous one the future carries it. While nobody
//! listens to any of the three events, a span is one load and a branch, and has no context.

mod began;
mod future;
mod phase;
mod schema;
mod state;
mod tracked;

use std::fmt;
use std::marker::PhantomData;

use self::began::Began;
pub use self::future::{Instrumented, boxed, instrument, instrument_ready_with};
pub use self::phase::{
    EXCEPTION_MEASUREMENTS, EXCEPTION_METADATA, ExceptionMeasurements, ExceptionMetadata, Phase,
    START_MEASUREMENTS, START_METADATA, STOP_MEASUREMENTS, STOP_METADATA, StartMeasurements,
    StartMetadata,
};
pub use self::schema::{NoFields, SpanSchema};
#[cfg(feature = "stream")]
pub(crate) use self::state::State;
pub use self::tracked::TrackedSpan;
use crate::context::{Entered, Parent, SpanContext};
use crate::event::{AnyEvent, Listeners};
use crate::outcome::{ExceptionKind, Reason, SpanResult};
use crate::panics;

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

/// A span in progress, made by [`start!`](crate::start).
///
/// Ended by [`stop`](Guard::stop) or [`fail`](Guard::fail); dropped unended it executes `exception`,
/// of kind `panic` while a panic unwinds through it and `cancelled` otherwise.
#[must_use = "a guard that is dropped ends its span as cancelled"]
pub struct Guard<'a, S: SpanSchema, Form = <S as SpanSchema>::StopForm> {
    active: Option<Active<'a, S>>,
    stop_form: PhantomData<fn() -> Form>,
}

/// The span's state; absent while nobody listened at the start, and once the span has ended.
struct Active<'a, S: SpanSchema> {
    start: S::Start<'a>,
    began: Began,
}

/// The form of [`Guard::stop`] that takes nothing.
#[doc(hidden)]
#[derive(Debug)]
pub enum NoStop {}

/// The form of [`Guard::stop`] that takes the declared stop fields.
#[doc(hidden)]
#[derive(Debug)]
pub enum WithStop {}

impl<S: SpanSchema> Guard<'_, S, NoStop>
where
    for<'s> S::Stop<'s>: Default,
{
    /// Ends the span with `stop`.
    pub fn stop(mut self) {
        self.end(Default::default(), SpanResult::Ok);
    }
}

impl<S: SpanSchema> Guard<'_, S, WithStop> {
    /// Ends the span with `stop` and the declared stop fields.
    pub fn stop(mut self, stop: S::Stop<'_>) {
        self.end(stop, SpanResult::Ok);
    }
}

impl<'a, S: SpanSchema, Form> Guard<'a, S, Form> {
    /// Starts a span under `parent`, else under the current one.
    #[inline]
    pub(crate) fn begin(start: S::Start<'a>, parent: Option<&SpanContext>) -> Self {
        Self::begin_in(start, parent).0
    }

    #[inline]
    fn begin_in(start: S::Start<'a>, parent: Option<&SpanContext>) -> (Self, SpanContext) {
        let began = Began::now(parent);
        let context = began.context();
        if S::span().any.is_heard(START) {
            S::execute_start(S::shorten(&start), &began.start());
        }
        (Self { active: Some(Active { start, began }), stop_form: PhantomData }, context)
    }

    /// Ends the span with `exception`, kind `error`, the error as the reason.
    pub fn fail(mut self, error: &dyn fmt::Display) {
        self.end_exceptionally(ExceptionKind::Error, Reason::Display(error));
    }

    /// The span's context, `None` while nobody listens to the span.
    pub fn context(&self) -> Option<SpanContext> {
        self.active.as_ref().map(|active| active.began.context())
    }

    #[doc(hidden)]
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Whether a panic that began after the span unwinds.
    fn is_unwound(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.began.is_unwound())
    }

    /// A panic that unwinds now is none of this span's work, which is only dropped by it.
    fn overlook_panic(&mut self) {
        if let Some(active) = &mut self.active {
            active.began.overlook_panic();
        }
    }

    fn end(&mut self, stop: S::Stop<'_>, result: SpanResult) {
        let ending = Ending(&mut self.active);
        if let Some(Active { start, began }) = ending.0
            && S::span().any.is_heard(STOP)
        {
            execute_stop::<S>(start, stop, result, &began.end());
        }
    }

    #[cold]
    fn end_exceptionally(&mut self, kind: ExceptionKind, reason: Reason<'_>) {
        let ending = Ending(&mut self.active);
        if let Some(Active { start, began }) = ending.0
            && S::span().any.is_heard(EXCEPTION)
        {
            execute_exception::<S>(start, kind, reason, None, &began.end());
        }
    }

    #[cold]
    fn abandon(&mut self) {
        if !self.is_unwound() {
            let reason = Reason::Text("dropped before the end");
            return self.end_exceptionally(ExceptionKind::Cancelled, reason);
        }
        let ending = Ending(&mut self.active);
        if let Some(Active { start, began }) = ending.0
            && S::span().any.is_heard(EXCEPTION)
        {
            let phase = began.end();
            panics::with_last(|record| {
                let reason = Reason::Text(record.map_or("a panic", |record| &record.message));
                execute_exception::<S>(start, ExceptionKind::Panic, reason, record, &phase);
            });
        }
    }
}

/// The state of a span while its terminal event is executed, which is the only one.
struct Ending<'g, 'a, S: SpanSchema>(&'g mut Option<Active<'a, S>>);

impl<S: SpanSchema> Drop for Ending<'_, '_, S> {
    fn drop(&mut self) {
        *self.0 = None;
    }
}

/// Brings the start fields and the stop fields to one lifetime.
fn execute_stop<'s, 'start: 's, 'stop: 's, S: SpanSchema>(
    start: &'s S::Start<'start>,
    stop: S::Stop<'stop>,
    result: SpanResult,
    phase: &Phase,
) {
    S::execute_stop(S::shorten(start), S::shorten_stop(stop), result, phase);
}

/// Brings the start fields and the reason to one lifetime.
fn execute_exception<'s, 'start: 's, S: SpanSchema>(
    start: &'s S::Start<'start>,
    kind: ExceptionKind,
    reason: Reason<'s>,
    panic: Option<&'s panics::PanicRecord>,
    phase: &Phase,
) {
    S::execute_exception(S::shorten(start), kind, reason, panic, phase);
}

impl<S: SpanSchema, Form> Drop for Guard<'_, S, Form> {
    #[inline]
    fn drop(&mut self) {
        if self.active.is_some() {
            self.abandon();
        }
    }
}

impl<S: SpanSchema, Form> fmt::Debug for Guard<'_, S, Form> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("span", &S::span().any())
            .field("context", &self.context())
            .finish()
    }
}

/// The end of a span as generated code reports it: with the fields that it computed from the
/// function's return value.
#[doc(hidden)]
#[cold]
pub fn stop_with<S: SpanSchema, Form>(
    guard: &mut Guard<'_, S, Form>,
    stop: S::Stop<'_>,
    result: SpanResult,
) {
    guard.end(stop, result);
}

/// The end of a span whose function returned `Err`.
#[doc(hidden)]
pub fn fail_with<S: SpanSchema, Form>(guard: &mut Guard<'_, S, Form>, reason: Reason<'_>) {
    guard.end_exceptionally(ExceptionKind::Error, reason);
}

/// The guard of a synchronous function: its span is the current one while the function runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct SyncSpan<'a, S: SpanSchema> {
    /// First, so that the context before is back when the terminal event is executed.
    entered: Option<Entered>,
    guard: Guard<'a, S, S::StopForm>,
}

impl<'a, S: SpanSchema> SyncSpan<'a, S> {
    #[inline]
    pub fn is_active(&self) -> bool {
        self.guard.is_active()
    }

    /// Leaves the span's context and gives the guard to be ended.
    pub fn leave(&mut self) -> &mut Guard<'a, S, S::StopForm> {
        self.entered = None;
        &mut self.guard
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
