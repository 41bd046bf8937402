//! Futures: numbers 43 to 54 of the list of what breaks attribute macros.

use std::future::{Future, IntoFuture, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use telemetry::span;

use crate::support::{assert_send, block_on, both_ways, one_span, pause, shape};

// 46: native async fn in traits
trait Native {
    async fn provided(&self) -> u8;
    fn declared(&self) -> impl Future<Output = u8>;
    #[span(shape.run)]
    async fn by_default(&self) -> u8 {
        pause().await;
        self.provided().await
    }
}
struct Implements;
impl Native for Implements {
    #[span(shape.run)]
    async fn provided(&self) -> u8 {
        pause().await;
        1
    }
    #[span(shape.run)]
    async fn declared(&self) -> u8 {
        2
    }
}

#[test]
fn n46_native_async_fn_in_traits() {
    one_span(|| assert_eq!(block_on(Implements.provided()), 1));
    one_span(|| assert_eq!(block_on(Implements.declared()), 2));
    let nested = ["start", "start", "stop", "stop"];
    assert_eq!(both_ways(|| assert_eq!(block_on(Implements.by_default()), 1)), nested);
}

// 47: Send stays Send, and what is not need not be
#[span(shape.fields, id = id, stop(|text| text = text.clone()))]
async fn sendable(id: u64) -> String {
    pause().await;
    id.to_string()
}
#[span(shape.run)]
async fn not_sendable(rc: Rc<u8>) -> u8 {
    pause().await;
    *rc
}
#[span(shape.run)]
async fn send_but_not_sync(cell: std::cell::Cell<u8>) -> u8 {
    pause().await;
    cell.get()
}

#[test]
fn n47_send() {
    one_span(|| assert_eq!(block_on(assert_send(sendable(7))), "7"));
    one_span(|| assert_eq!(block_on(not_sendable(Rc::new(1))), 1));
    one_span(|| assert_eq!(block_on(assert_send(send_but_not_sync(1.into()))), 1));
}

// 48: dropped before, midway, after
#[test]
fn n48_drops() {
    assert_eq!(both_ways(|| drop(sendable(1))), [""; 0]);
    let midway = both_ways(|| {
        let mut future = Box::pin(sendable(1));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(future);
    });
    assert_eq!(midway, ["start", "exception"]);
    let after = both_ways(|| {
        let mut future = Box::pin(sendable(1));
        block_on(future.as_mut());
        drop(future);
    });
    assert_eq!(after, ["start", "stop"]);
}

// 50: another thread for every poll
#[test]
fn n50_the_context_follows_the_future_between_threads() {
    #[span(shape.run)]
    async fn contexts() -> Vec<Option<telemetry::SpanContext>> {
        let mut seen = vec![telemetry::SpanContext::current()];
        for _ in 0..3 {
            pause().await;
            seen.push(telemetry::SpanContext::current());
        }
        seen
    }
    let captured = telemetry::testing::capture(&[&shape::run::start, &shape::run::stop]);
    let scope = captured.scope();
    let mut future = Box::pin(contexts());
    let seen = loop {
        let step = std::thread::spawn(move || {
            scope.run(|| {
                let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert_eq!(telemetry::SpanContext::current(), None, "left after each poll");
                (future, polled)
            })
        });
        let polled;
        (future, polled) = step.join().unwrap();
        if let std::task::Poll::Ready(seen) = polled {
            break seen;
        }
    };
    assert!(seen[0].is_some());
    assert!(seen.iter().all(|context| *context == seen[0]), "{seen:?}");
    assert_eq!(captured.names(), ["shape.run.start", "shape.run.stop"]);
}

// 51: select, join, timeout
#[tokio::test]
async fn n51_a_branch_that_loses_is_cancelled_once() {
    #[span(shape.fields, id = 1, stop(text = String::new()))]
    async fn forever() {
        std::future::pending().await
    }
    let captured = telemetry::testing::capture(&[&shape::fields::exception, &shape::fields::stop]);
    tokio::select! {
        biased;
        () = forever() => unreachable!(),
        () = pause() => {}
    }
    tokio::time::timeout(Duration::from_millis(1), forever()).await.unwrap_err();
    let (one, two) = tokio::join!(sendable(1), sendable(2));
    assert_eq!((&*one, &*two), ("1", "2"));
    let names = captured.names();
    let count = |name| names.iter().filter(|found| **found == name).count();
    assert_eq!(count("shape.fields.exception"), 2, "{names:?}");
    assert_eq!(count("shape.fields.stop"), 2, "{names:?}");
    let cancelled = captured.of(&shape::fields::exception);
    assert!(cancelled.iter().all(|one| one.metadata["kind"] == "cancelled"));
}

// 52: streams are no futures: what is timed is the function that makes one
trait Stream {
    type Item;
}
impl Stream for std::vec::IntoIter<u8> {
    type Item = u8;
}
#[span(shape.run)]
fn returns_stream(n: u8) -> impl Stream<Item = u8> + IntoIterator<Item = u8> {
    (0..n).collect::<Vec<_>>().into_iter()
}

#[test]
fn n52_functions_that_return_streams_are_timed_to_their_return() {
    one_span(|| drop(returns_stream(3)));
    assert_eq!(returns_stream(3).into_iter().count(), 3);
}

// 53: IntoFuture
struct Request;
impl IntoFuture for Request {
    type Output = u8;
    type IntoFuture = Ready<u8>;
    fn into_future(self) -> Ready<u8> {
        ready(1)
    }
}
#[span(shape.run)]
async fn awaits_into_future() -> u8 {
    Request.await
}

#[test]
fn n53_into_future() {
    one_span(|| assert_eq!(block_on(awaits_into_future()), 1));
}

// 54: the size of the future, plain, and of a span without and with fields
macro_rules! nested {
    ($module:ident, $argument:ident $(, $attribute:meta)?) => {
        mod $module {
            #[allow(unused_imports)]
            use super::{shape, pause, span};

            $(#[$attribute])?
            pub(crate) async fn l0($argument: [u8; 256]) -> u8 {
                let buffer = [$argument[0]; 1024];
                pause().await;
                buffer[7] + $argument[1]
            }
            $(#[$attribute])?
            pub(crate) async fn l1($argument: [u8; 256]) -> u8 {
                l0($argument).await + $argument[0]
            }
            $(#[$attribute])?
            pub(crate) async fn l2($argument: [u8; 256]) -> u8 {
                l1($argument).await + $argument[0]
            }
            $(#[$attribute])?
            pub(crate) async fn l3($argument: [u8; 256]) -> u8 {
                l2($argument).await + $argument[0]
            }

            pub(crate) fn sizes() -> [usize; 4] {
                let argument = [1; 256];
                [
                    size_of_val(&l0(argument)),
                    size_of_val(&l1(argument)),
                    size_of_val(&l2(argument)),
                    size_of_val(&l3(argument)),
                ]
            }
        }
    };
}
nested!(plain, argument);
nested!(spanned, argument, span(shape.run));
nested!(
    with_fields,
    argument,
    span(shape.fields, id = u64::from(argument[0]), stop(|sum| text = sum.to_string()))
);

#[test]
fn n54_futures_grow_by_at_most_96_bytes_a_level() {
    // what is kept from the start on is the user's own
    let fields = size_of::<shape::fields::Start>();
    for (sizes, kept) in [(spanned::sizes(), 0), (with_fields::sizes(), fields)] {
        for ((levels, spanned), plain) in (1..).zip(sizes).zip(plain::sizes()) {
            let limit = plain + (96 + kept) * levels;
            assert!(spanned <= limit, "{levels} levels: {plain} and {spanned} bytes");
        }
    }
    let plain = block_on(plain::l3([1; 256]));
    one_span_in_each_of_four(|| assert_eq!(block_on(spanned::l3([1; 256])), plain));
    one_span_in_each_of_four(|| assert_eq!(block_on(with_fields::l3([1; 256])), plain));
}

fn one_span_in_each_of_four(work: impl Fn()) {
    let heard = both_ways(work);
    assert_eq!(heard, ["start", "start", "start", "start", "stop", "stop", "stop", "stop"]);
}

// 43, 44: functions that return a future are timed to its completion
#[span(shape.run)]
fn returns_impl_future(n: u8) -> impl Future<Output = u8> {
    let before = n + 1;
    async move {
        pause().await;
        before + 1
    }
}
#[span(shape.run)]
fn returns_ready() -> impl Future<Output = u8> {
    ready(1)
}
#[span(shape.run)]
fn returns_boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    if n == 0 {
        return Box::pin(ready(0));
    }
    let before = n + 1;
    Box::pin(async move {
        pause().await;
        before
    })
}
#[span(shape.run)]
fn returns_boxed_result<'a>(
    text: &'a str,
) -> Pin<Box<dyn Future<Output = Result<u32, String>> + 'a>> {
    Box::pin(async move {
        pause().await;
        text.parse::<u32>().map_err(|error| error.to_string())
    })
}

#[test]
fn n43_n44_functions_that_return_futures() {
    one_span(|| assert_eq!(block_on(returns_impl_future(1)), 3));
    one_span(|| assert_eq!(block_on(returns_ready()), 1));
    one_span(|| assert_eq!(block_on(returns_boxed(0)), 0));
    one_span(|| assert_eq!(block_on(returns_boxed(1)), 2));
    assert_eq!(both_ways(|| drop(returns_impl_future(1))), [""; 0], "never polled");
    one_span(|| assert_eq!(block_on(returns_boxed_result("7")), Ok(7)));
    assert_eq!(both_ways(|| _ = block_on(returns_boxed_result("x"))), ["start", "exception"]);
}

// 45: async_trait above and below, Send and not
#[async_trait::async_trait]
trait Above {
    async fn run(&self, text: &str) -> Result<u32, String>;
    #[span(shape.run)]
    async fn by_default(&self, n: u32) -> u32 {
        pause().await;
        n
    }
}
#[async_trait::async_trait]
impl Above for u32 {
    #[span(shape.fields, id = u64::from(*self), stop(|n| text = n.to_string()))]
    async fn run(&self, text: &str) -> Result<u32, String> {
        pause().await;
        let number: u32 = text.parse().map_err(|_| text.to_owned())?;
        Ok(number + self)
    }
}
#[async_trait::async_trait(?Send)]
trait NotSend {
    async fn run(&self, rc: Rc<u8>) -> u8;
}
#[async_trait::async_trait(?Send)]
impl NotSend for u8 {
    #[span(shape.run)]
    async fn run(&self, rc: Rc<u8>) -> u8 {
        pause().await;
        *rc + self
    }
}

#[test]
fn n45_async_trait() {
    one_span(|| assert_eq!(block_on(Above::run(&1, "2")), Ok(3)));
    assert_eq!(both_ways(|| _ = block_on(Above::run(&1, "x"))), ["start", "exception"]);
    one_span(|| assert_eq!(block_on(Above::by_default(&1, 2)), 2));
    one_span(|| assert_eq!(block_on(NotSend::run(&1, Rc::new(2))), 3));
    one_span(|| assert_eq!(block_on(assert_send(Above::run(&1, "2"))), Ok(3)));
}
