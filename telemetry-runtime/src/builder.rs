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
use crate::handle::{Parts, Telemetry};
use crate::log::{self, Log};
use crate::poller::{self, Poll, Poller};
use crate::process::{Heap, Process};
use crate::recorder::Recorder;
use crate::reporter::{Reporter, Start};
use crate::self_check;
use crate::service::Service;
use crate::start_report::StartReport;
use crate::store::Store;
use crate::store::snapshot::{Metric, Snapshots};

/// Builds a [`Telemetry`]; made by [`Telemetry::builder`].
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    service: Service,
    admin: String,
    reporters: Vec<Box<dyn Reporter>>,
    polls: Vec<Poll>,
    process: Process,
    poll_every: Duration,
    expected_crates: Vec<String>,
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
            polls: Vec::new(),
            process: Process::default(),
            poll_every: poller::DEFAULT_EVERY,
            expected_crates: Vec::new(),
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

    /// Where operator lines go, one call a line; standard error unless given.
    pub fn log(mut self, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Arc::new(sink);
        self
    }

    /// Finds all metrics of the program, opens the admin listener and starts reporting.
    ///
    /// # Errors
    /// One for each cause: an address in use or malformed, two metrics with one exposition name, two
    /// events of one name with different fields, two polls of one
    /// name, a period of no time, an expected crate that is not linked, definitions
    /// that the linker dropped, a reporter that cannot start, no thread to be had. Nothing is left
    /// running then.
    #[track_caller]
    pub fn start(mut self) -> Result<Telemetry, Error> {
        self_check::registry(Location::caller())?;
        self_check::twins()?;
        self_check::expected(&self.expected_crates)?;
        let metrics = Metric::declared();
        exposition::check(&metrics)?;
        if self.process.executors.is_empty() {
            self.process.executors.extend(Handle::try_current());
        }
        let mut polls = self.process.polls();
        polls.extend(self.polls);
        let poller = Poller::new(telemetry::declared_polls(), polls, self.poll_every)?;
        let bind = config::bind(&self.admin, |name| std::env::var_os(name))?;

        let store = Arc::new(Store::new(metrics));
        let snapshots = Snapshots::new({
            let store = store.clone();
            move || store.snapshot()
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
        let recorder = Recorder::attach(store.metrics(), store.clone())
            .map_err(|error| Error::conflict(format!("the recorder was not attached: {error}")))?;
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
        Telemetry::run(Parts {
            admin: address,
            listener,
            mounts: Arc::new(mounts),
            reporters: self.reporters,
            snapshots,
            recorder,
            poller,
            log: self.log,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("service", &self.service)
            .field("admin", &self.admin)
            .field("reporters", &self.reporters.iter().map(|r| r.name()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
