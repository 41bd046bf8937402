//! What the targets share: metrics that an input tells of, and readers of what the toolkit writes.
//!
//! The readers have nothing of the toolkit in them. What they read is held against what was measured,
//! which is kept apart from the store.

pub mod exposition;
pub mod protobuf;
pub mod story;
pub mod truth;
