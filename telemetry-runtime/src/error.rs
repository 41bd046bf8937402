//! The one error of this crate.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why the runtime did not start or stop.
///
/// The text names the input and the fix; the predicates tell the causes apart.
pub struct Error {
    cause: Cause,
}

enum Cause {
    Configuration {
        text: String,
    },
    AddressInUse {
        address: SocketAddr,
    },
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
    Conflict {
        text: String,
    },
    Unknown {
        text: String,
    },
    Registry {
        hint: String,
    },
    MissingCrate {
        package: String,
        linked: String,
    },
    Thread {
        source: io::Error,
    },
    #[cfg(unix)]
    Signals {
        source: io::Error,
    },
    Reporter {
        name: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    Stopped,
    NotSupervised {
        path: String,
        why: String,
    },
}

impl Error {
    pub(crate) fn configuration(text: impl Into<String>) -> Self {
        Cause::Configuration { text: text.into() }.into()
    }

    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Cause::AddressInUse { address }.into()
        } else {
            Cause::Bind { address, source }.into()
        }
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Cause::Conflict { text: text.into() }.into()
    }

    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Cause::Unknown { text: text.into() }.into()
    }

    pub(crate) fn empty_registry() -> Self {
        let hint = "the linker dropped the toolkit's lists of definitions: not even its own events are registered; check for a custom linker script, a linker that drops unreferenced sections, or, where crates are linked as a Rust `dylib`, the missing feature `dynamic` of telemetry-toolkit".into();
        Cause::Registry { hint }.into()
    }

    /// The facade is in one linked file, and who starts the runtime in another.
    pub(crate) fn divided_registry(library: &str, program: &str) -> Self {
        let hint = format!(
            "the toolkit is linked into {library}, and cannot find what {program} declares: enable the feature `dynamic` of telemetry-toolkit, which programs with a Rust `dylib` need"
        );
        Cause::Registry { hint }.into()
    }

    pub(crate) fn missing_crate<'l>(
        package: &str,
        linked: impl IntoIterator<Item = &'l str>,
    ) -> Self {
        let linked: Vec<&str> = linked.into_iter().collect();
        Cause::MissingCrate { package: package.into(), linked: linked.join(", ") }.into()
    }

    pub(crate) fn thread(source: io::Error) -> Self {
        Cause::Thread { source }.into()
    }

    #[cfg(unix)]
    pub(crate) fn signals(source: io::Error) -> Self {
        Cause::Signals { source }.into()
    }

    pub(crate) fn stopped() -> Self {
        Cause::Stopped.into()
    }

    pub(crate) fn not_supervised(path: &str, why: &str) -> Self {
        Cause::NotSupervised { path: path.into(), why: why.into() }.into()
    }

    /// A reporter's own failure, for implementations of [`Reporter`](crate::reporter::Reporter).
    pub fn reporter(
        name: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Cause::Reporter { name: name.into(), source: source.into() }.into()
    }

    /// A value of the builder or of the environment is not allowed.
    pub fn is_configuration(&self) -> bool {
        matches!(self.cause, Cause::Configuration { .. })
    }

    /// Another program listens on the address.
    pub fn is_address_in_use(&self) -> bool {
        matches!(self.cause, Cause::AddressInUse { .. })
    }

    /// What the program declares cannot be found, because of how it is linked.
    pub fn is_registry(&self) -> bool {
        matches!(self.cause, Cause::Registry { .. })
    }

    /// Nothing is linked of a crate that the program expects.
    pub fn is_missing_crate(&self) -> bool {
        matches!(self.cause, Cause::MissingCrate { .. })
    }

    /// A child that is not there, or not any more.
    pub fn is_not_supervised(&self) -> bool {
        matches!(self.cause, Cause::NotSupervised { .. })
    }

    /// Two declarations exclude each other.
    pub fn is_conflict(&self) -> bool {
        matches!(self.cause, Cause::Conflict { .. })
    }

    /// Nothing has the name that was given.
    pub fn is_unknown(&self) -> bool {
        matches!(self.cause, Cause::Unknown { .. })
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self { cause }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Configuration { text } | Cause::Conflict { text } | Cause::Unknown { text } => {
                f.write_str(text)
            }
            Cause::AddressInUse { address } => write!(
                f,
                "the admin listener cannot use {address}: another program listens there; choose another address with `.admin(…)` or TELEMETRY_BIND (port 0 takes a free one)"
            ),
            Cause::Bind { address, source } => write!(
                f,
                "the admin listener cannot use {address}: {source}; choose another address with `.admin(…)` or TELEMETRY_BIND"
            ),
            Cause::Registry { hint } => f.write_str(hint),
            Cause::MissingCrate { package, linked } => write!(
                f,
                "no vocabulary, no metric and no poll of the crate `{package}` is linked into this program: a crate that no code names is not linked, `use {} as _;` links it; linked are {linked}",
                package.replace('-', "_"),
            ),
            Cause::Thread { source } => {
                write!(f, "the runtime's thread could not be started: {source}")
            }
            #[cfg(unix)]
            Cause::Signals { source } => {
                write!(f, "SIGTERM and SIGINT cannot be heard: {source}")
            }
            Cause::Reporter { name, source } => write!(f, "the reporter {name:?} failed: {source}"),
            Cause::NotSupervised { path, why } => {
                write!(f, "the child {path:?} is not restarted: {why}")
            }
            Cause::Stopped => f.write_str("the runtime's thread has ended already"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "telemetry_runtime::Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Bind { source, .. } | Cause::Thread { source } => Some(source),
            #[cfg(unix)]
            Cause::Signals { source } => Some(source),
            Cause::Reporter { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
