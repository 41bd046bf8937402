//! [sqlx](https://docs.rs/sqlx) beside the toolkit: health checks of its pools, with the feature
//! `health`. Whatever database a pool is of, no feature of sqlx is switched on here.

#[cfg(feature = "health")]
pub mod health;
