//! Spans: three events around a piece of work, and exactly one of `stop` and `exception`.
//!
//! [`Guard`] is the whole mechanism. The attribute on a synchronous function is a guard that also
//! makes the span current ([`SyncSpan`]); on an asynchronous one the future carries it. While nobody
//! listens to any of the three events, a span is one load and a branch, and has no context.

mod future;
mod phase;
mod schema;
mod tracked;

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

pub use self::future::{Instrumented, boxed, instrument, ready_with};
pub use self::phase::{
    EXCEPTION_MEASUREMENTS, EXCEPTION_METADATA, ExceptionMeasurements, ExceptionMetadata, Phase,
    START_MEASUREMENTS, START_METADATA, STOP_MEASUREMENTS, STOP_METADATA, StartMeasurements,
    StartMetadata,
};
pub use self::schema::SpanSchema;
pub use self::tracked::TrackedSpan;
use crate::clock;
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
    /// start, stop, exception.
    events: [&'static AnyEvent; 3],
}

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
        !self.any.listeners.is_empty()
    }

    /// Starts the span now.
    #[doc(hidden)]
    #[cold]
    pub fn begin<'a>(
        &'static self,
        start: S::Start<'a>,
        parent: impl Parent,
    ) -> Guard<'a, S, S::StopForm> {
        Guard::begin(start, parent.context().or_else(SpanContext::current))
    }

    /// Starts the span of a function that is not `async`, and makes it current.
    #[doc(hidden)]
    #[cold]
    pub fn enter<'a>(&'static self, start: S::Start<'a>, parent: impl Parent) -> SyncSpan<'a, S> {
        let guard = self.begin(start, parent);
        SyncSpan { entered: guard.context().map(Entered::new), guard }
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
    context: SpanContext,
    started: u64,
    /// A panic was unwinding already when the span started: that one is not this span's end.
    unwinding: bool,
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
    /// Starts a span under `parent`.
    pub(crate) fn begin(start: S::Start<'a>, parent: Option<SpanContext>) -> Self {
        let started = clock::now();
        let context = SpanContext::child_of(parent, started);
        let active = Active { start, context, started, unwinding: std::thread::panicking() };
        S::execute_start(S::shorten(&active.start), &active.phase(started));
        Self { active: Some(active), stop_form: PhantomData }
    }

    /// Ends the span with `exception`, kind `error`, the error as the reason.
    pub fn fail(mut self, error: &dyn fmt::Display) {
        self.end_exceptionally(ExceptionKind::Error, Reason::Display(error));
    }

    /// The span's context, `None` while nobody listens to the span.
    pub fn context(&self) -> Option<SpanContext> {
        self.active.as_ref().map(|active| active.context)
    }

    #[doc(hidden)]
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Whether a panic that began after the span unwinds.
    fn is_unwound(&self) -> bool {
        std::thread::panicking() && self.active.as_ref().is_some_and(|active| !active.unwinding)
    }

    fn end(&mut self, stop: S::Stop<'_>, result: SpanResult) {
        if let Some(active) = self.active.take() {
            let phase = active.phase(clock::now());
            execute_stop::<S>(&active.start, stop, result, &phase);
        }
    }

    #[cold]
    fn end_exceptionally(&mut self, kind: ExceptionKind, reason: Reason<'_>) {
        if let Some(active) = self.active.take() {
            let phase = active.phase(clock::now());
            execute_exception::<S>(&active.start, kind, reason, None, &phase);
        }
    }

    #[cold]
    fn abandon(&mut self) {
        let is_unwound = self.is_unwound();
        let Some(active) = self.active.take() else { return };
        let phase = active.phase(clock::now());
        if !is_unwound {
            let reason = Reason::Text("dropped before the end");
            execute_exception::<S>(&active.start, ExceptionKind::Cancelled, reason, None, &phase);
            return;
        }
        panics::with_last(|record| {
            let reason = Reason::Text(record.map_or("a panic", |record| &record.message));
            execute_exception::<S>(&active.start, ExceptionKind::Panic, reason, record, &phase);
        });
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

impl<S: SpanSchema> Active<'_, S> {
    fn phase(&self, now: u64) -> Phase {
        Phase {
            monotonic_time: Duration::from_nanos(now),
            system_time: clock::system_time(now),
            duration: Duration::from_nanos(now.saturating_sub(self.started)),
            span_context: self.context,
        }
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
