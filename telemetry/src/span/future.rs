//! The future of an asynchronous function under `#[span]`.
//!
//! It is timed from its first poll to its completion, allocates nothing, and is `Send` and `Sync` as
//! the function's own future and start fields are.

use std::fmt;
use std::future::Future;
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
    pub struct Instrumented<'a, S: SpanSchema, F, E> {
        // Before the state, and so dropped before it: within the span's context.
        #[pin]
        body: F,
        state: State<'a, S, E>,
    }

    impl<S: SpanSchema, F, E> PinnedDrop for Instrumented<'_, S, F, E> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.enter_to_drop();
        }
    }
}

/// Wraps the body's future. `end` ends the span with the body's value; `start` is `None` when nobody
/// listens at the call: then the future is the body's own and stays silent. The span tells `S`, which
/// its associated types do not.
#[doc(hidden)]
pub fn instrument<'a, S, F, E>(
    _: &'static Span<S>,
    start: Option<(S::Start<'a>, Option<SpanContext>)>,
    body: F,
    end: E,
) -> Instrumented<'a, S, F, E>
where
    S: SpanSchema,
    F: Future,
    E: FnOnce(&mut Guard<'a, S>, &F::Output),
{
    let state = match start {
        Some((start, parent)) => State::Called { start, parent, end },
        None => State::Silent,
    };
    Instrumented { body, state }
}

/// For functions that return `impl Future<Output = T>`: says what the body's future is ready with,
/// where the body leaves that to its return type.
#[doc(hidden)]
#[inline(always)]
#[expect(clippy::inline_always, reason = "there is nothing in it")]
pub fn ready_with<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// For functions that return boxed futures.
#[doc(hidden)]
pub fn boxed<F>(future: F) -> Pin<Box<F>> {
    Box::pin(future)
}

impl<'a, S, F, E> Future for Instrumented<'a, S, F, E>
where
    S: SpanSchema,
    F: Future,
    E: FnOnce(&mut Guard<'a, S>, &F::Output),
{
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.as_mut().project();
        match this.state {
            State::Silent => this.body.poll(cx),
            _ => self.poll_heard(cx),
        }
    }
}

impl<'a, S, F, E> Instrumented<'a, S, F, E>
where
    S: SpanSchema,
    F: Future,
    E: FnOnce(&mut Guard<'a, S>, &F::Output),
{
    /// Apart, so that a silent span's `poll` is the body's and small enough to be inlined as that is.
    #[inline(never)]
    fn poll_heard(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
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

impl<S: SpanSchema, F, E> fmt::Debug for Instrumented<'_, S, F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrumented").field("span", &S::span().any()).finish_non_exhaustive()
    }
}
