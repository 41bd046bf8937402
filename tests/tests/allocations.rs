//! Nothing is allocated where events are executed, whoever listens.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use telemetry::SpanContext;
use telemetry::stream::InSpan as _;
use telemetry_runtime::{SeriesValue, Telemetry};
use telemetry_tests::allocation::Counting;
use telemetry_tests::futures::{block_on, pause};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

telemetry::events! {
    event a.executed { measurements { n: u64 } metadata { text: &str, result: Result<u8, &dyn Error> } }
    span a.worked { metadata { text: &str } stop { measurements { n: u64 } } }
    event a.recorded {
        measurements { n: u64, change: i64, weight: f64, maybe: Option<f64> }
        metadata { text: &str, item: u32, kind: Kind, hit: bool }
    }
    event a.turned_away { metadata { item: u64, text: &str } }
    span a.measured { metadata { text: &str } }
}

/// A tag with an index.
#[derive(Debug, Clone, Copy, telemetry::Tag)]
enum Kind {
    Small,
    Large,
}

telemetry::metrics! {
    counter(a.recorded.count);
    counter(name = a.texts, events = [a.recorded], tags = [text, item]);
    counter(name = a.dense, events = [a.recorded], tags = [kind, hit]);
    counter(name = a.computed, events = [a.recorded], keep = |m| m.hit,
        tags = [
            first = |m| m.text.chars().next(), length = |m| m.text.len(), change = |_, x| i128::from(x.change),
            is_odd = |_, x| x.n % 2 == 1, site = "north",
        ]);
    sum(a.recorded.n, tags = [text]);
    sum(a.recorded.change, tags = [kind]);
    sum(a.recorded.weight, unit = native => second);
    sum(a.recorded.maybe, tags = [hit]);
    last_value(a.recorded.n, name = a.last, tags = [text]);
    summary(a.recorded.weight, name = a.summary, tags = [text, kind]);
    distribution(a.recorded.n, name = a.fixed, tags = [text, hit], buckets = [10, 100, 1_000]);
    distribution(a.recorded.weight, name = a.wide, tags = [kind]);
    counter(a.turned_away.count, tags = [item, text], series_limit = 2);
    distribution(a.measured.stop.duration, tags = [text], buckets = [1_000, 1_000_000]);
    counter(a.measured.stop.count, tags = [text]);
}

static HEARD: AtomicU64 = AtomicU64::new(0);

/// One runtime at a time: each records what all of the program executes.
static ALONE: Mutex<()> = Mutex::new(());

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

/// Of one event into metrics of every kind.
fn record() {
    for (text, kind) in [
        ("short", Kind::Small),
        (
            "a text that is longer than a word, and longer than the words in place: a path",
            Kind::Large,
        ),
    ] {
        for n in 0..64_u32 {
            let weight = f64::from(n) - 20.0;
            // left out by some metrics, which count it
            let maybe = match n % 3 {
                0 => None,
                1 => Some(f64::NAN),
                _ => Some(weight),
            };
            telemetry::execute!(a.recorded,
                { n: n.into(), change: -3, weight, maybe },
                { text, item: n % 4, kind, hit: n % 2 == 0 });
        }
    }
}

/// Of ever new tags past the limit.
fn overflow() {
    static ITEMS: AtomicU64 = AtomicU64::new(0);
    for _ in 0..1_000 {
        let item = ITEMS.fetch_add(1, Ordering::Relaxed);
        telemetry::execute!(a.turned_away, {}, { item, text: "a text longer than two words" });
    }
}

#[telemetry::span(a.measured, text = text)]
fn measured(text: &str) -> u64 {
    text.len() as u64
}

#[telemetry::span(a.measured, text = text)]
async fn measured_async(text: &str) -> u64 {
    text.len() as u64
}

/// Within a span, whose context is kept with values of distributions.
fn sample() {
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    context.parse::<SpanContext>().unwrap().scope(record);
}

#[test]
fn nothing_is_allocated_for_what_is_recorded_once_its_series_exist() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap();
    let works: [(&str, fn()); 4] = [
        // first: buckets that were measured outside of a span are not sampled before the next second
        ("within a span", sample),
        ("every kind", record),
        ("#[span]", || assert_eq!(measured("four"), 4)),
        ("#[span] async", || assert_eq!(block_on(measured_async("four")), 4)),
    ];
    for (name, work) in works {
        // makes the series, their buckets and what the thread keeps
        work();
        assert_eq!(Counting::allocations_of(work), 0, "{name}");
    }
    let snapshot = telemetry.snapshots().take();
    for (name, work) in works {
        assert_eq!(Counting::allocations_of(work), 0, "{name}, after a snapshot");
    }
    let metric = |name| snapshot.metric(name).unwrap();
    let computed = ["a", "77", "-3", "false", "north"];
    let computed = metric("a.computed").value(&computed);
    assert_eq!(computed, Some(SeriesValue::Counter(4 * 32)));
    for (name, series) in [("a.texts", 8), ("a.dense", 4), ("a.summary", 2), ("a.wide", 2)] {
        assert_eq!(metric(name).series().count(), series, "{name}");
    }
    assert_eq!(metric("a.recorded.count").value(&[]), Some(SeriesValue::Counter(4 * 128)));
    assert!(metric("a.fixed").series().any(|series| series.exemplars().len() > 0));
    assert!(
        metric("a.recorded.maybe")
            .skipped()
            .all(|(skip, count)| { (count > 0) == (skip.as_str() != "panicked") })
    );
}

/// Whether there is a series is asked by the texts of the tags, which are gathered for it in room that
/// the thread keeps.
#[test]
fn nothing_is_allocated_for_what_overflows() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap();
    overflow();
    assert_eq!(Counting::allocations_of(overflow), 0);
    let snapshot = telemetry.snapshots().take();
    assert_eq!(snapshot.metric("a.turned_away.count").unwrap().overflowed(), 2 * 1_000 - 2);
}
