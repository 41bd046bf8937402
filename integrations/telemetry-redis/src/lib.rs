//! [Redis](https://docs.rs/redis) beside the toolkit: [health checks](health), with the feature `health`.

#[cfg(feature = "health")]
pub mod health;
