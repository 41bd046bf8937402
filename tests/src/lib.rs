//! What the tests across the crates share.
//!
//! A test that talks to a real server is written as
//!
//! ```text
//! #[test]
//! #[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
//! fn prometheus_totals_equal_what_the_load_tool_sent() {}
//! ```
//!
//! so that `cargo test` alone shows it as ignored, and `cargo xtask test`, which installs the
//! servers first, runs it. Tests that take minutes use the cfg `long_tests` in the same way.

pub mod allocation;
pub mod architecture;
pub mod cargo;
pub mod client_model;
pub mod components;
pub mod definitions;
pub mod etsy_statsd;
pub mod exposition;
pub mod futures;
pub mod hey;
pub mod http;
pub mod linkage;
pub mod netdata;
pub mod otlp_receiver;
pub mod postgres;
pub mod process;
pub mod prometheus;
pub mod promtool;
pub mod receivers;
pub mod redis;
pub mod rotel;
pub mod s3;
pub mod statsd;
pub mod stopping;
pub mod victoria_metrics;
pub mod vocabulary;
pub mod wait;

#[cfg(test)]
mod small_server;
