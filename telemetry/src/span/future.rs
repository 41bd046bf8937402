//! The future of an asynchronous function under `#[span]`.
//!
//! It is timed from its first poll to its completion, allocates nothing, and is `Send` and `Sync` as
//! the function's own future and start fields are.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::state::State;
use super::{Guard, Span, SpanSchema};
use crate::context::SpanContext;

pin_project! {
    /// The future of a function under `#[span]`.
    // Nothing stands between this and the body: each layer of types counts towards rustc's limit for
    // nested futures.
    #[must_use = "futures do nothing unless polled"]
    pub struct Instrumented<'a, S: SpanSchema, F, E, T> {
        // Before the state, and so dropped before it: within the span's context.
        #[pin]
        body: F,
        state: State<'a, S, E>,
        // Told by `end`: so a body that is ready with another type is one mistake, its own.
        value: PhantomData<fn() -> T>,
    }

    impl<S: SpanSchema, F, E, T> PinnedDrop for Instrumented<'_, S, F, E, T> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.enter_to_drop();
        }
    }
}

/// Wraps the body's future. `end` ends the span with the body's value; `start` is `None` when nobody
/// listens at the call: then the future is the body's own and stays silent. The span tells `S`, which
/// its associated types do not.
#[doc(hidden)]
#[inline]
pub fn instrument<'a, S, F, E, T>(
    span: &'static Span<S>,
    start: Option<(S::Start<'a>, Option<SpanContext>)>,
    body: F,
    end: E,
) -> Instrumented<'a, S, F, E, T>
where
    S: SpanSchema,
    F: Future<Output = T>,
    E: FnOnce(&mut Guard<'a, S>, &T),
{
    instrument_ready_with(span, start, body, end)
}

/// As [`instrument`], for functions that return `impl Future<Output = T>`: `end` knows what the body is
/// ready with where the body leaves that to the signature. Whether it is a future is asked there too.
#[doc(hidden)]
#[inline]
pub fn instrument_ready_with<'a, T, S, F, E>(
    _: &'static Span<S>,
    start: Option<(S::Start<'a>, Option<SpanContext>)>,
    body: F,
    end: E,
) -> Instrumented<'a, S, F, E, T>
where
    S: SpanSchema,
    E: FnOnce(&mut Guard<'a, S>, &T),
{
    Instrumented { body, state: State::called(start, end), value: PhantomData }
}

/// For functions that return boxed futures.
#[doc(hidden)]
pub fn boxed<F>(future: F) -> Pin<Box<F>> {
    Box::pin(future)
}

impl<'a, S, F, E, T> Future for Instrumented<'a, S, F, E, T>
where
    S: SpanSchema,
    F: Future<Output = T>,
    E: FnOnce(&mut Guard<'a, S>, &T),
{
    type Output = T;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.as_mut().project();
        if this.state.is_silent() { this.body.poll(cx) } else { self.poll_heard(cx) }
    }
}

impl<'a, S, F, E, T> Instrumented<'a, S, F, E, T>
where
    S: SpanSchema,
    F: Future<Output = T>,
    E: FnOnce(&mut Guard<'a, S>, &T),
{
    /// Apart, so that a silent span's `poll` is the body's and small enough to be inlined as that is.
    #[inline(never)]
    fn poll_heard(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.project();
        let polled = this.state.within(|| this.body.poll(cx));
        if let Poll::Ready(value) = &polled
            && let Some((mut guard, end)) = this.state.end()
        {
            end(&mut guard, value);
        }
        polled
    }
}

impl<S: SpanSchema, F, E, T> fmt::Debug for Instrumented<'_, S, F, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrumented").field("span", &S::span().any()).finish_non_exhaustive()
    }
}
