//! What one `events!` block declares.

use std::fmt;

use crate::event::AnyEvent;
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
