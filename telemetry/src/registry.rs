//! What the whole program declares, gathered by the linker.
//!
//! Each `events!` and each `metrics!` block adds one pointer to a distributed slice, from whatever
//! crate it stands in. The slices' names carry the version that may break compatibility, since
//! linkme tells slices apart by name alone: two such versions of this crate in one program then
//! have two slices.

// linkme's `#[link_section]`.
#![allow(unsafe_code)]

use std::fmt;

use linkme::distributed_slice;

use crate::event::AnyEvent;
use crate::metric::MetricGroup;
use crate::span::AnySpan;

/// One `events!` block.
#[derive(Clone, Copy)]
pub struct Vocabulary {
    crate_name: &'static str,
    crate_version: &'static str,
    module: &'static str,
    events: &'static [&'static AnyEvent],
    spans: &'static [&'static AnySpan],
}

impl Vocabulary {
    #[doc(hidden)]
    pub const fn new(
        crate_name: &'static str,
        crate_version: &'static str,
        module: &'static str,
        events: &'static [&'static AnyEvent],
        spans: &'static [&'static AnySpan],
    ) -> Self {
        Self { crate_name, crate_version, module, events, spans }
    }

    /// The package that declares it.
    pub const fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// That package's version.
    pub const fn crate_version(&self) -> &'static str {
        self.crate_version
    }

    /// The path of the module that declares it.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The declared events, the three of each span among them.
    pub const fn events(&self) -> &'static [&'static AnyEvent] {
        self.events
    }

    /// The declared spans.
    pub const fn spans(&self) -> &'static [&'static AnySpan] {
        self.spans
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vocabulary({}, {} events)", self.module, self.events.len())
    }
}

#[doc(hidden)]
#[distributed_slice]
#[linkme(crate = linkme)]
pub static __TELEMETRY_EVENTS_V0_1: [&'static Vocabulary];

#[doc(hidden)]
#[distributed_slice]
#[linkme(crate = linkme)]
pub static __TELEMETRY_METRICS_V0_1: [&'static MetricGroup];

/// The package's name, or the crate's where cargo does not build it.
#[doc(hidden)]
pub const fn crate_name(package: Option<&'static str>, module: &'static str) -> &'static str {
    match package {
        Some(package) => package,
        None => module,
    }
}

/// The package's version, or nothing where cargo does not build it.
#[doc(hidden)]
pub const fn crate_version(version: Option<&'static str>) -> &'static str {
    match version {
        Some(version) => version,
        None => "",
    }
}

/// The vocabularies of all crates that are linked into this program.
///
/// A crate that is only in `Cargo.toml` and never named in code is not linked: `use that_crate as _;`
/// links it. This crate's own vocabulary is always there; an empty list means that the linker dropped
/// the slices.
pub fn vocabularies() -> impl ExactSizeIterator<Item = &'static Vocabulary> {
    __TELEMETRY_EVENTS_V0_1.iter().copied()
}

/// The metrics of all crates that are linked into this program, by `metrics!` block.
pub fn metric_groups() -> impl ExactSizeIterator<Item = &'static MetricGroup> {
    __TELEMETRY_METRICS_V0_1.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_vocabulary_is_registered() {
        let own = vocabularies().find(|vocabulary| vocabulary.crate_name() == "telemetry-toolkit");
        let names: Vec<_> = own.expect("linked").events().iter().map(|e| e.name()).collect();
        assert_eq!(names, ["telemetry.handler.failure"]);
    }
}
