//! [Redis](https://docs.rs/redis) beside the toolkit: health checks, with the feature `health`.

#[cfg(feature = "health")]
pub mod health;
