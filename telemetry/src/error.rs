//! The one error of this crate.

use std::fmt;
use std::panic::Location;

/// What went wrong when a handler was attached or detached, an event or a metric was made, or a text
/// was read.
///
/// The text names the input and the fix; the predicates tell the causes apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    cause: Cause,
}

#[derive(Clone, PartialEq, Eq)]
enum Cause {
    AlreadyExists { id: String },
    NotFound { id: String },
    NoEvents { id: String },
    InvalidName { name: String, fault: &'static str },
    Declared { name: String },
    InvalidContext { text: String },
    InvalidMetric { metric: String, faults: String },
    MetricExists { metric: String, location: &'static Location<'static> },
}

impl Error {
    pub(crate) fn already_exists(id: &str) -> Self {
        Self { cause: Cause::AlreadyExists { id: id.to_owned() } }
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self { cause: Cause::NotFound { id: id.to_owned() } }
    }

    pub(crate) fn no_events(id: &str) -> Self {
        Self { cause: Cause::NoEvents { id: id.to_owned() } }
    }

    pub(crate) fn invalid_name(name: &str, fault: &'static str) -> Self {
        // An over-long name is told by its beginning.
        let name = name.chars().take(64).collect();
        Self { cause: Cause::InvalidName { name, fault } }
    }

    pub(crate) fn declared(name: &str) -> Self {
        Self { cause: Cause::Declared { name: name.to_owned() } }
    }

    pub(crate) fn invalid_context(text: &str) -> Self {
        // An over-long text is told by its beginning.
        let text = text.chars().take(64).collect();
        Self { cause: Cause::InvalidContext { text } }
    }

    /// At least one fault.
    pub(crate) fn invalid_metric(metric: &str, faults: &[String]) -> Self {
        Self {
            cause: Cause::InvalidMetric { metric: metric.to_owned(), faults: faults.join("; ") },
        }
    }

    pub(crate) fn metric_exists(metric: &str, location: &'static Location<'static>) -> Self {
        Self { cause: Cause::MetricExists { metric: metric.to_owned(), location } }
    }

    /// A metric that is made at run time breaks a rule; the text tells all that it breaks.
    pub fn is_invalid_metric(&self) -> bool {
        matches!(self.cause, Cause::InvalidMetric { .. })
    }

    /// A text is no `traceparent`.
    pub fn is_invalid_context(&self) -> bool {
        matches!(self.cause, Cause::InvalidContext { .. })
    }

    /// The name of a dynamic event, or of a metric that is made at run time, breaks the rule for names.
    pub fn is_invalid_name(&self) -> bool {
        matches!(self.cause, Cause::InvalidName { .. })
    }

    /// The name of a dynamic event is declared with `events!`.
    pub fn is_declared(&self) -> bool {
        matches!(self.cause, Cause::Declared { .. })
    }

    /// A handler with this id is attached already, or there is a metric of this name; nothing was
    /// changed.
    pub fn is_already_exists(&self) -> bool {
        matches!(self.cause, Cause::AlreadyExists { .. } | Cause::MetricExists { .. })
    }

    /// No handler with this id is attached.
    pub fn is_not_found(&self) -> bool {
        matches!(self.cause, Cause::NotFound { .. })
    }

    /// The list of events was empty, so that the handler would never run.
    pub fn is_no_events(&self) -> bool {
        matches!(self.cause, Cause::NoEvents { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::AlreadyExists { id } => write!(
                f,
                "a handler with the id {id:?} is attached already; detach it first or choose another id"
            ),
            Cause::NotFound { id } => write!(
                f,
                "no handler with the id {id:?} is attached; `telemetry::handlers(\"\")` lists all"
            ),
            Cause::InvalidName { name, fault } => write!(
                f,
                "the name {name:?} is not allowed: {fault}; names are segments joined by dots, as in \"plugin.jobs.done\""
            ),
            Cause::InvalidContext { text } => write!(
                f,
                "{text:?} is no traceparent; allowed is 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, ids in lower case and not all zero"
            ),
            Cause::InvalidMetric { metric, faults } => {
                write!(f, "the metric {metric:?} cannot be registered: {faults}")
            }
            Cause::MetricExists { metric, location } => write!(
                f,
                "there is a metric {metric:?} already, from {location}; choose another name"
            ),
            Cause::Declared { name } => write!(
                f,
                "the event `{name}` is declared with `events!`; name its static, or choose another name"
            ),
            Cause::NoEvents { id } => {
                write!(f, "the handler {id:?} was given no events; name at least one")
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "telemetry::Error({self})")
    }
}

impl std::error::Error for Error {}
