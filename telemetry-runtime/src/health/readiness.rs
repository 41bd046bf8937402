//! The words of health: states of the program, states of a check, and why.

use std::fmt;

use http::StatusCode;

/// Whether the program can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Readiness {
    /// It is not known yet, or the program has not said that it has started: 503.
    Starting,
    /// All is well: 200.
    Ready,
    /// It can serve, though not all is well: 200.
    Degraded,
    /// A critical check fails: 503.
    NotReady,
    /// It is about to end, and is to get no new work: 503.
    Draining,
}

/// What is known of a check, thresholds applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckStatus {
    /// It passes.
    Pass,
    /// It passes, but somebody should look.
    Warn,
    /// It fails.
    Fail,
}

/// Why a check does not pass: a closed set of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckReason {
    /// It has not ended in time.
    Timeout,
    /// It found a failure.
    Error,
    /// It panicked.
    Panic,
    /// It warns.
    Warning,
    /// What is known is too old to be believed.
    Stale,
    /// It has not run yet.
    NotRun,
}

impl Readiness {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::Starting, Self::Ready, Self::Degraded, Self::NotReady, Self::Draining];

    /// `starting`, `ready`, `degraded`, `not_ready` or `draining`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
            Self::Draining => "draining",
        }
    }

    /// Whether new work is welcome: `ready` and `degraded`.
    pub const fn is_serving(self) -> bool {
        matches!(self, Self::Ready | Self::Degraded)
    }

    /// 200 or 503.
    pub const fn status_code(self) -> StatusCode {
        if self.is_serving() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }
}

impl CheckStatus {
    /// `pass`, `warn` or `fail`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The word of a short answer: `ok`, `warning` or `failed`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "ok",
            Self::Warn => "warning",
            Self::Fail => "failed",
        }
    }

    /// As it is measured: 1, 0.5 or 0.
    pub(super) const fn value(self) -> f64 {
        match self {
            Self::Pass => 1.0,
            Self::Warn => 0.5,
            Self::Fail => 0.0,
        }
    }
}

impl CheckReason {
    /// `timeout`, `error`, `panic`, `warning`, `stale` or `not_run`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Warning => "warning",
            Self::Stale => "stale",
            Self::NotRun => "not_run",
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for CheckReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
