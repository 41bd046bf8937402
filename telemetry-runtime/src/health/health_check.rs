//! The description of a check: what is asked, how often, and what follows from it.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::verdict::{CheckReturn, Verdict};
use super::view::View;
use crate::error::Error;

/// The description of a health check; a [critical](Self::optional) one unless told otherwise.
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::{HealthCheck, Telemetry};
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) } }
/// # fn look_at_the_queue() -> Result<(), String> { Ok(()) }
/// # let pool = Pool;
///
/// let telemetry = Telemetry::builder()
///     .admin("127.0.0.1:0")
///     .check(HealthCheck::new("database", move || {
///         let pool = pool.clone();
///         async move { pool.ping().await }
///     }))
///     .check(HealthCheck::blocking("queue", look_at_the_queue).optional())
///     .start()?;
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a check that nobody was given does not run"]
pub struct HealthCheck {
    pub(super) name: Arc<str>,
    pub(super) kind: CheckKind,
    pub(super) is_critical: bool,
    pub(super) every: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) initial_delay: Duration,
    pub(super) stale_after: Option<Duration>,
    pub(super) failure_threshold: u32,
    pub(super) success_threshold: u32,
    pub(super) body: Body,
    pub(super) location: &'static Location<'static>,
}

/// What is asked.
#[derive(Clone)]
pub(super) enum Body {
    Blocking(Arc<dyn Fn(Duration) -> Verdict + Send + Sync>),
    /// On a Tokio runtime of the program, if one is named.
    Async(Arc<dyn Fn() -> Asking + Send + Sync>, Option<Handle>),
    /// The telemetry runtime about itself.
    Inside(fn(&View) -> Verdict),
}

/// A run of an asynchronous check.
pub(super) type Asking = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// What kind of thing a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CheckKind {
    /// A database.
    Database,
    /// A cache.
    Cache,
    /// Objects or files.
    Storage,
    /// A queue of messages.
    Queue,
    /// A server that speaks HTTP.
    Http,
    /// A server that accepts connections.
    Tcp,
    /// A disk.
    Disk,
    /// The process itself.
    Process,
    /// Something else.
    #[default]
    Custom,
}

impl HealthCheck {
    /// A function that gives a future. It is driven on a thread of its own, within the Tokio context
    /// of the telemetry runtime, so that one that blocks delays nobody, and dropped when it takes too
    /// long.
    ///
    /// The name is of letters, digits, `.`, `_` and `-`, and stands in the path of the check.
    #[track_caller]
    pub fn new<F, R>(name: impl Into<String>, ask: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output: CheckReturn> + Send + 'static,
    {
        let ask = move || -> Asking {
            let asking = ask();
            Box::pin(async move { asking.await.into_verdict() })
        };
        Self::with_body(name.into(), Body::Async(Arc::new(ask), None))
    }

    /// A function that may block. One that takes too long keeps its thread until it returns, as no
    /// thread can be ended from without, and is not called again before.
    #[track_caller]
    pub fn blocking<F, R>(name: impl Into<String>, ask: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: CheckReturn,
    {
        Self::blocking_within(name, move |_| ask())
    }

    /// As [`blocking`](Self::blocking), of a function that is told how long it may take, and returns by
    /// itself within that time: so it is run again at the next interval, however its server hangs.
    #[track_caller]
    pub fn blocking_within<F, R>(name: impl Into<String>, ask: F) -> Self
    where
        F: Fn(Duration) -> R + Send + Sync + 'static,
        R: CheckReturn,
    {
        let ask = move |limit| ask(limit).into_verdict();
        Self::with_body(name.into(), Body::Blocking(Arc::new(ask)))
    }

    #[track_caller]
    pub(super) fn inside(name: impl Into<String>, ask: fn(&View) -> Verdict) -> Self {
        Self::with_body(name.into(), Body::Inside(ask))
    }

    #[track_caller]
    fn with_body(name: String, body: Body) -> Self {
        Self {
            name: name.into(),
            kind: CheckKind::default(),
            is_critical: true,
            every: None,
            timeout: None,
            initial_delay: Duration::ZERO,
            stale_after: None,
            failure_threshold: 1,
            success_threshold: 1,
            body,
            location: Location::caller(),
        }
    }

    /// The program can serve without it: while it fails the program is
    /// [degraded](super::Readiness::Degraded), and gets work all the same.
    pub fn optional(mut self) -> Self {
        self.is_critical = false;
        self
    }

    /// What kind of thing it looks at.
    pub fn kind(mut self, kind: CheckKind) -> Self {
        self.kind = kind;
        self
    }

    /// The time from the begin of one run to that of the next, a tenth more or less; 10 s unless
    /// given, or what `TELEMETRY_HEALTH_INTERVAL` says.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// How long a run may take; 2 s unless given, or what `TELEMETRY_HEALTH_TIMEOUT` says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long after the start it runs first; at once unless given.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// How old a result may be to be believed; three intervals and a timeout unless given.
    pub fn stale_after(mut self, age: Duration) -> Self {
        self.stale_after = Some(age);
        self
    }

    /// How many runs in a row must fail until a check that passed fails; 1 unless given. The first
    /// run of all counts by itself. A prober has such a threshold too: both together are slow.
    pub fn failure_threshold(mut self, runs: u32) -> Self {
        self.failure_threshold = runs;
        self
    }

    /// How many runs in a row must pass until a check that failed passes; 1 unless given.
    pub fn success_threshold(mut self, runs: u32) -> Self {
        self.success_threshold = runs;
        self
    }

    /// Drives it as a task of this Tokio runtime: for pools, whose connections are of the runtime
    /// that opened them. One that blocks its thread blocks one of that runtime. Of a
    /// [blocking](Self::blocking) one this changes nothing.
    #[cfg(feature = "tokio")]
    pub fn on(mut self, runtime: Handle) -> Self {
        if let Body::Async(_, named) = &mut self.body {
            *named = Some(runtime);
        }
        self
    }

    /// Drives it as a task of the Tokio runtime within which this is called, as [`on`](Self::on) does;
    /// outside of any this changes nothing.
    #[cfg(feature = "tokio")]
    pub fn on_current(self) -> Self {
        match Handle::try_current() {
            Ok(runtime) => self.on(runtime),
            Err(_) => self,
        }
    }

    /// # Errors
    /// What of it cannot be.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { name, location, .. } = self;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let wrong = if name.is_empty() || !name.chars().all(is_plain) {
            "its name stands in a path: use letters, digits, `.`, `_` and `-`"
        } else if self.every.is_some_and(|every| every.as_millis() == 0) {
            "the shortest time that can be given to `.every(…)` is 1ms"
        } else if self.timeout.is_some_and(|timeout| timeout.as_millis() == 0) {
            "the shortest time that can be given to `.timeout(…)` is 1ms"
        } else if self.failure_threshold == 0 || self.success_threshold == 0 {
            "the lowest threshold is 1"
        } else {
            return Ok(());
        };
        Err(Error::configuration(format!(
            "the health check {name:?}, at {location}, cannot be kept: {wrong}"
        )))
    }
}

impl CheckKind {
    /// One word: `database`, `cache`, `storage`, `queue`, `http`, `tcp`, `disk`, `process` or
    /// `custom`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Storage => "storage",
            Self::Queue => "queue",
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Disk => "disk",
            Self::Process => "process",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("is_critical", &self.is_critical)
            .finish_non_exhaustive()
    }
}
