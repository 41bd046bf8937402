//! How a run of a child ended.

use std::error::Error;
use std::fmt;

use telemetry::{ExceptionKind, PanicLocation};

use crate::panics::Panic;

/// What a run gave: nothing, or why it failed.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `cancelled` where the child did not stop in time.
    pub(crate) kind: ExceptionKind,
    pub(crate) reason: String,
    pub(crate) location: Option<PanicLocation>,
}

impl Failure {
    pub(crate) fn error(reason: impl Into<String>) -> Self {
        Self { kind: ExceptionKind::Error, reason: reason.into(), location: None }
    }

    pub(crate) fn abandoned() -> Self {
        let reason = "it did not stop in time".into();
        Self { kind: ExceptionKind::Cancelled, reason, location: None }
    }
}

impl From<Panic> for Failure {
    fn from(panic: Panic) -> Self {
        let Panic { reason, location } = panic;
        Self { kind: ExceptionKind::Panic, reason, location }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            ExceptionKind::Panic => "panicked: ",
            ExceptionKind::Error => "failed: ",
            _ => "",
        };
        write!(f, "{verb}{}", self.reason)?;
        self.location.as_ref().map_or(Ok(()), |location| write!(f, " at {location}"))
    }
}

/// What a child's task or thread may return: nothing, or a `Result` whose error is a failure.
#[diagnostic::on_unimplemented(
    message = "a supervised task or thread cannot return `{Self}`",
    note = "it returns nothing, or a `Result<(), E>` whose error is a `std::error::Error` or a text"
)]
pub trait ChildResult {
    #[doc(hidden)]
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>>;
}

impl ChildResult for () {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        None
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> ChildResult for Result<(), E> {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.err().map(Into::into)
    }
}

/// What never returns: `loop { … }`.
impl ChildResult for Never {
    fn into_error(self) -> Option<Box<dyn Error + Send + Sync>> {
        self
    }
}

/// The type `!`, which has no name of its own in stable Rust.
type Never = <fn() -> ! as Returns>::Value;

#[doc(hidden)]
pub trait Returns {
    type Value;
}

impl<T> Returns for fn() -> T {
    type Value = T;
}

/// An error becomes one line, with those of its sources that it does not name itself.
pub(super) fn outcome(result: impl ChildResult) -> Outcome {
    let Some(error) = result.into_error() else { return Ok(()) };
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !reason.contains(&text) {
            reason.push_str(": ");
            reason.push_str(&text);
        }
        source = error.source();
    }
    Err(Failure::error(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_failures_with_their_sources() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no port")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }

        assert_eq!(outcome(()), Ok(()));
        assert_eq!(outcome(Ok::<(), Outer>(())), Ok(()));
        assert_eq!(outcome(Err::<(), _>("plain text")), Err(Failure::error("plain text")));
        let failure = outcome("x".parse::<u8>().map(drop).map_err(Outer)).unwrap_err();
        assert_eq!(failure.to_string(), "failed: no port: invalid digit found in string");
    }
}
