//! The table of rows: what is timed, and who does it.

use crate::contender::{Contender, Requests};
use crate::ours;
use crate::peers::{
    emit, fast_telemetry, fastrace, hotpath, measured, metrics, opentelemetry, prometheus,
    prometheus_client, tracing, yardstick,
};
use crate::traffic;

/// One row: a piece of work, and everybody who does it.
pub struct Row {
    pub name: &'static str,
    /// What is done, for who reads the page.
    pub about: &'static str,
    pub requests: fn() -> Requests,
    pub threads: usize,
    pub contenders: &'static [fn() -> Contender],
}

pub const DISABLED: &str = "disabled event";
pub const DISABLED_SPAN: &str = "disabled span";
pub const COUNTER: &str = "untagged counter";
pub const COUNTER_2_THREADS: &str = "untagged counter, 2 threads";
pub const TAGGED: &str = "tagged counter";
pub const SCATTERED: &str = "tagged counter, texts anywhere";
pub const KNOWN: &str = "tagged counter, values known at the start";
pub const DISTRIBUTION: &str = "tagged distribution";
pub const FOUR: &str = "counter + sum + distribution + summary";
pub const SPAN: &str = "span + distribution + counter";
pub const ASYNC_SPAN: &str = "async span + distribution + counter";
pub const HANDLER: &str = "one handler";

const COUNTERS: &[fn() -> Contender] = &[
    yardstick::fetch_add,
    yardstick::thread_local_cell,
    ours::counter,
    prometheus::counter,
    prometheus_client::counter,
    measured::counter,
    fast_telemetry::counter,
    opentelemetry::bound_counter,
    opentelemetry::counter,
    metrics::counter_handle,
    metrics::counter,
    tracing::counter,
];

const TAGGED_COUNTERS: &[fn() -> Contender] = &[
    ours::tagged_counter,
    prometheus::tagged_counter,
    prometheus_client::tagged_counter,
    measured::tagged_counter,
    fast_telemetry::tagged_counter,
    opentelemetry::tagged_counter,
    metrics::tagged_counter,
    tracing::tagged_counter,
];

/// In this order: what is disabled comes before anything is installed.
pub const ROWS: &[Row] = &[
    Row {
        name: DISABLED,
        about: "An event with two fields that nothing listens to.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[ours::disabled, tracing::disabled, emit::disabled, metrics::disabled],
    },
    Row {
        name: DISABLED_SPAN,
        about: "A function with an attribute that nothing listens to. `hotpath` is switched off when \
                it is compiled, and costs nothing then.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            ours::disabled_span,
            tracing::disabled_span,
            fastrace::disabled_span,
            emit::disabled_span,
        ],
    },
    Row {
        name: COUNTER,
        about: "One counter without tags, by each in the form that it has for it.",
        requests: traffic::requests,
        threads: 1,
        contenders: COUNTERS,
    },
    Row {
        name: COUNTER_2_THREADS,
        about: "The same counter from two threads at once; nanoseconds of the slower one.",
        requests: traffic::requests,
        threads: 2,
        contenders: COUNTERS,
    },
    Row {
        name: TAGGED,
        about: "A route out of 20 and a status out of 5, given at the call.",
        requests: traffic::requests,
        threads: 1,
        contenders: TAGGED_COUNTERS,
    },
    Row {
        name: SCATTERED,
        about: "The same with each route's text at 64 addresses, so that no address tells a text.",
        requests: traffic::scattered,
        threads: 1,
        contenders: TAGGED_COUNTERS,
    },
    Row {
        name: KNOWN,
        about: "Route and status are enums, and each does what it can make of that.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            ours::known_counter,
            prometheus::known_counter,
            prometheus_client::known_counter,
            measured::known_counter,
            fast_telemetry::known_counter,
            opentelemetry::known_counter,
            metrics::known_counter,
        ],
    },
    Row {
        name: DISTRIBUTION,
        about: "10 buckets that all are hit; a route and a status given at the call.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            ours::tagged_distribution,
            prometheus::tagged_distribution,
            prometheus_client::tagged_distribution,
            measured::tagged_distribution,
            fast_telemetry::tagged_distribution,
            opentelemetry::tagged_distribution,
            metrics::tagged_distribution,
            tracing::tagged_distribution,
        ],
    },
    Row {
        name: FOUR,
        about: "One event here, four updates at the peers; a route and a status. Peers without a \
                summary update a second histogram for it.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            ours::four_updates,
            prometheus::four_updates,
            prometheus_client::four_updates,
            measured::four_updates,
            fast_telemetry::four_updates,
            opentelemetry::four_updates,
            metrics::four_updates,
            tracing::four_updates,
        ],
    },
    Row {
        name: SPAN,
        about: "A function of next to nothing: timed, its time in a distribution, its calls in a \
                counter, both by route and status. Those that only trace or have no tags are shown \
                and not compared with.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            yardstick::two_clock_reads,
            yardstick::two_system_clock_reads,
            ours::span,
            prometheus::span,
            prometheus_client::span,
            measured::span,
            opentelemetry::span,
            metrics::span,
            tracing::span,
            tracing::bare_span,
            fastrace::span,
            emit::span,
            hotpath::span,
        ],
    },
    Row {
        name: ASYNC_SPAN,
        about: "The same for a future that is pending once, polled to its end where it stands.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            yardstick::two_clock_reads,
            ours::async_span,
            prometheus::async_span,
            prometheus_client::async_span,
            measured::async_span,
            opentelemetry::async_span,
            metrics::async_span,
            tracing::async_span,
            tracing::bare_async_span,
            fastrace::async_span,
            emit::async_span,
            hotpath::async_span,
        ],
    },
    Row {
        name: HANDLER,
        about: "One handler attached at run time, which reads one measurement.",
        requests: traffic::requests,
        threads: 1,
        contenders: &[
            yardstick::handler_body,
            ours::typed_handler,
            ours::handler_by_name,
            tracing::handler,
            emit::handler,
        ],
    },
];
