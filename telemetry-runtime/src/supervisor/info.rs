//! A child as it is shown.

use std::fmt;
use std::panic::Location;
use std::time::SystemTime;

use telemetry::{ExceptionKind, PanicLocation};

use super::policy::{Intensity, Strategy};

/// A child at a moment, with what is below it; the root of all by
/// [`Telemetry::supervision`](crate::Telemetry::supervision).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name, unique below its supervisor.
    pub name: String,
    /// The names from the root down to it, joined by `/`.
    pub path: String,
    /// Where it is described.
    pub location: &'static Location<'static>,
    /// Task, thread or supervisor.
    pub kind: ChildKind,
    /// What it is doing.
    pub state: ChildState,
    /// Since when.
    pub since: SystemTime,
    /// How often it was started again, with its supervisor or without.
    pub restarts: u64,
    /// Of a supervisor: the restarts below it that count towards its intensity.
    pub recent_restarts: usize,
    /// How often it has failed.
    pub failures: u64,
    /// How it failed last.
    pub last_failure: Option<ChildFailure>,
    /// How many of its runs did not stop when they were told to, and still go on.
    pub abandoned: u64,
    /// Its children, in the order of their start.
    pub children: Vec<ChildInfo>,
}

/// What kind of child it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildKind {
    /// An asynchronous task.
    Task,
    /// A thread.
    Thread,
    /// A supervisor.
    Supervisor {
        /// Which children it restarts when one fails.
        strategy: Strategy,
        /// When it gives up.
        intensity: Intensity,
    },
}

/// What a child is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildState {
    /// It was not started yet.
    New,
    /// It runs.
    Running,
    /// It was told to stop.
    Stopping,
    /// It is started again at this time.
    Waiting {
        /// When the backoff is over.
        until: SystemTime,
    },
    /// Its work is done, and it is not to be started again.
    Done,
    /// It failed, and is not to be started again.
    Failed,
    /// It was told to stop, and did.
    Stopped,
    /// It was told to stop, and did not in time.
    Abandoned,
}

/// How a child failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildFailure {
    /// An error, a panic, or cancelled where it did not stop in time.
    pub kind: ExceptionKind,
    /// The error, or the panic's message.
    pub reason: String,
    /// Where it panicked.
    pub location: Option<PanicLocation>,
    /// When.
    pub at: SystemTime,
}

impl ChildInfo {
    /// The child with this path, if it is this one or below.
    pub fn find(&self, path: &str) -> Option<&Self> {
        if self.path == path {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(path))
    }
}

impl ChildState {
    /// One word: `new`, `running`, `stopping`, `waiting`, `done`, `failed`, `stopped` or `abandoned`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Waiting { .. } => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for ChildState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ChildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)?;
        self.location.as_ref().map_or(Ok(()), |location| write!(f, " at {location}"))
    }
}
