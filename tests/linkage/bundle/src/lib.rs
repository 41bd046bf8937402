//! Everything that changes rarely, as one dynamic library: programs link again in no time.

pub use {linkage_library, telemetry, telemetry_runtime};
