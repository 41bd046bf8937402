//! Polls that did not give their measurement: what is kept of it, and what is said.

use std::fmt;
use std::time::{Duration, SystemTime};

use telemetry::__private::{now, system_time};

use crate::log::Log;
use crate::panics;
use crate::vocabulary::runtime::runtime;

/// Why a poll did not give its measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollFailure {
    /// What kind of failure it was.
    pub kind: PollFailureKind,
    /// The error, or the panic's message.
    pub reason: String,
    /// When it failed.
    pub at: SystemTime,
}

/// How a poll can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PollFailureKind {
    /// It returned an error.
    Error,
    /// It panicked.
    Panic,
    /// It did not return in time.
    Timeout,
}

impl PollFailureKind {
    /// `error`, `panic` or `timeout`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for PollFailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl PollFailure {
    pub(super) fn new(kind: PollFailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), at: SystemTime::now() }
    }

    /// Executes `runtime.poller.failure`.
    pub(super) fn execute(&self, name: &str) {
        let monotonic = now();
        telemetry::execute!(
            runtime.poller.failure,
            {
                monotonic_time: Duration::from_nanos(monotonic),
                system_time: system_time(monotonic),
            },
            { name, kind: self.kind.as_str(), reason: &self.reason }
        );
    }
}

/// The operator's line when a poll begins to fail, and `removed` where that is its end.
pub(super) fn say_failed(log: &Log, name: &str, failure: &PollFailure, removed: bool) {
    let PollFailure { kind, reason, .. } = failure;
    let end = if removed { "; it is not polled any more" } else { "" };
    say(log, &format!("telemetry: the poll {name:?} failed ({kind}): {reason}{end}"));
}

/// The operator's line when a poll that failed works again.
pub(super) fn say_recovered(log: &Log, name: &str, failures: u64) {
    let times = if failures == 1 { "failure" } else { "failures" };
    say(log, &format!("telemetry: the poll {name:?} works again, after {failures} {times}"));
}

/// The sink is the user's; one that panics harms no poll.
fn say(log: &Log, line: &str) {
    let _ = panics::catch(|| log(line));
}
