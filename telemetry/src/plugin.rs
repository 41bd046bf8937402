//! Definitions that are handed over while the program runs.
//!
//! Who needs this: nobody whose crates are linked into the program, and no plugin that shares this
//! crate with the program, as Rust `dylib`s do (feature `dynamic`): opening it registers what it
//! declares. A `cdylib` has a copy of this crate of its own, and neither side sees the other's
//! definitions, handlers or executions; it may run a runtime of its own.
//!
//! What is handed over must stay loaded for the rest of the process.

use crate::attachments;
use crate::metric::MetricGroup;
use crate::registry::{self, Vocabulary};

/// Adds a vocabulary, unless it is registered. Handlers that are attached by name to an event that it
/// declares too hear it from now on.
#[doc(hidden)]
pub fn register(vocabulary: &'static Vocabulary) {
    registry::add_vocabulary(vocabulary);
    attachments::adopt(vocabulary.events());
}

/// Adds a group of metrics, unless it is registered. Runtimes that are started later measure them.
#[doc(hidden)]
pub fn register_metrics(group: &'static MetricGroup) {
    registry::add_group(group);
}
