//! Bodies: numbers 28 to 40, and 42, of the list of what breaks attribute macros.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::ops::ControlFlow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::Poll;

use telemetry::span;

use crate::support::{Dropped, block_on, both_ways, one_span, pause, shape};

type Alias<T> = Result<T, String>;

// 28: early return and `?` on every type
#[span(shape.run)]
fn early(a: Option<u8>) -> Option<u8> {
    let a = a?;
    if a == 0 {
        return None;
    }
    Some(a)
}
#[span(shape.run)]
async fn early_async(a: Option<u8>) -> Option<u8> {
    let a = a?;
    pause().await;
    if a == 0 {
        return None;
    }
    Some(a)
}
#[span(shape.run)]
fn controlled(a: u8) -> ControlFlow<u8, ()> {
    (0..a)
        .try_for_each(|n| if n > 3 { ControlFlow::Break(n) } else { ControlFlow::Continue(()) })?;
    ControlFlow::Continue(())
}
#[span(shape.run)]
fn polled(a: Poll<Result<u8, String>>) -> Poll<Result<u8, String>> {
    let a = a?;
    a.map(|n| Ok(n + 1))
}
#[span(shape.run)]
async fn alias(text: &str) -> Alias<u32> {
    text.parse::<u32>().map_err(|error| error.to_string())
}

#[test]
fn n28_early_returns() {
    one_span(|| assert_eq!(early(None), None));
    one_span(|| assert_eq!(block_on(early_async(Some(0))), None));
    one_span(|| assert_eq!(controlled(9), ControlFlow::Break(4)));
    one_span(|| assert_eq!(polled(Poll::Ready(Ok(1))), Poll::Ready(Ok(2))));
    one_span(|| assert_eq!(block_on(alias("7")), Ok(7)));
    assert_eq!(both_ways(|| _ = block_on(alias("x"))), ["start", "exception"]);
}

// 29: coercions at the tail and at `return`
#[span(shape.run)]
fn coerced(b: bool) -> Box<dyn Debug + Send> {
    if b {
        return Box::new(1);
    }
    Box::new("x")
}
#[span(shape.run)]
async fn coerced_async(b: bool) -> Box<dyn Debug + Send> {
    if b {
        return Box::new(1);
    }
    Box::new("x")
}
#[span(shape.run)]
fn coerced_inside<'a>(n: &'a u8, b: bool) -> Option<&'a dyn Debug> {
    if b {
        return Some(n);
    }
    None
}
#[span(shape.run)]
fn coerced_pointer() -> fn(u8) -> u8 {
    |n| n
}

#[test]
fn n29_coercions() {
    one_span(|| assert_eq!(format!("{:?}", coerced(false)), "\"x\""));
    one_span(|| assert_eq!(format!("{:?}", block_on(coerced_async(true))), "1"));
    one_span(|| assert!(coerced_inside(&1, true).is_some()));
    one_span(|| assert_eq!(coerced_pointer()(1), 1));
}

// 30: inference from the return type
#[span(shape.run)]
fn inferred(text: &str) -> Result<HashMap<char, u32>, std::num::ParseIntError> {
    let number = text.parse()?;
    Ok(text.chars().map(|c| (c, number)).collect())
}
#[span(shape.run)]
async fn inferred_async() -> Vec<u8> {
    (0..3).map(Into::into).collect()
}

#[test]
fn n30_inference() {
    one_span(|| assert_eq!(inferred("77").unwrap().len(), 1));
    one_span(|| assert_eq!(block_on(inferred_async()), [0, 1, 2]));
}

// 31: bodies that never end well
#[span(shape.run)]
fn unwritten() -> u32 {
    todo!()
}
#[span(shape.run)]
async fn unwritten_async() -> u32 {
    unimplemented!()
}

#[test]
fn n31_diverging_bodies() {
    let heard = both_ways(|| _ = std::panic::catch_unwind(unwritten).unwrap_err());
    assert_eq!(heard, ["start", "exception"]);
    let heard = both_ways(|| {
        _ = std::panic::catch_unwind(|| block_on(unwritten_async())).unwrap_err();
    });
    assert_eq!(heard, ["start", "exception"]);
}

// 32: inner attributes
#[span(shape.run)]
fn inner_attributes() -> u32 {
    #![allow(unused_variables)]
    let a = 1;
    2
}
#[span(shape.run)]
async fn inner_attributes_async() -> u32 {
    #![allow(unused_variables)]
    let a = 1;
    2
}

#[test]
fn n32_inner_attributes() {
    one_span(|| assert_eq!(inner_attributes(), 2));
    one_span(|| assert_eq!(block_on(inner_attributes_async()), 2));
}

// 33: items in the body, and imports that hide the return type
type Foo = ();
#[expect(dead_code, reason = "the variant is there for its name")]
enum Bar {
    Foo,
}
#[span(shape.run)]
fn hidden_return_type() -> Foo {
    #[allow(unused_imports)]
    use Bar::*;
}
#[span(shape.run)]
async fn items_inside() -> u32 {
    const ONE: u32 = 1;
    static TWO: u32 = 2;
    macro_rules! three {
        () => {
            3
        };
    }
    fn four() -> u32 {
        4
    }
    ONE + TWO + three!() + four()
}

#[test]
fn n33_items_in_bodies() {
    one_span(hidden_return_type);
    one_span(|| assert_eq!(block_on(items_inside()), 10));
}

// 35: temporaries of the tail expression
#[span(shape.run)]
fn tail_temporary(c: RefCell<String>) -> usize {
    c.borrow().len()
}
#[span(shape.run)]
async fn tail_guard(m: &Mutex<Vec<u8>>) -> usize {
    m.lock().unwrap().len()
}

#[test]
fn n35_tail_temporaries() {
    one_span(|| assert_eq!(tail_temporary(RefCell::new("abc".into())), 3));
    one_span(|| assert_eq!(block_on(tail_guard(&Mutex::new(vec![1]))), 1));
}

// 36: labels, let-else, async closures, nesting, doubling; let chains are in `edition_2024`
#[span(shape.run)]
fn control_flow(a: Option<u8>) -> u8 {
    let found = 'search: {
        for n in 0..9 {
            if Some(n) == a {
                break 'search n;
            }
        }
        return 0;
    };
    let Some(a) = a else { return 1 };
    if let Some(b @ 1..) = a.checked_sub(1) {
        return found + b;
    }
    'outer: loop {
        loop {
            break 'outer 9;
        }
    }
}
#[span(shape.run)]
async fn async_closure() -> u8 {
    let add = async |n: u8| {
        pause().await;
        n + 1
    };
    add(1).await
}
#[span(shape.run)]
#[span(shape.run)]
fn doubled() -> u8 {
    #[span(shape.run)]
    fn nested() -> u8 {
        1
    }
    nested()
}
#[span(shape.run)]
#[span(shape.run)]
async fn doubled_async() -> u8 {
    1
}

#[test]
fn n36_control_flow_and_nesting() {
    one_span(|| assert_eq!(control_flow(Some(4)), 7));
    one_span(|| assert_eq!(block_on(async_closure()), 2));
    let three = ["start", "start", "start", "stop", "stop", "stop"];
    assert_eq!(both_ways(|| assert_eq!(doubled(), 1)), three);
    let two = ["start", "start", "stop", "stop"];
    assert_eq!(both_ways(|| assert_eq!(block_on(doubled_async()), 1)), two);
}

// 37: arguments are dropped when they were
type Log = Mutex<Vec<&'static str>>;

fn plain_order(_a: Dropped<'_>, _: Dropped<'_>, b: Dropped<'_>) {
    let _local = Dropped("local", b.1);
}
#[span(shape.run)]
fn order(_a: Dropped<'_>, _: Dropped<'_>, b: Dropped<'_>) {
    let _local = Dropped("local", b.1);
}
async fn plain_order_async(_a: Dropped<'_>, _: Dropped<'_>, b: Dropped<'_>) {
    let _local = Dropped("local", b.1);
    pause().await;
}
#[span(shape.run)]
async fn order_async(_a: Dropped<'_>, _: Dropped<'_>, b: Dropped<'_>) {
    let _local = Dropped("local", b.1);
    pause().await;
}

fn arguments(log: &Log) -> (Dropped<'_>, Dropped<'_>, Dropped<'_>) {
    (Dropped("a", log), Dropped("ignored", log), Dropped("b", log))
}

#[test]
fn n37_drop_order_is_that_of_the_plain_function() {
    let orders = || {
        let logs: [Log; 4] = Default::default();
        let (a, ignored, b) = arguments(&logs[0]);
        plain_order(a, ignored, b);
        let (a, ignored, b) = arguments(&logs[1]);
        order(a, ignored, b);
        let (a, ignored, b) = arguments(&logs[2]);
        block_on(plain_order_async(a, ignored, b));
        let (a, ignored, b) = arguments(&logs[3]);
        block_on(order_async(a, ignored, b));
        let [plain, spanned, plain_async, spanned_async] =
            logs.map(|log| log.into_inner().unwrap());
        assert_eq!(plain.len(), 4);
        assert_eq!(plain, spanned);
        assert_eq!(plain_async, spanned_async);
    };
    assert_eq!(both_ways(orders), ["start", "stop", "start", "stop"]);
}

// 38: closures that capture and move arguments
#[span(shape.run)]
fn captured(mut n: u32) -> u32 {
    let mut increment = || n += 1;
    increment();
    increment();
    n
}
#[span(shape.run)]
fn moved_out(v: Vec<u8>) -> impl FnOnce() -> Vec<u8> {
    move || v
}
#[span(shape.run)]
async fn captured_async(mut n: u32) -> u32 {
    let mut increment = || n += 1;
    increment();
    n
}

#[test]
fn n38_closures_in_bodies() {
    one_span(|| assert_eq!(captured(1), 3));
    one_span(|| assert_eq!(moved_out(vec![1])(), [1]));
    one_span(|| assert_eq!(block_on(captured_async(1)), 2));
}

// 39: recursion
#[span(shape.run)]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}
#[span(shape.run)]
async fn factorial_async(n: u64) -> u64 {
    if n == 0 { 1 } else { n * Box::pin(factorial_async(n - 1)).await }
}
#[span(shape.run)]
async fn even(n: u32) -> bool {
    n == 0 || Box::pin(odd(n - 1)).await
}
#[span(shape.run)]
async fn odd(n: u32) -> bool {
    n != 0 && Box::pin(even(n - 1)).await
}

#[test]
fn n39_recursion() {
    assert_eq!(both_ways(|| assert_eq!(factorial(2), 2)).len(), 6);
    assert_eq!(both_ways(|| assert_eq!(block_on(factorial_async(2)), 2)).len(), 6);
    assert_eq!(both_ways(|| assert!(block_on(even(2)))).len(), 6);
}

// 40: the user's own Ok, Some, Box, std
mod shadowed {
    use telemetry::span;

    use crate::support::shape;

    #[allow(non_snake_case)]
    fn Ok(a: u32) -> u32 {
        a
    }
    #[allow(non_snake_case)]
    fn Err(a: u32) -> u32 {
        a
    }
    #[allow(non_snake_case)]
    fn Some(a: u32) -> u32 {
        a
    }
    #[allow(dead_code)]
    struct Box;
    #[allow(dead_code)]
    struct Option;
    #[allow(dead_code)]
    struct Result;
    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    mod std {}

    #[span(shape.fields, id = u64::from(a), stop(|value| text = value.to_string()))]
    pub(crate) fn run(a: u32) -> u32 {
        Ok(Err(Some(a)))
    }
    #[span(shape.run)]
    pub(crate) async fn run_async(a: u32) -> u32 {
        Ok(Err(Some(a)))
    }
}

#[test]
fn n40_shadowed_names() {
    one_span(|| assert_eq!(shadowed::run(1), 1));
    one_span(|| assert_eq!(crate::support::block_on(shadowed::run_async(1)), 1));
}

// 42: track_caller
#[span(shape.run)]
#[track_caller]
fn tracked() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn n42_track_caller_keeps_the_callers_line() {
    one_span(|| assert_eq!((tracked().line(), tracked_line()), (line!(), line!())));
}
#[track_caller]
fn tracked_line() -> u32 {
    Location::caller().line()
}

// Pin<Box<dyn Future>> as a value of a sync function that is no future of its own
#[span(shape.run)]
fn boxed_in_result() -> Result<Pin<Box<dyn Future<Output = u8> + Send>>, String> {
    Ok(Box::pin(async { 1 }))
}

#[test]
fn boxed_future_inside_a_result() {
    one_span(|| assert_eq!(block_on(boxed_in_result().unwrap()), 1));
}
