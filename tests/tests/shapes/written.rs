//! Functions that other macros write, or that stand where others call them: numbers 19, 25, 41, 60 and
//! 63 of the list of what breaks attribute macros.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use telemetry::span;

use crate::support::{block_on, both_ways, one_span, pause, shape};

// 41: parts that stand in invisible groups
macro_rules! in_macro {
    ($name:ident, $ty:ty, $body:block, $($span:ident).+) => {
        #[span($($span).+)]
        fn $name(a: $ty) -> $ty {
            let _ = a;
            $body
        }
    };
    (async $name:ident, $ty:ty, $value:expr) => {
        #[span(shape.run)]
        async fn $name(a: $ty) -> $ty {
            a + $value
        }
    };
}
in_macro!(
    by_macro,
    u32,
    {
        let mut seven = 3;
        seven += 4;
        seven
    },
    shape.run
);
in_macro!(async by_macro_async, u32, 1);

macro_rules! whole {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $ty:ty),*) -> $returned:ty $body:block) => {
        $(#[$attribute])*
        #[span(shape.run)]
        $visibility fn $name($($argument: $ty),*) -> $returned $body
    };
    (async $visibility:vis fn $name:ident($pattern:pat, $ty:ty) -> $returned:ty $body:block) => {
        #[span(shape.run)]
        $visibility async fn $name($pattern: $ty) -> $returned $body
    };
    ($item:item) => { #[span(shape.run)] $item };
    (span $name:ident: $id:expr, $given:expr, $parent:expr) => {
        #[span(shape.fields, id = $id, stop(|$given| text = format!("{:?}", $given)), parent = $parent)]
        fn $name() -> u8 { 7 }
    };
}
whole! {
    /// With a comment.
    #[inline]
    pub(crate) fn grouped(a: &str, b: usize) -> usize { a.len() + b }
}
whole! { fn grouped_never() -> ! { panic!("never") } }
whole! { fn grouped_impl(n: u8) -> impl Iterator<Item = u8> { 0..n } }
whole! { fn grouped_unit() -> () {} }
whole! {
    fn grouped_future(n: u8) -> impl Future<Output = u8> {
        async move {
            pause().await;
            n
        }
    }
}
whole! {
    fn grouped_boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(async move {
            pause().await;
            n
        })
    }
}
whole! { async fn grouped_async((a, b), (u8, u8)) -> u8 { a + b } }
whole! { async fn grouped_async_never(_, u8) -> ! { panic!("never") } }
whole! {
    async fn grouped_item(a: u8) -> u8 {
        pause().await;
        a
    }
}

macro_rules! method {
    ($ty:ident, $name:ident, $this:ident, $body:expr) => {
        impl $ty {
            #[span(shape.run)]
            fn $name(&$this) -> u8 {
                $body
            }
        }
    };
}
struct Seven(u8);
method!(Seven, get, self, self.0);

#[test]
fn n41_macro_rules() {
    one_span(|| assert_eq!(by_macro(1), 7));
    one_span(|| assert_eq!(block_on(by_macro_async(1)), 2));
    one_span(|| assert_eq!(grouped("four", 1), 5));
    one_span(|| assert_eq!(grouped_impl(3).count(), 3));
    one_span(grouped_unit);
    one_span(|| assert_eq!(block_on(grouped_async((1, 2))), 3));
    one_span(|| assert_eq!(block_on(grouped_item(1)), 1));
    one_span(|| assert_eq!(Seven(7).get(), 7));
    let heard = both_ways(|| _ = std::panic::catch_unwind(|| grouped_never()).unwrap_err());
    assert_eq!(heard, ["start", "exception"]);
    let heard = both_ways(|| {
        _ = std::panic::catch_unwind(|| block_on(grouped_async_never(1))).unwrap_err();
    });
    assert_eq!(heard, ["start", "exception"]);
}

#[test]
fn n41_futures_in_groups_are_timed_to_their_completion() {
    one_span(|| assert_eq!(block_on(grouped_future(1)), 1));
    one_span(|| assert_eq!(block_on(grouped_boxed(1)), 1));
    assert_eq!(both_ways(|| drop(grouped_future(1))), [""; 0], "never polled");
    assert_eq!(both_ways(|| drop(grouped_boxed(1))), [""; 0], "never polled");
}

// 60: entry points, in both orders
#[tokio::main(flavor = "current_thread")]
#[span(shape.run)]
async fn main_above(n: u8) -> u8 {
    tokio::task::yield_now().await;
    n
}
#[span(shape.run)]
#[tokio::main(flavor = "current_thread")]
async fn main_below(n: u8) -> u8 {
    tokio::task::yield_now().await;
    n
}

#[test]
fn n60_tokio_main() {
    one_span(|| assert_eq!(main_above(1), 1));
    one_span(|| assert_eq!(main_below(1), 1));
}

// 19: methods that the language and the standard library call
struct Countdown<'l>(u8, &'l Mutex<Vec<&'static str>>);

impl Drop for Countdown<'_> {
    #[span(shape.run)]
    fn drop(&mut self) {
        self.1.lock().unwrap().push("dropped");
    }
}
impl Iterator for Countdown<'_> {
    type Item = u8;

    #[span(shape.run)]
    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0)
    }
}
impl Future for Countdown<'_> {
    type Output = &'static str;

    #[span(shape.run)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.next().is_none() {
            return Poll::Ready("done");
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
impl Deref for Countdown<'_> {
    type Target = u8;

    #[span(shape.run)]
    fn deref(&self) -> &u8 {
        &self.0
    }
}
impl fmt::Display for Countdown<'_> {
    #[span(shape.run)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[test]
fn n19_methods_of_known_traits() {
    let log = Mutex::default();
    let heard = both_ways(|| {
        assert_eq!(*Countdown(7, &log), 7);
        assert_eq!(Countdown(7, &log).to_string(), "7");
    });
    assert_eq!(heard, ["start", "stop"].repeat(4));
    let heard = both_ways(|| assert_eq!(Countdown(2, &log).by_ref().count(), 2));
    assert_eq!(heard, ["start", "stop"].repeat(4));
    // polls, each with what it counts down, and the drop
    let heard = both_ways(|| assert_eq!(block_on(Countdown(2, &log)), "done"));
    assert_eq!(heard.len(), 2 * (3 + 3 + 1));
    assert_eq!(log.into_inner().unwrap(), ["dropped"; 8]);
}

// 63: the body's tokens are where the user wrote them
#[span(shape.run)]
fn here() -> (u32, u32, u32) {
    (line!(), column!(), Location::caller().line())
}
#[span(shape.run)]
async fn here_async() -> (u32, u32, u32) {
    (line!(), column!(), Location::caller().line())
}
#[span(shape.run)]
#[track_caller]
fn here_tracked() -> (u32, u32) {
    (line!(), column!())
}

#[test]
fn n63_the_body_stands_where_the_user_wrote_it() {
    let first = line!() - 14;
    one_span(|| assert_eq!(here(), (first, 15, first)));
    one_span(|| assert_eq!(block_on(here_async()), (first + 4, 15, first + 4)));
    one_span(|| assert_eq!(here_tracked(), (first + 9, 15)));
}

// 25: functions for some processors, whose closures are for them too
#[cfg(target_arch = "x86_64")]
mod features {
    use telemetry::span;

    use crate::support::{one_span, shape};

    #[span(shape.run)]
    #[target_feature(enable = "sse2")]
    fn featured(a: u8) -> u8 {
        needs_the_feature(a)
    }
    #[span(shape.run)]
    #[target_feature(enable = "sse2")]
    unsafe fn unsafe_featured(a: u8) -> u8 {
        needs_the_feature(a)
    }
    #[target_feature(enable = "sse2")]
    fn needs_the_feature(a: u8) -> u8 {
        a
    }

    #[test]
    #[allow(unused_unsafe)]
    fn n25_target_features() {
        // SAFETY: every such processor has it.
        one_span(|| assert_eq!(unsafe { featured(1) }, 1));
        // SAFETY: as above.
        one_span(|| assert_eq!(unsafe { unsafe_featured(1) }, 1));
    }
}
