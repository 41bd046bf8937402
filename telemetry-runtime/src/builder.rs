//! What the application says before the runtime starts.

use std::fmt;
use std::io::IsTerminal;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::admin::{Listener, Mounts};
use crate::config;
use crate::definitions;
use crate::error::Error;
use crate::exposition;
use crate::handle::{self, Telemetry};
use crate::log::{self, Log};
use crate::phase::Phases;
use crate::poller::{self, Poll, Poller};
use crate::process::{Heap, Process};
use crate::recorder::Recorder;
use crate::reporter::{Reporter, Start};
use crate::self_check;
use crate::service::Service;
use crate::start_report::StartReport;
use crate::store::snapshot::{Metric, Snapshots};
use crate::store::{Limits, Plan, Store};
use crate::supervisor::{Child, Supervisor, Surroundings};
use crate::tree;
use crate::vitals;
use crate::worker::Worker;

/// Builds a [`Telemetry`]; made by [`Telemetry::builder`].
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    service: Service,
    admin: String,
    reporters: Vec<Box<dyn Reporter>>,
    application: Vec<Child>,
    polls: Vec<Poll>,
    process: Process,
    poll_every: Duration,
    expected_crates: Vec<String>,
    limits: Limits,
    log: Log,
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
            service: Service::default(),
            admin: config::DEFAULT_BIND.into(),
            reporters: Vec::new(),
            application: Vec::new(),
            polls: Vec::new(),
            process: Process::default(),
            poll_every: poller::DEFAULT_EVERY,
            expected_crates: Vec::new(),
            limits: Limits::default(),
            log: log::standard_error(),
        }
    }

    /// The application's name and version: `.service("shop", env!("CARGO_PKG_VERSION"))`.
    pub fn service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.service = Service::new(name.into(), version.into());
        self
    }

    /// Where the admin listener listens: 127.0.0.1:9568 unless given. `TELEMETRY_BIND` wins over it;
    /// `TELEMETRY_BIND=off` opens none. Port 0 takes a free one.
    pub fn admin(mut self, address: impl Into<String>) -> Self {
        self.admin = address.into();
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

    /// The period of polls that have none of their own; 10 s unless given.
    pub fn poll_every(mut self, every: Duration) -> Self {
        self.poll_every = every;
        self
    }

    /// Measures a Tokio runtime of the application: its workers, tasks and queue (`vm.tokio`), and how
    /// long a new task waits (`vm.event_loop`). May be said of several.
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
    /// overflow series of the metric, and are counted.
    ///
    /// A series of a counter with one short tag takes about 150 bytes and 70 more for each thread that
    /// feeds it. Tags take their texts more, once and in each thread: with two, and one thread,
    /// `cargo xtask bench` finds about 260 bytes, and 450 of a distribution with ten buckets.
    pub fn series_limit(mut self, per_metric: usize, per_process: usize) -> Self {
        self.limits = Limits { per_metric, per_process };
        self
    }

    /// Where operator lines go, one call a line; standard error unless given.
    pub fn log(mut self, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Arc::new(sink);
        self
    }

    /// Finds all metrics of the program, opens the admin listener and starts reporting.
    ///
    /// # Errors
    /// One for each cause: an address in use or malformed, two metrics with one exposition name, two
    /// events of one name with different fields, two children or two polls of one name, a poll without
    /// time between its calls, an expected crate that is not linked, definitions
    /// that the linker dropped, a reporter that cannot start, no thread to be had. Nothing is left
    /// running then.
    #[track_caller]
    pub fn start(mut self) -> Result<Telemetry, Error> {
        self_check::registry(Location::caller())?;
        self_check::twins()?;
        self_check::expected(&self.expected_crates)?;
        let plan = Plan::declared();
        exposition::check(plan.metrics())?;
        let application = self.application.iter().cloned();
        application.fold(Supervisor::builder("application"), Supervisor::child).check()?;
        if self.process.executors.is_empty() {
            self.process.executors.extend(Handle::try_current());
        }
        let mut polls = self.process.polls();
        polls.extend(self.polls);
        let poller = Poller::new(telemetry::declared_polls(), polls, self.poll_every)?;
        let bind = config::bind(&self.admin, |name| std::env::var_os(name))?;

        let store = Arc::new(Store::new(plan.clone(), self.limits));
        let snapshots = Snapshots::new({
            let store = store.clone();
            move || vitals::snapshot(&store)
        });
        let mut mounts = Mounts::default();
        let mut start =
            Start { service: &self.service, snapshots: &snapshots, mounts: &mut mounts };
        for reporter in &mut self.reporters {
            reporter.start(&mut start)?;
        }
        let listener = bind.map(Listener::bind).transpose()?;
        let address = listener.as_ref().map(Listener::address);

        telemetry::install_panic_hook();
        let recorder = Recorder::attach(&plan, &store)?;
        telemetry::attach_declared().map_err(|error| {
            Error::conflict(format!(
                "a handler declared with `#[telemetry::handler]` was not attached: {error}"
            ))
        })?;
        let report = StartReport::new(&self.service, address, &mounts, &self.reporters, &store);
        report.write(&*self.log, std::io::stderr().is_terminal());
        for line in definitions::unheard(store.metrics().map(Metric::definition)) {
            (self.log)(&line);
        }
        let worker = Worker::new();
        Telemetry::run(handle::Parts {
            admin: address,
            polls: poller.polls().clone(),
            root: tree::root(tree::Parts {
                listener,
                mounts: Arc::new(mounts),
                reporters: self.reporters,
                poller,
                worker: worker.clone(),
                application: self.application,
                snapshots: snapshots.clone(),
                store: store.clone(),
                log: self.log.clone(),
            }),
            snapshots,
            store,
            recorder,
            worker,
            surroundings: Surroundings { log: self.log, phases: Phases::new() },
        })
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
