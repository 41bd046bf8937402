//! What the application says before the runtime starts.

mod start;

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "tokio")]
use tokio::runtime::Handle;

use crate::config::Environment;
use crate::handle::Telemetry;
use crate::health::{HealthCheck, HealthOptions};
use crate::log::Log;
use crate::poller::Poll;
use crate::process::{Heap, Process};
use crate::reporter::Reporter;
use crate::service::{self, Attributes};
use crate::store::Limits;
use crate::supervisor::Child;

/// Builds a [`Telemetry`]; made by [`Telemetry::builder`].
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    service: Attributes,
    admin: Option<String>,
    reporters: Vec<Box<dyn Reporter>>,
    application: Vec<Child>,
    polls: Vec<Poll>,
    checks: Vec<HealthCheck>,
    health: HealthOptions,
    process: Process,
    poll_every: Option<Duration>,
    expected_crates: Vec<String>,
    limits: Option<Limits>,
    environment: Option<Environment>,
    log: Option<Log>,
}

impl Telemetry {
    /// Begins to describe a runtime.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            service: Attributes::default(),
            admin: None,
            reporters: Vec::new(),
            application: Vec::new(),
            polls: Vec::new(),
            checks: Vec::new(),
            health: HealthOptions::new(),
            process: Process::default(),
            poll_every: None,
            expected_crates: Vec::new(),
            limits: None,
            environment: None,
            log: None,
        }
    }

    /// The application's name and version: `.service("shop", env!("CARGO_PKG_VERSION"))`.
    /// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over it.
    pub fn service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.service.set(service::NAME_KEY.into(), name.into());
        self.service.set(service::VERSION_KEY.into(), version.into());
        self
    }

    /// Another attribute of the application, as OpenTelemetry names them:
    /// `.attribute("deployment.environment.name", "production")`. `OTEL_RESOURCE_ATTRIBUTES` wins over
    /// it, key by key.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.service.set(key.into(), value.into());
        self
    }

    /// Where the admin listener listens: 127.0.0.1:9568 unless given. Port 0 takes a free one, `off`
    /// opens none. `TELEMETRY_BIND` wins over it.
    pub fn admin(mut self, address: impl Into<String>) -> Self {
        self.admin = Some(address.into());
        self
    }

    /// Adds a reporter.
    pub fn reporter(mut self, reporter: impl Reporter) -> Self {
        self.reporters.push(Box::new(reporter));
        self
    }

    /// Puts a task, a thread or a tree of the program's own under supervision: it is started with the
    /// runtime, after those before it, restarted when it fails, and stopped at the shutdown.
    ///
    /// ```
    /// use telemetry_runtime::{Child, Telemetry};
    ///
    /// let telemetry = Telemetry::builder()
    ///     .admin("127.0.0.1:0")
    ///     .supervise(Child::task("cleanup", |stop| async move {
    ///         // … once in a while, until …
    ///         stop.requested().await;
    ///     }))
    ///     .start()?;
    /// # Ok::<(), telemetry_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn supervise(mut self, child: impl Into<Child>) -> Self {
        self.application.push(child.into());
        self
    }

    /// Adds a poll, beside those that are declared with `#[telemetry::poll]`.
    pub fn poll(mut self, poll: Poll) -> Self {
        self.polls.push(poll);
        self
    }

    /// The period of polls that have none of their own; 10 s unless given. `TELEMETRY_POLL_EVERY` wins
    /// over it.
    pub fn poll_every(mut self, every: Duration) -> Self {
        self.poll_every = Some(every);
        self
    }

    /// Adds a health check; [`Health::add`](crate::Health::add) adds one later.
    pub fn check(mut self, check: HealthCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// What holds of health as a whole: what may be seen by whom, and when the program is dead.
    pub fn health(mut self, options: HealthOptions) -> Self {
        self.health = options;
        self
    }

    /// Measures a Tokio runtime of the application: its workers, tasks and queue (`vm.tokio`), and how
    /// long a new task waits (`vm.event_loop`). Liveness judges it: the program is dead while it runs
    /// nothing. May be said of several.
    ///
    /// Unless it is said of any, that is the one within which [`start`](Self::start) is called.
    #[cfg(feature = "tokio")]
    pub fn tokio(mut self, runtime: Handle) -> Self {
        self.process.executors.push(runtime);
        self
    }

    /// Measures the threads of these names together (`vm.thread_info`), as in
    /// `.threads(["tokio-rt-worker"])`. The system keeps the first 15 bytes of a name.
    pub fn threads<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.process.threads.extend(names.into_iter().map(Into::into));
        self
    }

    /// Where to ask for what the allocator knows of the heap (`vm.memory`).
    pub fn heap(mut self, ask: impl Fn() -> Heap + Send + 'static) -> Self {
        self.process.heap = Some(Box::new(ask));
        self
    }

    /// Refuses to start unless an event, a metric or a poll of this package is linked into the program.
    ///
    /// What crates declare is found by itself, but a crate that is only in `Cargo.toml`, and that no
    /// code names, is not linked: `use that_crate as _;` links it.
    pub fn expect_crate(mut self, package: impl Into<String>) -> Self {
        self.expected_crates.push(package.into());
        self
    }

    /// How many series there may be: of each metric that has no `series_limit` of its own, 2,000
    /// unless given, and of all metrics together, 10,000 unless given. Past a limit values go to one
    /// overflow series of the metric, and are counted. `TELEMETRY_SERIES_PER_METRIC` and
    /// `TELEMETRY_MAX_SERIES` win over it.
    ///
    /// A series of a counter with one short tag takes about 150 bytes and 70 more for each thread that
    /// feeds it. Tags take their texts more, once and in each thread: with two, and one thread,
    /// `cargo xtask bench` finds about 240 bytes, and 420 of a distribution with ten buckets.
    pub fn series_limit(mut self, per_metric: usize, per_process: usize) -> Self {
        self.limits = Some(Limits { per_metric, per_process });
        self
    }

    /// Reads these [variables](crate::config) in place of the process's environment, which tests cannot
    /// set without disturbing others.
    pub fn environment<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Where operator lines go, one call a line; standard error unless given.
    pub fn log(mut self, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(sink));
        self
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("service", &self.service)
            .field("admin", &self.admin)
            .field("reporters", &self.reporters.iter().map(|r| r.name()).collect::<Vec<_>>())
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}
