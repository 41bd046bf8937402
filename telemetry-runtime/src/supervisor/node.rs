//! The tree of supervisors and children as it stands: written by the drivers, read by whoever looks.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use telemetry::{ExceptionKind, PanicLocation};
use tokio::sync::mpsc::UnboundedSender;

use super::Supervisor;
use super::child::{Body, Child};
use super::machine::Rules;
use super::outcome::Failure;
use super::policy::{Intensity, Strategy};

/// One child, or the root, while the tree lives.
#[derive(Debug)]
pub(crate) struct Node {
    name: String,
    /// The names from the root down.
    path: Arc<str>,
    label: String,
    location: &'static Location<'static>,
    kind: ChildKind,
    children: Vec<Arc<Node>>,
    status: Mutex<Status>,
    /// Whether a poll of its task runs at this moment.
    is_polled: AtomicBool,
    /// Runs that were abandoned and go on.
    abandoned: AtomicU64,
}

#[derive(Debug)]
struct Status {
    state: ChildState,
    since: SystemTime,
    restarts: u64,
    /// When it restarted children, within its intensity's period.
    recent_restarts: VecDeque<Instant>,
    failures: u64,
    last_failure: Option<ChildFailure>,
    /// What the end of the program cut off, as the end of a sentence.
    cut: Option<String>,
    /// Where a supervisor takes requests for the restart of a child, by its place.
    requests: Option<UnboundedSender<usize>>,
}

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
    /// How often it was started again.
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

impl Node {
    /// The tree of a root supervisor.
    #[track_caller]
    pub(crate) fn root(supervisor: &Supervisor) -> Arc<Self> {
        let name = supervisor.name.clone();
        Self::supervisor(supervisor, name, None, Location::caller())
    }

    fn supervisor(
        supervisor: &Supervisor,
        path: String,
        label: Option<String>,
        location: &'static Location<'static>,
    ) -> Arc<Self> {
        let children = supervisor.children.iter().map(|child| {
            let path = format!("{path}/{}", child.name);
            let Child { name, location, .. } = child;
            let label = child.label.clone();
            let kind = match &child.body {
                Body::Supervisor(inner) => return Self::supervisor(inner, path, label, location),
                Body::Task(_) => ChildKind::Task,
                Body::Thread(_) => ChildKind::Thread,
            };
            Self::new(name, path, label, location, kind, Vec::new())
        });
        let children = children.collect();
        let Rules { strategy, intensity, .. } = supervisor.rules;
        let kind = ChildKind::Supervisor { strategy, intensity };
        Self::new(&supervisor.name, path, label, location, kind, children)
    }

    fn new(
        name: &str,
        path: String,
        label: Option<String>,
        location: &'static Location<'static>,
        kind: ChildKind,
        children: Vec<Arc<Self>>,
    ) -> Arc<Self> {
        let status = Status {
            state: ChildState::New,
            since: SystemTime::now(),
            restarts: 0,
            recent_restarts: VecDeque::new(),
            failures: 0,
            last_failure: None,
            cut: None,
            requests: None,
        };
        Arc::new(Self {
            name: name.to_owned(),
            label: label.unwrap_or_else(|| format!("the child {path:?}")),
            path: path.into(),
            location,
            kind,
            children,
            status: Mutex::new(status),
            is_polled: AtomicBool::new(false),
            abandoned: AtomicU64::new(0),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> &Arc<str> {
        &self.path
    }

    pub(super) fn location(&self) -> &'static Location<'static> {
        self.location
    }

    pub(super) fn child(&self, place: usize) -> &Arc<Self> {
        &self.children[place]
    }

    /// The tree at this moment; each child by itself, so that a child may be a step ahead of another.
    pub(crate) fn info(&self) -> ChildInfo {
        let mut status = self.status();
        let info = ChildInfo {
            name: self.name.clone(),
            path: self.path.to_string(),
            location: self.location,
            kind: self.kind,
            state: status.state,
            since: status.since,
            restarts: status.restarts,
            recent_restarts: self.recent(&mut status).len(),
            failures: status.failures,
            last_failure: status.last_failure.clone(),
            abandoned: self.abandoned.load(Ordering::Relaxed),
            children: Vec::new(),
        };
        drop(status);
        ChildInfo { children: self.children.iter().map(|child| child.info()).collect(), ..info }
    }

    /// Asks for the restart of the child with this path, if there is one. Gives whether its
    /// supervisor runs and will see to it.
    pub(crate) fn request_restart(&self, path: &str) -> Option<bool> {
        for (place, child) in self.children.iter().enumerate() {
            if *child.path == *path {
                let requests = self.status().requests.clone();
                return Some(requests.is_some_and(|requests| requests.send(place).is_ok()));
            }
            if let Some(asked) = child.request_restart(path) {
                return Some(asked);
            }
        }
        None
    }

    /// What an end at this moment cuts off, one sentence each, in the order of stopping.
    pub(crate) fn cut(&self) -> Vec<String> {
        let mut cut: Vec<String> =
            self.children.iter().rev().flat_map(|child| child.cut()).collect();
        let status = self.status();
        let is_supervisor = matches!(self.kind, ChildKind::Supervisor { .. });
        if is_supervisor && !cut.is_empty() {
            // It is enough to name its children.
        } else if let Some(rest) = &status.cut {
            cut.push(format!("{}{rest}", self.label));
        } else if !is_supervisor
            && matches!(status.state, ChildState::Running | ChildState::Stopping)
        {
            cut.push(format!("{} took too long", self.label));
        }
        cut
    }

    /// The child whose task is being polled at this moment.
    pub(crate) fn polled(&self) -> Option<&str> {
        let is_supervisor = matches!(self.kind, ChildKind::Supervisor { .. });
        if self.is_polled.load(Ordering::Relaxed) && !is_supervisor {
            return Some(&self.label);
        }
        self.children.iter().find_map(|child| child.polled())
    }

    /// To be dropped when the poll that begins now has ended.
    pub(super) fn poll(&self) -> Polled<'_> {
        self.is_polled.store(true, Ordering::Relaxed);
        Polled { node: self }
    }

    pub(super) fn count_abandoned(&self) {
        self.abandoned.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn discount_abandoned(&self) {
        self.abandoned.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn started(&self, restarts: u64) {
        let mut status = self.status();
        status.state = ChildState::Running;
        status.since = SystemTime::now();
        status.restarts = restarts;
        status.cut = None;
    }

    pub(crate) fn set_state(&self, state: ChildState) {
        let mut status = self.status();
        if status.state != state {
            status.state = state;
            status.since = SystemTime::now();
        }
    }

    /// Of a child, towards the intensity.
    pub(super) fn count_restart(&self) {
        let mut status = self.status();
        self.recent(&mut status).push_back(Instant::now());
    }

    /// The restarts within the intensity's period.
    fn recent<'s>(&self, status: &'s mut Status) -> &'s mut VecDeque<Instant> {
        let period = match self.kind {
            ChildKind::Supervisor { intensity, .. } => intensity.period(),
            ChildKind::Task | ChildKind::Thread => Duration::ZERO,
        };
        status.recent_restarts.retain(|at| at.elapsed() < period);
        &mut status.recent_restarts
    }

    pub(super) fn failed(&self, failure: &Failure) {
        let Failure { kind, reason, location } = failure.clone();
        let mut status = self.status();
        status.failures += 1;
        status.last_failure = Some(ChildFailure { kind, reason, location, at: SystemTime::now() });
    }

    /// `rest` ends a sentence that begins with the child.
    pub(super) fn set_cut(&self, rest: impl Into<String>) {
        self.status().cut = Some(rest.into());
    }

    pub(super) fn take_requests(&self, requests: Option<UnboundedSender<usize>>) {
        self.status().requests = requests;
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Polled<'n> {
    node: &'n Node,
}

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.node.is_polled.store(false, Ordering::Relaxed);
    }
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
