//! Spans of streams: number 52 of the list of what breaks attribute macros.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_core::{FusedStream, Stream};
use telemetry::SpanContext;
use telemetry::stream::InSpan as _;
use telemetry::testing::{Capture, capture};
use telemetry_tests::futures::block_on;

telemetry::events! {
    span s.rows { metadata { table: &str } stop { measurements { rows: u64 } metadata { from: &str } } }
    span s.feed;
    span s.started { metadata { id: u64 } }
    span s.above;
    span s.silent { metadata { id: u64 } }
    span s.late;
}

/// What a stream does at its next poll.
enum Step {
    Item(Result<u8, &'static str>),
    Pending,
    Panic,
    /// Notes the current span, and is pending.
    Note,
}

thread_local! {
    static NOTED: RefCell<Vec<Option<SpanContext>>> = const { RefCell::new(Vec::new()) };
}

fn note() {
    NOTED.with_borrow_mut(|noted| noted.push(SpanContext::current()));
}

pin_project_lite::pin_project! {
    /// A stream that follows a script, ends, and ends again when it is polled after that. As streams of
    /// `async` code it is not `Unpin`.
    struct Script {
        steps: VecDeque<Step>,
        ended: bool,
        #[pin]
        pinned: std::marker::PhantomPinned,
    }

    impl PinnedDrop for Script {
        fn drop(_this: Pin<&mut Self>) {
            note();
        }
    }
}

fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script { steps: steps.into_iter().collect(), ended: false, pinned: std::marker::PhantomPinned }
}

fn items(count: u8) -> Script {
    script((0..count).map(|n| Step::Item(Ok(n))))
}

impl Stream for Script {
    type Item = Result<u8, &'static str>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        match this.steps.pop_front() {
            Some(Step::Item(item)) => return Poll::Ready(Some(item)),
            Some(Step::Pending) => {}
            Some(Step::Panic) => panic!("out of rows"),
            Some(Step::Note) => note(),
            None => {
                *this.ended = true;
                return Poll::Ready(None);
            }
        }
        Poll::Pending
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (1, Some(self.steps.len()))
    }
}

impl FusedStream for Script {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

#[telemetry::span(s.above)]
fn above<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The script as a span with all kinds of fields.
fn rows(
    table: &str,
    script: Script,
) -> impl FusedStream<Item = Result<u8, &'static str>> + use<'_> {
    script.in_span_with(
        &s::rows,
        || s::rows::Start { table },
        |items| s::rows::Stop { rows: items, from: "disk" },
    )
}

fn capture_rows() -> Capture {
    capture(&[&s::rows::start, &s::rows::stop, &s::rows::exception])
}

fn poll<T: Stream>(stream: Pin<&mut T>) -> Poll<Option<T::Item>> {
    stream.poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Polls to the end, and gives the items.
fn collect<T: Stream>(stream: T) -> Vec<T::Item> {
    let mut stream = pin!(stream);
    block_on(async {
        let mut items = Vec::new();
        while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            items.push(item);
        }
        items
    })
}

#[test]
fn n52_items_are_counted_from_the_first_poll_to_the_end() {
    let work = || {
        let steps = [Step::Item(Ok(7)), Step::Pending, Step::Item(Err("gone")), Step::Item(Ok(9))];
        assert_eq!(collect(rows("orders", script(steps))), [Ok(7), Err("gone"), Ok(9)]);
    };
    work();
    let captured = capture_rows();
    work();
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.stop"]);
    let start = captured.of(&s::rows::start);
    assert_eq!(start[0].metadata["table"], "orders");
    let stop = captured.of(&s::rows::stop);
    assert_eq!(stop[0].measurements.rows, 3, "an error is an item");
    assert_eq!(stop[0].metadata["from"], "disk");
    assert_eq!(stop[0].metadata["table"], "orders");
    assert_eq!(stop[0].metadata["span_context"], start[0].metadata["span_context"]);
}

#[test]
fn n52_spans_without_fields_are_short_to_write() {
    let captured = capture(&[&s::feed::start, &s::feed::stop, &s::started::stop]);
    assert_eq!(collect(items(2).in_span(&s::feed)).len(), 2);
    let start = || s::started::Start { id: 7 };
    let started = items(2).in_span_with(&s::started, start, |_| s::started::Stop::default());
    assert_eq!(collect(started).len(), 2);
    assert_eq!(captured.names(), ["s.feed.start", "s.feed.stop", "s.started.stop"]);
}

#[test]
fn n52_a_stream_that_is_dropped_before_its_end_is_cancelled_if_it_was_polled() {
    let captured = capture_rows();
    drop(rows("unpolled", items(1)));
    assert_eq!(captured.names(), [""; 0]);
    {
        let mut midway = pin!(rows("midway", items(2)));
        assert!(poll(midway.as_mut()).is_ready());
    }
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.exception"]);
    let exception = &captured.of(&s::rows::exception)[0];
    assert_eq!(exception.metadata["kind"], "cancelled");
    assert_eq!(exception.metadata["table"], "midway");
}

#[test]
fn n52_polls_after_the_end_are_the_streams_own_and_no_second_span() {
    let captured = capture_rows();
    {
        let mut stream = pin!(rows("orders", items(1)));
        assert!(poll(stream.as_mut()).is_ready());
        assert!(!stream.is_terminated());
        for _ in 0..3 {
            assert_eq!(poll(stream.as_mut()), Poll::Ready(None));
            assert!(stream.is_terminated());
        }
    }
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.stop"]);
}

#[test]
fn n52_a_panic_in_a_poll_is_an_exception_and_goes_on_unchanged() {
    telemetry::install_panic_hook();
    let captured = capture_rows();
    let mut stream = Box::pin(rows("orders", script([Step::Item(Ok(1)), Step::Panic])));
    assert!(poll(stream.as_mut()).is_ready());
    let payload = catch_unwind(AssertUnwindSafe(|| poll(stream.as_mut()))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"out of rows"));
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.exception"], "at once");
    assert_eq!(poll(stream.as_mut()), Poll::Ready(None));
    drop(stream);
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.exception"]);
    let exception = &captured.of(&s::rows::exception)[0];
    assert_eq!(exception.metadata["kind"], "panic");
    assert_eq!(exception.metadata["reason"], "out of rows");
}

#[test]
fn n52_a_panic_of_the_closure_that_makes_the_stop_fields_is_the_one_end() {
    let captured = capture(&[&s::feed::start, &s::feed::stop, &s::feed::exception]);
    let stream = items(1).in_span_with(&s::feed, Default::default, |_| panic!("no stop"));
    catch_unwind(AssertUnwindSafe(|| collect(stream))).unwrap_err();
    assert_eq!(captured.names(), ["s.feed.start", "s.feed.exception"]);
    assert_eq!(captured.of(&s::feed::exception)[0].metadata["kind"], "panic");
}

#[test]
fn n52_a_span_that_nobody_listened_to_at_the_call_stays_silent() {
    let stream = items(2).in_span_with(
        &s::silent,
        || panic!("evaluated"),
        |_| panic!("evaluated for the stop"),
    );
    let late = items(2).in_span(&s::late);
    let captured = capture(&[&s::silent::start, &s::silent::stop, &s::late::start]);
    assert_eq!(collect(stream).len(), 2);
    assert_eq!(collect(late).len(), 2);
    assert_eq!(captured.names(), [""; 0]);
}

#[test]
fn n52_an_error_ends_the_span_where_that_is_asked_for() {
    let captured = capture(&[&s::feed::start, &s::feed::stop, &s::feed::exception]);
    let steps = || [Step::Item(Ok(1)), Step::Item(Err("disk gone")), Step::Item(Err("again"))];
    assert_eq!(collect(script(steps()).in_span(&s::feed).fail_on_err()).len(), 3, "all items");
    assert_eq!(captured.names(), ["s.feed.start", "s.feed.exception"]);
    let exception = &captured.of(&s::feed::exception)[0];
    assert_eq!(exception.metadata["kind"], "error");
    assert_eq!(exception.metadata["reason"], "disk gone");

    let captured = capture(&[&s::feed::stop, &s::feed::exception]);
    assert_eq!(collect(items(1).in_span(&s::feed).fail_on_err()).len(), 1);
    assert_eq!(captured.names(), ["s.feed.stop"], "there was none");
}

#[test]
fn n52_the_span_is_current_while_the_stream_is_polled_or_dropped_and_not_between() {
    let captured = capture(&[&s::rows::exception, &s::above::stop]);
    let above = above(|| {
        let mut stream = Box::pin(rows("orders", script([Step::Note, Step::Note])));
        assert!(poll(stream.as_mut()).is_pending());
        note();
        assert!(poll(stream.as_mut()).is_pending());
        drop(stream);
        SpanContext::current()
    });
    let noted = NOTED.take();
    let [first, between, second, dropped] = noted[..] else { panic!("{noted:?}") };
    assert_eq!(between, above);
    let of_stream = first.unwrap();
    assert_eq!(second, first, "of one span");
    assert_eq!(dropped, first, "the stream is dropped within its span");
    assert_eq!(of_stream.parent_id(), above.map(|above| above.span_id()));
    assert_eq!(SpanContext::current(), None);
    assert_eq!(captured.names(), ["s.rows.exception", "s.above.stop"]);
    let context = &captured.of(&s::rows::exception)[0].metadata["span_context"];
    assert_eq!(*context, of_stream.to_string());
}

#[test]
fn n52_a_given_parent_wins_over_the_current_span() {
    let _captured = capture(&[&s::feed::stop, &s::above::stop]);
    let given = above(SpanContext::current).unwrap();
    let feed = || script([Step::Note]).in_span(&s::feed);
    above(|| {
        collect(feed().with_parent(given));
        collect(feed().with_parent(None));
    });
    let noted = NOTED.take();
    // each stream notes once more when it is dropped, after its span
    let [under_given, _, under_current, _, ..] = noted[..] else { panic!("{noted:?}") };
    assert_eq!(under_given.unwrap().parent_id(), Some(given.span_id()));
    assert_ne!(under_current.unwrap().parent_id(), Some(given.span_id()));
    assert_ne!(under_current.unwrap().trace_id(), given.trace_id());
}

#[test]
fn n52_the_span_follows_its_stream_between_threads() {
    let captured = capture_rows();
    let scope = captured.scope();
    let mut stream = Box::pin(rows("orders", items(3)));
    loop {
        let step = std::thread::spawn(move || {
            scope.run(|| {
                let polled = poll(stream.as_mut());
                assert_eq!(SpanContext::current(), None, "left after each poll");
                (stream, polled)
            })
        });
        let polled;
        (stream, polled) = step.join().unwrap();
        if polled == Poll::Ready(None) {
            break;
        }
    }
    assert_eq!(captured.names(), ["s.rows.start", "s.rows.stop"]);
    assert_eq!(captured.of(&s::rows::stop)[0].measurements.rows, 3);
}

#[test]
fn n52_the_size_hint_is_the_streams_own() {
    let _captured = capture_rows();
    let mut stream = pin!(rows("orders", items(3)));
    assert_eq!(stream.size_hint(), (1, Some(3)));
    assert!(poll(stream.as_mut()).is_ready());
    assert_eq!(stream.size_hint(), (1, Some(2)));
}

#[test]
fn n52_a_stream_is_send_sync_and_unpin_where_it_was() {
    struct Local(Rc<u8>);
    impl Stream for Local {
        type Item = u8;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
            Poll::Ready((*self.0 > 7).then_some(*self.0))
        }
    }
    fn assert_send_and_sync<T: Send + Sync>(value: T) -> T {
        value
    }

    assert_eq!(collect(assert_send_and_sync(rows("orders", items(1)))).len(), 1);
    let mut local = Local(Rc::new(7)).in_span(&s::feed);
    assert_eq!(poll(Pin::new(&mut local)), Poll::Ready(None));
}

#[test]
fn n52_boxed_streams_and_those_of_async_functions_are_spans() {
    async fn open(table: &str) -> impl Stream<Item = Result<u8, &'static str>> {
        std::future::ready(()).await;
        rows(table, items(2))
    }
    let captured = capture(&[&s::rows::stop, &s::feed::stop]);
    assert_eq!(collect(block_on(open("orders"))).len(), 2);
    let boxed: Pin<Box<dyn Stream<Item = Result<u8, &'static str>> + Send>> = Box::pin(items(3));
    assert_eq!(collect(boxed.in_span(&s::feed)).len(), 3);
    assert_eq!(captured.names(), ["s.rows.stop", "s.feed.stop"]);
}
