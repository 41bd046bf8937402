//! What a run of a check found.

use std::fmt;

/// What a run of a check found. Texts are for operators: who may not see them is not shown them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Pass,
    /// It works, but somebody should look.
    Warn(String),
    /// It does not work.
    Fail(String),
}

/// What a check may return: nothing, a [`Verdict`], or a `Result` whose error fails the check.
#[diagnostic::on_unimplemented(
    message = "a health check cannot return `{Self}`",
    label = "says neither pass nor fail",
    note = "return `()`, a `Verdict`, or a `Result` of those whose error can be displayed"
)]
pub trait CheckReturn {
    #[doc(hidden)]
    fn into_verdict(self) -> Verdict;
}

impl CheckReturn for () {
    fn into_verdict(self) -> Verdict {
        Verdict::Pass
    }
}

impl CheckReturn for Verdict {
    fn into_verdict(self) -> Verdict {
        self
    }
}

impl<T: CheckReturn, E: fmt::Display> CheckReturn for Result<T, E> {
    fn into_verdict(self) -> Verdict {
        match self {
            Ok(found) => found.into_verdict(),
            Err(error) => Verdict::Fail(error.to_string()),
        }
    }
}
