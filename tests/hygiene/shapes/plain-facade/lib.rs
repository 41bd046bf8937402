//! The facade with an attribute that does nothing in place of `#[span]`.

pub use facade::*;
pub use plain_attribute::span;
