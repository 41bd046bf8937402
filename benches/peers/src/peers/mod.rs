//! The peers, one file each: a function for each row that the peer can do.
//!
//! Each does what its own documentation shows for such a program, with the fastest of what it offers.

pub mod emit;
pub mod fast_telemetry;
pub mod fastrace;
pub mod hotpath;
pub mod measured;
pub mod metrics;
pub mod opentelemetry;
pub mod prometheus;
pub mod prometheus_client;
pub mod tracing;
pub mod yardstick;
