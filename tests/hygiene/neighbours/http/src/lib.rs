//! A crate that happens to be called `http`.

/// Something of it.
pub const NAME: &str = "http";
