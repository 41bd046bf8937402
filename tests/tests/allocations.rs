//! Nothing is allocated where events are executed, whoever listens.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use telemetry::stream::InSpan as _;
use telemetry_tests::allocation::Counting;
use telemetry_tests::futures::{block_on, pause};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

telemetry::events! {
    event a.executed { measurements { n: u64 } metadata { text: &str, result: Result<u8, &dyn Error> } }
    span a.worked { metadata { text: &str } stop { measurements { n: u64 } } }
}

static HEARD: AtomicU64 = AtomicU64::new(0);

fn execute() {
    let error = std::fmt::Error;
    telemetry::execute!(a.executed, { n: 7 }, { text: "text", result: Err(&error) });
}

#[telemetry::span(a.worked, text, stop(|n| n = *n))]
fn work(text: &str) -> u64 {
    text.len() as u64
}

#[telemetry::span(a.worked, text, stop(|n| n = *n))]
async fn work_async(text: &str) -> u64 {
    text.len() as u64
}

struct Once(Option<u64>);

impl Stream for Once {
    type Item = u64;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u64>> {
        Poll::Ready(self.0.take())
    }
}

fn stream() {
    let start = || a::worked::Start { text: "text" };
    let stream = Once(Some(7)).in_span_with(&a::worked, start, |n| a::worked::Stop { n });
    let mut stream = pin!(stream);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(stream.as_mut().poll_next(&mut cx), Poll::Ready(Some(7)));
    assert_eq!(stream.as_mut().poll_next(&mut cx), Poll::Ready(None));
}

/// Is pending once before its end.
#[telemetry::span(a.worked, text, stop(|n| n = *n))]
async fn work_later(text: &str) -> u64 {
    pause().await;
    text.len() as u64
}

#[telemetry::span(a.worked, text, stop(|n| n = *n))]
async fn fail(text: &str) -> Result<u64, std::fmt::Error> {
    pause().await;
    if text.is_empty() { Ok(0) } else { Err(std::fmt::Error) }
}

fn guard() {
    telemetry::start!(a.worked, { text: "text" }).stop(a::worked::Stop { n: 1 });
}

/// Drops the future midway.
fn cancel(future: impl Future) {
    let mut future = pin!(future);
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

fn assert_allocates_nothing() {
    let works: [(&str, fn()); 8] = [
        ("execute!", execute),
        ("#[span]", || assert_eq!(work("four"), 4)),
        ("#[span] async", || assert_eq!(block_on(work_async("four")), 4)),
        ("#[span] async, pending", || assert_eq!(block_on(work_later("four")), 4)),
        ("#[span] async, failing", || assert!(block_on(fail("four")).is_err())),
        ("#[span] async, cancelled", || cancel(work_later("four"))),
        ("start!", guard),
        ("in_span_with", stream),
    ];
    for (name, work) in works {
        // the first time, a thread gets what it keeps
        work();
        assert_eq!(Counting::allocations_of(work), 0, "{name}");
    }
}

#[test]
fn nothing_is_allocated_while_nobody_and_while_somebody_listens() {
    assert_allocates_nothing();
    let span = a::worked.any().events();
    telemetry::attach("typed", &a::executed, (), |event, ()| {
        HEARD.fetch_add(event.measurements.n, Ordering::Relaxed);
    })
    .unwrap();
    telemetry::attach_many(
        "by-name",
        &[&a::executed, span[0], span[1], span[2]],
        (),
        |event, ()| {
            let fields = event.measurements().iter().chain(event.metadata().iter());
            HEARD.fetch_add(fields.count() as u64, Ordering::Relaxed);
            assert!(event.metadata().get("text").is_some());
        },
    )
    .unwrap();
    assert_allocates_nothing();
    assert!(HEARD.load(Ordering::Relaxed) > 0);
}
