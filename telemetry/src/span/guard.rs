//! A span in progress: what it began with, and its one end.

use std::fmt;
use std::marker::PhantomData;

use super::began::Began;
use super::phase::Phase;
use super::schema::SpanSchema;
use super::{EXCEPTION, START, STOP};
use crate::context::SpanContext;
use crate::outcome::{ExceptionKind, Reason, SpanResult};
use crate::panics;

/// A span in progress, made by [`start!`](crate::start).
///
/// Ended by [`stop`](Guard::stop) or [`fail`](Guard::fail); dropped unended it executes `exception`,
/// of kind `panic` while a panic unwinds through it and `cancelled` otherwise.
#[must_use = "a guard that is dropped ends its span as cancelled"]
pub struct Guard<'a, S: SpanSchema, Form = <S as SpanSchema>::StopForm> {
    pub(super) active: Option<Active<'a, S>>,
    pub(super) stop_form: PhantomData<fn() -> Form>,
}

/// The span's state; absent while nobody listened at the start, and once the span has ended.
pub(super) struct Active<'a, S: SpanSchema> {
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
    pub(super) fn begin_in(
        start: S::Start<'a>,
        parent: Option<&SpanContext>,
    ) -> (Self, SpanContext) {
        let began = Began::now(parent);
        let context = began.context();
        if S::span().any().is_heard(START) {
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
    pub(super) fn is_unwound(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.began.is_unwound())
    }

    /// A panic that unwinds now is none of this span's work, which is only dropped by it.
    pub(super) fn overlook_panic(&mut self) {
        if let Some(active) = &mut self.active {
            active.began.overlook_panic();
        }
    }

    pub(super) fn end(&mut self, stop: S::Stop<'_>, result: SpanResult) {
        let ending = Ending(&mut self.active);
        if let Some(Active { start, began }) = ending.0
            && S::span().any().is_heard(STOP)
        {
            execute_stop::<S>(start, stop, result, &began.end());
        }
    }

    #[cold]
    pub(super) fn end_exceptionally(&mut self, kind: ExceptionKind, reason: Reason<'_>) {
        let ending = Ending(&mut self.active);
        if let Some(Active { start, began }) = ending.0
            && S::span().any().is_heard(EXCEPTION)
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
            && S::span().any().is_heard(EXCEPTION)
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
