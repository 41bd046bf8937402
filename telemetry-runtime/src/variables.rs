//! All variables that this crate reads, whether or not a program has the part that does.
//!
//! `docs/configuration.md` lists them, and a test compares it.

use crate::admin;
use crate::config::AnyVariable;
use crate::limits;
use crate::poller;
use crate::reporter::{self, console, statsd};
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
    ALL
}

static ALL: &[&dyn AnyVariable] = &[
    &service::NAME,
    &service::ATTRIBUTES,
    &reporter::DISABLED,
    &admin::BIND,
    &poller::EVERY,
    &limits::PER_METRIC,
    &limits::PER_PROCESS,
    &console::NO_COLOR,
    &statsd::variables::ADDRESS,
    &statsd::variables::DIALECT,
    &statsd::variables::EVERY,
    &statsd::variables::PREFIX,
    &statsd::variables::TAGS,
    &statsd::variables::PACKET_SIZE,
];
