//! [`object_store`](https://docs.rs/object_store) beside the toolkit: health checks of S3 and other
//! stores, with the feature `health`. No store is switched on here.

#[cfg(feature = "health")]
pub mod health;
