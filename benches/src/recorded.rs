//! The cases with a store behind: what an event costs that metrics are measured of, once its series
//! exist.
//!
//! Each case executes the same series again and again, with values that go to the same bucket, so that
//! its count is the same in each run. The bounds are seconds, and no span lasts one: it may be counted
//! or timed alike.

use std::hint::black_box;
use std::time::Duration;

use telemetry_runtime::Telemetry;

use crate::cases::{Case, baseline, baseline_handler, now};

telemetry::events! {
    event recorded.untagged { measurements { amount: u64 } }
    event recorded.texts { measurements { amount: u64 } metadata { region: &str, route: &str } }
    event recorded.enums { measurements { amount: u64 } metadata { region: Region, route: Route } }
    event recorded.distributed { measurements { amount: u64 } metadata { region: &str, route: &str } }
    event recorded.exponential { measurements { amount: u64 } metadata { region: &str, route: &str } }
    event recorded.summarized { measurements { amount: u64 } metadata { region: &str, route: &str } }
    event recorded.overflowed { measurements { amount: u64 } metadata { region: &str, route: &str } }
    event recorded.four { measurements { amount: u64 } metadata { region: &str, route: &str } }
    span recorded.span { metadata { region: &str, route: &str } }
    span recorded.future { metadata { region: &str, route: &str } }
}

telemetry::metrics! {
    counter(recorded.untagged.count);
    counter(recorded.texts.count, tags = [region, route]);
    counter(recorded.enums.count, tags = [region, route]);
    distribution(recorded.distributed.amount, tags = [region, route],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    distribution(recorded.exponential.amount, tags = [region, route]);
    summary(recorded.summarized.amount, tags = [region, route]);
    counter(recorded.overflowed.count, tags = [region, route], series_limit = 1);
    counter(recorded.four.count, tags = [region, route]);
    sum(recorded.four.amount, tags = [region, route]);
    distribution(recorded.four.amount, name = recorded.four.amounts, tags = [region, route],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    summary(recorded.four.amount, name = recorded.four.summary, tags = [region, route]);
    distribution(recorded.span.stop.duration, unit = native => second, tags = [region, route],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    counter(recorded.span.stop.count, tags = [region, route]);
    distribution(recorded.future.stop.duration, unit = native => second, tags = [region, route],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    counter(recorded.future.stop.count, tags = [region, route]);
}

/// Tags that have a dense index.
#[expect(dead_code, reason = "the same series is executed again and again")]
#[derive(Debug, Clone, Copy, telemetry::Tag)]
pub enum Region {
    Africa,
    Europe,
}

#[expect(dead_code, reason = "as above")]
#[derive(Debug, Clone, Copy, telemetry::Tag)]
pub enum Route {
    Orders,
    Payments,
}

const REGION: &str = "europe";
const ROUTE: &str = "/orders/{id}/payments";
const AMOUNT: u64 = 30;

pub const COUNTED: &[Case] = cases![
    recorded_counter over baseline_handler,
    recorded_counter_of_texts over baseline_handler,
    recorded_counter_of_enums over baseline_handler,
    recorded_distribution over baseline_handler,
    recorded_exponential over baseline_handler,
    recorded_summary over baseline_handler,
    recorded_overflow over baseline_handler,
    recorded_four over baseline_handler,
    recorded_span_sync over baseline,
    recorded_span_async over baseline,
];

/// Starts a runtime that leaves the program alone while it counts.
///
/// # Panics
/// Where it does not start.
pub fn start() -> Telemetry {
    let builder = Telemetry::builder().admin("127.0.0.1:0").poll_every(Duration::from_hours(1));
    let telemetry = builder.log(|_| {}).start().expect("the runtime starts");
    // the one series that there may be
    telemetry::execute!(recorded.overflowed, { amount: AMOUNT }, { region: "africa", route: ROUTE });
    telemetry
}

#[inline(never)]
pub fn recorded_counter(n: u64) -> u64 {
    telemetry::execute!(recorded.untagged, { amount: n });
    n
}

#[inline(never)]
pub fn recorded_counter_of_texts(n: u64) -> u64 {
    telemetry::execute!(recorded.texts, { amount: n }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
pub fn recorded_counter_of_enums(n: u64) -> u64 {
    let (region, route) = black_box((Region::Europe, Route::Payments));
    telemetry::execute!(recorded.enums, { amount: n }, { region, route });
    n
}

#[inline(never)]
pub fn recorded_distribution(n: u64) -> u64 {
    let amount = black_box(AMOUNT);
    telemetry::execute!(recorded.distributed, { amount }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
pub fn recorded_exponential(n: u64) -> u64 {
    let amount = black_box(AMOUNT);
    telemetry::execute!(recorded.exponential, { amount }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
pub fn recorded_summary(n: u64) -> u64 {
    let amount = black_box(AMOUNT);
    telemetry::execute!(recorded.summarized, { amount }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
pub fn recorded_overflow(n: u64) -> u64 {
    telemetry::execute!(recorded.overflowed, { amount: n }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
pub fn recorded_four(n: u64) -> u64 {
    let amount = black_box(AMOUNT);
    telemetry::execute!(recorded.four, { amount }, { region: REGION, route: ROUTE });
    n
}

#[inline(never)]
#[telemetry::span(recorded.span, region = REGION, route = ROUTE)]
pub fn recorded_span_sync(n: u64) -> u64 {
    n
}

#[telemetry::span(recorded.future, region = REGION, route = ROUTE)]
async fn instrumented(n: u64) -> u64 {
    n
}

#[inline(never)]
pub fn recorded_span_async(n: u64) -> u64 {
    now(instrumented(n))
}
