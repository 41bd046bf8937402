//! A crate that happens to be called `tokio`.

/// Something of it.
pub const NAME: &str = "tokio";
