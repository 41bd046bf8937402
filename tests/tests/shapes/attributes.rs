//! Attributes beside ours and programs around us: numbers 49 and 55 to 76 of the list of what breaks
//! attribute macros, as far as they are no errors (those are under `tests/ui`) and no other file's.

use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::span;

use crate::support::{block_on, both_ways, one_span, pause, shape};

// 49: no guard of ours is held over an await: the future's context ends with each poll
#[span(shape.run)]
async fn context_of_each_poll() -> bool {
    let before = telemetry::SpanContext::current();
    pause().await;
    before.is_none() || telemetry::SpanContext::current() == before
}

#[test]
fn n49_the_context_ends_with_each_poll() {
    one_span(|| {
        assert!(block_on(context_of_each_poll()));
        assert_eq!(telemetry::SpanContext::current(), None);
    });
}

// 55: wrappers in wrappers, which make types that grow: rustc's limit is 33 plain futures in each
// other, and 27 of ours
macro_rules! chain {
    ($first:ident $($rest:ident)*) => {
        #[span(shape.run)]
        async fn $first() -> u32 {
            pause().await;
            1 + chain!(@next $($rest)*)
        }
        chain!($($rest)*);
    };
    (@next $next:ident $($rest:ident)*) => { $next().await };
    (@next) => { 0 };
    () => {};
}
chain!(c01 c02 c03 c04 c05 c06 c07 c08 c09 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20 c21 c22 c23 c24 c25);

#[test]
fn n55_a_chain_of_twenty_five_compiles_and_nests() {
    assert_eq!(both_ways(|| assert_eq!(block_on(c01()), 25)).len(), 50);
}

// 59: attributes above and below ours
/// A doc comment above.
#[must_use]
#[span(shape.run)]
/// A doc comment below.
#[inline]
#[deprecated(note = "that is what is tested")]
#[cfg(not(any()))]
fn attributed() -> u8 {
    1
}
#[span(shape.run)]
#[must_use]
#[cold]
async fn attributed_async() -> u8 {
    1
}
#[cfg(any())]
#[span(shape.run)]
fn not_there() -> NoSuchType {
    no_such_function()
}

#[test]
#[expect(deprecated, reason = "that is what is tested")]
fn n59_attributes_above_and_below() {
    one_span(|| assert_eq!(attributed(), 1));
    one_span(|| assert_eq!(block_on(attributed_async()), 1));
}

// 60: tests, in both orders
#[test]
#[span(shape.run)]
fn n60_test_above() {
    assert_eq!(1 + 1, 2);
}
#[span(shape.run)]
#[test]
fn n60_test_below() {
    assert_eq!(1 + 1, 2);
}
#[tokio::test]
#[span(shape.run)]
async fn n60_tokio_test_above() {
    tokio::task::yield_now().await;
}
#[span(shape.run)]
#[tokio::test]
async fn n60_tokio_test_below() {
    tokio::task::yield_now().await;
}
#[test]
#[should_panic(expected = "through the span")]
#[span(shape.run)]
fn n60_should_panic() {
    panic!("through the span");
}

// 67: nothing is captured that is not listed
struct Secret;
#[span(shape.run)]
fn with_secret(_secret: &Secret) {}

#[test]
fn n67_nothing_is_captured_by_itself() {
    one_span(|| with_secret(&Secret));
    let captured = telemetry::testing::capture(&[&shape::run::start]);
    with_secret(&Secret);
    assert!(!format!("{captured:?}").contains("ecret"), "{captured:?}");
}

// 73: a handler that panics while a panic unwinds through the span
#[test]
fn n73_a_handler_may_panic_while_a_span_unwinds() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    telemetry::events! { span unwinding.run; }

    #[span(unwinding.run)]
    fn unwinds() {
        std::panic::resume_unwind(Box::new("the first"));
    }

    telemetry::attach("panics-too", &unwinding::run::exception, (), |_, ()| {
        CALLS.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("the second"));
    })
    .unwrap();
    let payload = std::panic::catch_unwind(unwinds).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the first"));
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    assert!(telemetry::detach("panics-too").unwrap_err().is_not_found());
}

// 75: a handler that runs spans itself, and formats what runs spans
#[test]
fn n75_handlers_may_run_spans() {
    static DEPTH: AtomicU32 = AtomicU32::new(0);
    telemetry::events! { span reentered.run { metadata { depth: u32 } } }

    #[span(reentered.run, depth)]
    fn reenter(depth: u32) {
        assert!(depth <= 3);
    }

    telemetry::attach("reenters", &reentered::run::start, (), |event, ()| {
        DEPTH.fetch_max(event.metadata.depth, Ordering::SeqCst);
        if event.metadata.depth < 3 {
            reenter(event.metadata.depth + 1);
        }
    })
    .unwrap();
    reenter(0);
    assert_eq!(DEPTH.load(Ordering::SeqCst), 3);
    telemetry::detach("reenters").unwrap();
}
