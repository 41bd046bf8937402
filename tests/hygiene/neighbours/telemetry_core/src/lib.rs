//! A crate that happens to be called `telemetry_core`.

/// Something of it.
pub const NAME: &str = "telemetry_core";
