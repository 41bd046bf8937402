//! A task as it is listed.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use telemetry::SpanContext;

/// A tracked task that has not ended, as [`tasks`](super::tasks) lists it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TaskInfo {
    /// A number that no other tracked task of the process has had.
    pub id: u64,
    /// The name that it was given.
    pub name: String,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// The span that it was spawned in.
    pub parent: Option<SpanContext>,
    /// What it does.
    pub state: TaskState,
    /// For how long it has done that.
    pub in_state: Duration,
    /// The time since it was spawned.
    pub age: Duration,
    /// The number of its polls that have ended.
    pub polls: u64,
    /// The number of polls that were asked for while it was being polled, by itself as a rule.
    pub self_wakes: u64,
    /// The time that it was polled for.
    pub busy: Duration,
    /// The time that it could go on and waited for the executor.
    pub scheduled: Duration,
    /// The time that it waited for something to happen.
    pub idle: Duration,
    /// The longest of its polls, the present one included.
    pub longest_poll: Duration,
    /// The bytes that its future takes.
    pub size: usize,
    /// Tokio's id of the task, once it was polled there.
    #[cfg(feature = "tokio")]
    pub tokio_id: Option<tokio::task::Id>,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It waits for something to happen.
    Idle,
    /// It could go on, and waits for the executor.
    Scheduled,
    /// It is being polled.
    Running,
}

impl TaskState {
    /// `idle`, `scheduled` or `running`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
