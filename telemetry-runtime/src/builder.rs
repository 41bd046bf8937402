//! What the application says before the runtime starts.

use std::ffi::OsString;
use std::fmt;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::admin::{self, Listener, Mounts};
use crate::config::{Configuration, Environment, Settings};
use crate::definitions;
use crate::error::Error;
use crate::exposition;
use crate::handle::{self, Telemetry};
use crate::health::{self, Health, HealthCheck, HealthOptions, Reports};
use crate::limits;
use crate::log::{self, Log};
use crate::phase::Phases;
use crate::poller::{self, Poll, Poller};
use crate::process::{Heap, Process};
use crate::recorder::Recorder;
use crate::reporter::{self, Reporter, Start};
use crate::self_check;
use crate::service::{self, Attributes, Service};
use crate::start_report::StartReport;
use crate::store::snapshot::{Metric, Snapshots};
use crate::store::{Limits, Plan, Store};
use crate::supervisor::{Child, Supervisor, Surroundings};
use crate::tree;
use crate::variables::variables;
use crate::vitals;
use crate::worker::Worker;

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

    /// Adds a health check; [`Health::add`] adds one later.
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
    /// `cargo xtask bench` finds about 260 bytes, and 450 of a distribution with ten buckets.
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

    /// Finds all metrics of the program, opens the admin listener and starts reporting.
    ///
    /// # Errors
    /// One for each cause: values of the [environment](crate::config) that cannot be used, all at once, an address in use or malformed, two metrics with one exposition name, two
    /// events of one name with different fields, two children, two polls or two health checks of one name, a poll without
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
        let Configured {
            service,
            bind,
            limits,
            poll_every,
            times,
            policy,
            configuration,
            warnings,
        } = self.configure()?;
        if self.process.executors.is_empty() {
            self.process.executors.extend(Handle::try_current());
        }
        let executors = self.process.executors.clone();
        let mut polls = self.process.polls();
        polls.extend(self.polls);
        let poller = Poller::new(telemetry::declared_polls(), polls, poll_every)?;

        let store = Arc::new(Store::new(plan.clone(), limits));
        let snapshots = Snapshots::new({
            let store = store.clone();
            move || vitals::snapshot(&store)
        });
        // A sink of the program's own is no terminal.
        let is_terminal = self.log.is_none() && std::io::stderr().is_terminal();
        let log = self.log.unwrap_or_else(log::standard_error);
        let phases = Phases::new();
        let health = Health::new(health::Parts {
            times,
            policy,
            service: service.clone(),
            executors,
            phases: phases.clone(),
            log: log.clone(),
        });
        let mut mounts = Mounts::default();
        let surroundings = Surroundings { log: log.clone(), phases };
        let (reporters, metrics) = (&mut self.reporters, plan.metrics());
        let started =
            start_reporters(reporters, metrics, &snapshots, &service, &surroundings, &mut mounts)?;
        health.open_with(self.checks, &mut mounts)?;
        let listener = bind.map(Listener::bind).transpose()?;
        let address = listener.as_ref().map(Listener::address);

        telemetry::install_panic_hook();
        let recorder = Recorder::attach(&plan, &store)?;
        telemetry::attach_declared().map_err(|error| {
            Error::conflict(format!(
                "a handler declared with `#[telemetry::handler]` was not attached: {error}"
            ))
        })?;
        let mut report = StartReport::new(service, address, store.metrics().len());
        report.mounted(&mounts);
        let names = self.reporters.iter().map(|reporter| reporter.name().to_owned());
        report.reporters(names.collect(), started.destinations);
        report.twins(definitions::twins());
        report.warn(warnings);
        report.warn(definitions::unheard(store.metrics().map(Metric::definition)));
        report.write(&*log, is_terminal);

        let worker = Worker::new();
        let reports = Reports::default();
        Telemetry::run(handle::Parts {
            configuration,
            admin: address,
            polls: poller.polls().clone(),
            root: tree::root(tree::Parts {
                listener,
                mounts: Arc::new(mounts),
                reporters: self.reporters.into_iter().zip(started.snapshots).collect(),
                beside: started.beside,
                poller,
                worker: worker.clone(),
                health: health.clone(),
                reports: reports.clone(),
                application: self.application,
                store: store.clone(),
                log,
            }),
            snapshots,
            store,
            recorder,
            worker,
            health,
            reports,
            surroundings,
        })
    }

    /// Reads what operators say; reporters that they do not want are gone afterwards.
    fn configure(&mut self) -> Result<Configured, Error> {
        let environment = self.environment.take().unwrap_or_else(Environment::of_the_process);
        let mut settings = Settings::new(environment);
        let service = Service::configured(&mut settings, &self.service);
        let setter = "the address given to `.admin(…)`";
        let bind = settings.read_or_text(&admin::BIND, setter, self.admin.as_deref()).address();
        let limits = limits::configured(&mut settings, self.limits);
        let poll_every = settings.read(&poller::EVERY, self.poll_every);
        let (times, policy) = std::mem::take(&mut self.health).configured(&mut settings);
        let is_disabled = settings.read(&reporter::DISABLED, None);
        if is_disabled {
            self.reporters.clear();
        }
        for reporter in &mut self.reporters {
            reporter.configure(&mut settings);
        }
        let (configuration, mut warnings) = settings.finish(variables())?;
        if is_disabled {
            warnings.push("OTEL_SDK_DISABLED is true: there are no reporters".into());
        }
        Ok(Configured { service, bind, limits, poll_every, times, policy, configuration, warnings })
    }
}

/// What reporters said when they were started.
struct Started {
    /// The snapshots that each is handed.
    snapshots: Vec<Snapshots>,
    /// What runs beside them.
    beside: Vec<Child>,
    /// Who sends where to.
    destinations: Vec<(String, String)>,
}

/// Starts all reporters, each with the metrics that it selects.
fn start_reporters(
    reporters: &mut [Box<dyn Reporter>],
    metrics: &[Arc<Metric>],
    snapshots: &Snapshots,
    service: &Service,
    Surroundings { log, phases }: &Surroundings,
    mounts: &mut Mounts,
) -> Result<Started, Error> {
    let mut started =
        Started { snapshots: Vec::new(), beside: Vec::new(), destinations: Vec::new() };
    for reporter in reporters {
        let (metrics, selected) = reporter.selection().of(reporter.name(), metrics, snapshots)?;
        let mut start = Start {
            service,
            metrics: &metrics,
            snapshots: &selected,
            mounts,
            destinations: Vec::new(),
            children: Vec::new(),
            phases,
            log,
        };
        reporter.start(&mut start)?;
        let Start { children, destinations, .. } = start;
        let name = reporter.name();
        started.beside.extend(children);
        started.destinations.extend(destinations.into_iter().map(|to| (name.to_owned(), to)));
        started.snapshots.push(selected);
    }
    Ok(started)
}

/// What holds after the environment was read.
struct Configured {
    service: Service,
    bind: Option<SocketAddr>,
    limits: Limits,
    poll_every: Duration,
    times: health::Times,
    policy: health::Policy,
    configuration: Configuration,
    warnings: Vec<String>,
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
