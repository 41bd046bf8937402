//! The description of a child: what runs, and under which terms.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Supervisor;
use super::machine::Terms;
use super::outcome::{ChildResult, Outcome, outcome};
use super::policy::Restart;
use crate::stop::Stop;

/// How long a task or a thread may take to stop, unless it is given.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// The description of a child of a [`Supervisor`]: a task, a thread, or another supervisor.
///
/// It is started anew from its function at each restart. Permanent unless told otherwise, and given
/// five seconds to stop; a supervisor is given as long as its own children take.
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::{Child, Restart, Stop};
///
/// let import = Child::task("import", |stop: Stop| async move {
///     // … until it is done, or until `stop.requested().await` …
///     Ok::<(), std::io::Error>(())
/// })
/// .restart(Restart::Transient)
/// .stop_within(Duration::from_secs(1));
/// ```
#[derive(Clone)]
#[must_use = "a child that nobody supervises does not run"]
pub struct Child {
    pub(super) name: String,
    /// What a shutdown report calls it.
    pub(super) label: Option<String>,
    restart: Restart,
    stop_within: Option<Duration>,
    pub(super) body: Body,
    /// Where it is described.
    pub(super) location: &'static Location<'static>,
}

/// What runs.
#[derive(Clone)]
pub(super) enum Body {
    Task(Arc<dyn Fn(Stop) -> Running + Send + Sync>),
    Thread(Arc<dyn Fn(Stop) -> Outcome + Send + Sync>),
    Supervisor(Arc<Supervisor>),
}

/// A run of a task.
pub(super) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Child {
    /// An asynchronous task. It runs on the runtime's thread, and must not block it: what blocks is
    /// a [`thread`](Child::thread).
    ///
    /// `start` is called for each run. A panic is a failure, as an `Err` is.
    #[track_caller]
    pub fn task<F, T>(name: impl Into<String>, start: F) -> Self
    where
        F: Fn(Stop) -> T + Send + Sync + 'static,
        T: Future<Output: ChildResult> + Send + 'static,
    {
        let start = move |stop: Stop| -> Running {
            let task = start(stop);
            Box::pin(async move { outcome(task.await) })
        };
        Self::new(name.into(), Some(STOP_WITHIN), Body::Task(Arc::new(start)))
    }

    /// A thread of its own.
    ///
    /// `run` is called for each run. A panic is a failure, as an `Err` is. A thread that does not
    /// stop in time goes on, as no thread can be ended from without; where it is restarted there are
    /// two of them.
    #[track_caller]
    pub fn thread<F, R>(name: impl Into<String>, run: F) -> Self
    where
        F: Fn(Stop) -> R + Send + Sync + 'static,
        R: ChildResult,
    {
        let run = move |stop: Stop| outcome(run(stop));
        Self::new(name.into(), Some(STOP_WITHIN), Body::Thread(Arc::new(run)))
    }

    #[track_caller]
    fn new(name: String, stop_within: Option<Duration>, body: Body) -> Self {
        Self {
            name,
            label: None,
            restart: Restart::Permanent,
            stop_within,
            body,
            location: Location::caller(),
        }
    }

    /// Whether it is started again when it has ended.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How long it may take to stop. Then it is abandoned: a task is dropped, a thread is left to
    /// itself.
    pub fn stop_within(mut self, limit: Duration) -> Self {
        self.stop_within = Some(limit);
        self
    }

    /// What a shutdown report calls it, in place of its path.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(super) fn terms(&self) -> Terms {
        Terms { restart: self.restart, stop_within: self.stop_within }
    }
}

impl From<Supervisor> for Child {
    #[track_caller]
    fn from(supervisor: Supervisor) -> Self {
        let name = supervisor.name.clone();
        Self::new(name, None, Body::Supervisor(Arc::new(supervisor)))
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.body {
            Body::Task(_) => "task",
            Body::Thread(_) => "thread",
            Body::Supervisor(supervisor) => return fmt::Debug::fmt(supervisor, f),
        };
        write!(f, "{kind} {:?} ({:?})", self.name, self.restart)
    }
}
