//! From what the application has said to what runs.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Builder;
use crate::admin::{self, Listener, Mounts};
use crate::config::{Configuration, Environment, Settings};
use crate::definitions;
use crate::error::Error;
use crate::exposition;
use crate::handle::{self, Telemetry};
use crate::health::{self, Health, Reports};
use crate::limits;
use crate::log;
use crate::phase::Phases;
use crate::poller::{self, Poller};
use crate::recorder::Recorder;
use crate::reporter::{self, Reporter, Start};
use crate::self_check;
use crate::service::Service;
use crate::start_report::StartReport;
use crate::store::snapshot::{Metric, Snapshots};
use crate::store::{Limits, Plan, Store};
use crate::supervisor::{Child, Supervisor, Surroundings};
use crate::tree;
use crate::variables::variables;
use crate::vitals;
use crate::worker::Worker;

impl Builder {
    /// Finds all metrics of the program, opens the admin listener and starts reporting.
    ///
    /// # Errors
    /// One for each cause: values of the [environment](crate::config) that cannot be used, all at once,
    /// an address in use or malformed, two metrics with one exposition name, two events of one name
    /// with different fields, two children, two polls or two health checks of one name, a poll without
    /// time between its calls, an expected crate that is not linked, definitions that the linker
    /// dropped, a reporter that cannot start, no thread to be had. Nothing is left running then.
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
