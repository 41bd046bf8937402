//! The cases: functions that are never inlined, each beside a baseline that is the same function
//! without telemetry.
//!
//! Events are of this file alone, so that a case is disabled unless its own handlers are attached.
//! Each program has this as a module, as an application has its own code: a library's statics are
//! reached through a table of addresses, which is one instruction more.

// each program uses some of it
#![allow(dead_code)]

use std::future::Future;
use std::hint::black_box;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

telemetry::events! {
    event bench.disabled { measurements { amount: u64 } metadata { region: &str, user: u64 } }
    event bench.one { measurements { amount: u64 } metadata { region: &str, user: u64 } }
    event bench.two { measurements { amount: u64 } metadata { region: &str, user: u64 } }
    event bench.by_name { measurements { amount: u64 } metadata { region: &str, user: u64 } }
    event bench.attached { measurements { amount: u64 } }
    span bench.silent { metadata { user: u64 } }
    span bench.heard { metadata { user: u64 } }
}

/// One measured function and what it is compared with, with their names.
pub struct Case {
    pub name: &'static str,
    pub measured: fn(u64) -> u64,
    pub baseline_name: &'static str,
    pub baseline: fn(u64) -> u64,
}

macro_rules! cases {
    ($($measured:ident over $baseline:ident,)*) => {
        &[$(Case {
            name: stringify!($measured),
            measured: $measured,
            baseline_name: stringify!($baseline),
            baseline: $baseline,
        },)*]
    };
}

/// Cases whose instructions are counted. What a future that is ready at once is compared with is a
/// plain function: without a span nothing else is left of it. One that is pending once is compared
/// with its like.
pub const COUNTED: &[Case] = cases![
    disabled_execute over baseline,
    disabled_span_sync over baseline,
    disabled_span_with_body over baseline_with_body,
    disabled_span_async over baseline,
    disabled_span_awaiting over baseline_awaiting,
    one_typed_handler over baseline_handler,
    two_typed_handlers over baseline_handler,
    one_handler_by_name over baseline_handler,
];

/// Cases that are timed beside those: they read the clock or allocate.
pub const TIMED: &[Case] = cases![
    attach_and_detach over baseline,
    span_with_one_handler over baseline,
];

/// Attaches the handlers of all cases; each does what [`baseline_handler`] does.
///
/// # Panics
/// If called twice.
pub fn attach() {
    telemetry::attach("one", &bench::one, (), |event, ()| {
        black_box(event.measurements.amount);
    })
    .unwrap();
    for id in ["two-1", "two-2"] {
        telemetry::attach(id, &bench::two, (), |event, ()| {
            black_box(event.measurements.amount);
        })
        .unwrap();
    }
    telemetry::attach_many("by-name", &[&bench::by_name], (), |event, ()| {
        black_box(event.measurements().get("amount"));
    })
    .unwrap();
    telemetry::attach("heard", &bench::heard::stop, (), |event, ()| {
        black_box(event.measurements.duration);
    })
    .unwrap();
}

#[inline(never)]
pub fn baseline(n: u64) -> u64 {
    n
}

#[inline(never)]
pub fn disabled_execute(n: u64) -> u64 {
    telemetry::execute!(bench.disabled, { amount: n }, { region: "eu", user: n });
    n
}

#[inline(never)]
#[telemetry::span(bench.silent, user = n)]
pub fn disabled_span_sync(n: u64) -> u64 {
    n
}

/// Something that the compiler cannot see through, as most functions do.
#[inline(never)]
fn work(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
pub fn baseline_with_body(n: u64) -> u64 {
    work(n) + 1
}

#[inline(never)]
#[telemetry::span(bench.silent, user = n)]
pub fn disabled_span_with_body(n: u64) -> u64 {
    work(n) + 1
}

#[telemetry::span(bench.silent, user = n)]
async fn instrumented(n: u64) -> u64 {
    n
}

/// Polls a future that is ready at once.
#[inline(always)]
pub fn now(future: impl Future<Output = u64>) -> u64 {
    let future = pin!(future);
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => 0,
    }
}

#[inline(never)]
pub fn disabled_span_async(n: u64) -> u64 {
    now(instrumented(n))
}

/// Is pending once.
struct Later(bool);

impl Future for Later {
    type Output = ();

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

async fn plain_awaiting(n: u64) -> u64 {
    Later(false).await;
    work(n) + 1
}

#[telemetry::span(bench.silent, user = n)]
async fn instrumented_awaiting(n: u64) -> u64 {
    Later(false).await;
    work(n) + 1
}

/// Polls a future that is pending once, as an executor does, which does not see into it.
#[inline(always)]
fn later(future: impl Future<Output = u64>) -> u64 {
    let mut future = pin!(future);
    let mut future: Pin<&mut dyn Future<Output = u64>> = black_box(future.as_mut());
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

#[inline(never)]
pub fn baseline_awaiting(n: u64) -> u64 {
    later(plain_awaiting(n))
}

#[inline(never)]
pub fn disabled_span_awaiting(n: u64) -> u64 {
    later(instrumented_awaiting(n))
}

#[inline(never)]
pub fn baseline_handler(n: u64) -> u64 {
    black_box(n);
    n
}

#[inline(never)]
pub fn one_typed_handler(n: u64) -> u64 {
    telemetry::execute!(bench.one, { amount: n }, { region: "eu", user: n });
    n
}

#[inline(never)]
pub fn two_typed_handlers(n: u64) -> u64 {
    telemetry::execute!(bench.two, { amount: n }, { region: "eu", user: n });
    n
}

#[inline(never)]
pub fn one_handler_by_name(n: u64) -> u64 {
    telemetry::execute!(bench.by_name, { amount: n }, { region: "eu", user: n });
    n
}

#[inline(never)]
pub fn attach_and_detach(n: u64) -> u64 {
    let attached = telemetry::attach("attached", &bench::attached, n, |_, _| {});
    black_box(attached.is_ok());
    black_box(telemetry::detach("attached").is_ok());
    n
}

#[inline(never)]
#[telemetry::span(bench.heard, user = n)]
pub fn span_with_one_handler(n: u64) -> u64 {
    n
}
