//! The runtime's own events, one block a root.

pub(crate) mod health;
pub(crate) mod runtime;
pub(crate) mod vm;
