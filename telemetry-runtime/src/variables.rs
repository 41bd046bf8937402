//! All variables that this crate reads, whether or not a program has the part that does.
//!
//! `docs/configuration.md` lists them, and a test compares it.

use std::sync::LazyLock;

use crate::admin;
use crate::config::AnyVariable;
use crate::health;
use crate::limits;
use crate::poller;
use crate::reporter::{self, statsd};
use crate::service;

/// All variables of the environment that this crate reads, whether or not the program has the part
/// that does; those of [reporters](crate::reporter::Reporter::configure) elsewhere are not among them.
///
/// ```
/// for variable in telemetry_runtime::variables() {
///     println!("{}: {}", variable.name(), variable.summary());
/// }
/// ```
pub fn variables() -> &'static [&'static dyn AnyVariable] {
    static ALL: LazyLock<Vec<&'static dyn AnyVariable>> = LazyLock::new(|| {
        let parts: [&[&dyn AnyVariable]; 2] = [
            OF_ALL,
            #[cfg(feature = "otlp")]
            reporter::OTLP_VARIABLES,
            #[cfg(not(feature = "otlp"))]
            &[],
        ];
        parts.concat()
    });
    &ALL
}

/// Of the parts that every program has.
static OF_ALL: &[&dyn AnyVariable] = &[
    &service::NAME,
    &service::ATTRIBUTES,
    &reporter::DISABLED,
    &reporter::PROMETHEUS_CREATED,
    &reporter::PROMETHEUS_LABEL_BYTES,
    &admin::BIND,
    &poller::EVERY,
    &limits::PER_METRIC,
    &limits::PER_PROCESS,
    &statsd::variables::ADDRESS,
    &statsd::variables::DIALECT,
    &statsd::variables::EVERY,
    &statsd::variables::PREFIX,
    &statsd::variables::TAGS,
    &statsd::variables::PACKET_SIZE,
    &health::INTERVAL,
    &health::TIMEOUT,
    &health::STALL,
    &health::DETAILS,
    &health::DRAIN_DELAY,
    &health::DRAIN_TIMEOUT,
    &health::KUBERNETES,
];
