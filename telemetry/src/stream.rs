//! Spans of streams, with the feature `stream`: from the first poll to the end, items counted.
//!
//! ```
//! # use std::pin::{Pin, pin};
//! # use std::task::{Context, Poll, Waker};
//! use futures_core::Stream;
//! use telemetry::stream::InSpan as _;
//!
//! # mod events {
//! telemetry::events! {
//!     /// Reading the rows of a table.
//!     span my_app.repo.rows {
//!         metadata { table: &str }
//!         stop { measurements { rows: u64 } }
//!     }
//! }
//! # }
//! # use events::my_app;
//! # struct Rows(u64);
//! # impl Rows {
//! #     fn of(_: &str) -> Self { Rows(3) }
//! # }
//! # impl Stream for Rows {
//! #     type Item = u64;
//! #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u64>> {
//! #         if self.0 == 0 { return Poll::Ready(None); }
//! #         self.0 -= 1;
//! #         Poll::Ready(Some(self.0))
//! #     }
//! # }
//!
//! fn rows(table: &str) -> impl Stream<Item = u64> {
//!     Rows::of(table).in_span_with(
//!         &my_app::repo::rows,
//!         || my_app::repo::rows::Start { table },
//!         |items| my_app::repo::rows::Stop { rows: items },
//!     )
//! }
//! # let captured = telemetry::testing::capture(&[&my_app::repo::rows::stop]);
//! # let mut rows = pin!(rows("orders"));
//! # let mut cx = Context::from_waker(Waker::noop());
//! # while let Poll::Ready(Some(_)) = rows.as_mut().poll_next(&mut cx) {}
//! # assert_eq!(captured.of(&my_app::repo::rows::stop)[0].measurements.rows, 3);
//! ```
//!
//! The span is the current one while the stream is polled, and not between: what the consumer does
//! with an item is no part of it, though the time that passes is. It ends once:
//!
//! | the stream | the span |
//! |---|---|
//! | ends (`None`) | `stop`, with the fields that the closure makes of the number of items |
//! | is dropped before | `exception`, kind `cancelled` |
//! | panics | `exception`, kind `panic` |
//! | gives an `Err`, after [`fail_on_err`](SpanStream::fail_on_err) | `exception`, kind `error` |
//! | is never polled, or nobody listened at the call | nothing |
//!
//! An `Err` is an item like others unless `fail_on_err` says otherwise, as many streams go on after one.
//! While nobody listens the fields are not computed, and a poll costs one comparison more. Nothing is
//! allocated, and the stream stays `Send` and `Sync` as it and the start fields are.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use crate::context::SpanContext;
use crate::outcome::{Reason, SpanResult};
use crate::span::{NoFields, Span, SpanSchema, State, fail_with, stop_with};

/// Streams that are spans; to be imported as `_`.
pub trait InSpan: Stream + Sized {
    /// Makes a span without declared fields of the stream.
    ///
    /// ```
    /// # use std::pin::Pin;
    /// # use std::task::{Context, Poll};
    /// # use futures_core::Stream;
    /// use telemetry::stream::InSpan as _;
    ///
    /// telemetry::events! { span my_app.feed; }
    /// # fn read(feed: impl Stream) -> impl Stream {
    /// feed.in_span(&my_app::feed)
    /// # }
    /// ```
    fn in_span<S>(self, span: &'static Span<S>) -> SpanStream<'static, S, Self, PlainStop<S>>
    where
        S: NoFields,
    {
        self.in_span_with(span, S::start, |_| S::stop())
    }

    /// Makes a span of the stream, with the start fields that `start` makes now, and the stop fields
    /// that `stop` makes of the number of items once they are over. See the [module](self).
    ///
    /// Where only one of the two has fields, the other closure is `Default::default` or
    /// `|_| Default::default()`.
    fn in_span_with<'a, 's, S, F>(
        self,
        span: &'static Span<S>,
        start: impl FnOnce() -> S::Start<'a>,
        stop: F,
    ) -> SpanStream<'a, S, Self, F>
    where
        S: SpanSchema,
        F: FnOnce(u64) -> S::Stop<'s>,
    {
        let start = if span.has_handlers() { Some((start(), None)) } else { None };
        let state = State::called(start, stop);
        SpanStream { stream: self, state, items: 0, error_of: None }
    }
}

impl<T: Stream> InSpan for T {}

/// What makes the stop fields of a span that has none.
pub type PlainStop<S> = fn(u64) -> <S as SpanSchema>::Stop<'static>;

type ErrorOf<Item> = for<'i> fn(&'i Item) -> Option<Reason<'i>>;

pin_project! {
    /// A stream that is a span; made by [`InSpan`].
    #[must_use = "streams do nothing unless polled"]
    pub struct SpanStream<'a, S: SpanSchema, T: Stream, F> {
        // Before the state, and so dropped before it: within the span's context.
        #[pin]
        stream: T,
        state: State<'a, S, F>,
        items: u64,
        error_of: Option<ErrorOf<T::Item>>,
    }

    impl<S: SpanSchema, T: Stream, F> PinnedDrop for SpanStream<'_, S, T, F> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.enter_to_drop();
        }
    }
}

impl<S: SpanSchema, T: Stream, F> SpanStream<'_, S, T, F> {
    /// Nests the span in another one than that which is current at the first poll. `None` changes
    /// nothing, and neither does it once the stream was polled.
    pub fn with_parent(mut self, context: impl Into<Option<SpanContext>>) -> Self {
        if let Some(parent) = self.state.parent() {
            *parent = context.into().or(*parent);
        }
        self
    }

    /// Ends the span with `exception` at the first `Err`, the error as the reason. The stream may go
    /// on, without a span.
    pub fn fail_on_err<V, E>(mut self) -> Self
    where
        T: Stream<Item = Result<V, E>>,
        E: fmt::Display,
    {
        self.error_of = Some(|item| item.as_ref().err().map(|error| Reason::Display(error)));
        self
    }
}

impl<'s, S, T, F> Stream for SpanStream<'_, S, T, F>
where
    S: SpanSchema,
    T: Stream,
    F: FnOnce(u64) -> S::Stop<'s>,
{
    type Item = T::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T::Item>> {
        let this = self.as_mut().project();
        if this.state.is_silent() { this.stream.poll_next(cx) } else { self.poll_heard(cx) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<'s, S, T, F> SpanStream<'_, S, T, F>
where
    S: SpanSchema,
    T: Stream,
    F: FnOnce(u64) -> S::Stop<'s>,
{
    /// Apart, so that a silent span's `poll_next` is small enough to be inlined.
    #[inline(never)]
    fn poll_heard(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T::Item>> {
        let this = self.project();
        let polled = this.state.within(|| this.stream.poll_next(cx));
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(item)) => {
                *this.items += 1;
                if let Some(reason) = this.error_of.and_then(|error_of| error_of(item))
                    && let Some((mut guard, _)) = this.state.end()
                {
                    fail_with(&mut guard, reason);
                }
            }
            Poll::Ready(None) => {
                if let Some((mut guard, stop)) = this.state.end() {
                    stop_with(&mut guard, stop(*this.items), SpanResult::Ok);
                }
            }
        }
        polled
    }
}

impl<'s, S, T, F> FusedStream for SpanStream<'_, S, T, F>
where
    S: SpanSchema,
    T: FusedStream,
    F: FnOnce(u64) -> S::Stop<'s>,
{
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<S: SpanSchema, T: Stream, F> fmt::Debug for SpanStream<'_, S, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanStream")
            .field("span", &S::span().any())
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}
