//! The handle: what is known, who may ask, and what the application says of itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::entry::Entry;
use super::health_check::HealthCheck;
use super::heartbeat::{Heartbeat, Liveness};
use super::notice::{self, Change};
use super::options::{DrainTimes, Policy, Times};
use super::progress::Ran;
use super::readiness::Readiness;
use super::service::HealthService;
use super::snapshot::HealthSnapshot;
use super::view::View;
use crate::admin::Mounts;
use crate::error::Error;
use crate::log::Log;
use crate::phase::{Phase, Phases};
use crate::service::Service;

/// The health of a program: [`Telemetry::health`](crate::Telemetry::health). Copies of it are of the
/// same one.
#[derive(Clone)]
pub struct Health {
    shared: Arc<Shared>,
}

struct Shared {
    times: Times,
    policy: Policy,
    service: Service,
    start: Instant,
    phases: Phases,
    log: Log,
    table: Mutex<Table>,
    changed: Notify,
    /// Locked for as long as it takes to copy or to replace a pointer.
    snapshot: RwLock<Arc<HealthSnapshot>>,
    /// Whether the application has said that it has started, where it wants to.
    is_told: AtomicBool,
    /// Whether everything was seen to have started, once and for all.
    has_started: AtomicBool,
    observed: Mutex<Observed>,
    liveness: Arc<Liveness>,
    view: OnceLock<View>,
}

#[derive(Default)]
struct Table {
    entries: BTreeMap<Arc<str>, Arc<Entry>>,
    /// Those that have no task yet.
    new: Vec<Arc<Entry>>,
    is_closed: bool,
}

/// The readiness that was told last.
struct Observed {
    readiness: Readiness,
    since: Instant,
    since_wall: SystemTime,
}

/// What health is made of.
pub(crate) struct Parts {
    pub(crate) times: Times,
    pub(crate) policy: Policy,
    pub(crate) service: Service,
    pub(crate) executors: Vec<Handle>,
    pub(crate) phases: Phases,
    pub(crate) log: Log,
}

impl Health {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { times, policy, service, executors, phases, log } = parts;
        let liveness = Arc::new(Liveness::new(executors, times.stall));
        let start = Instant::now();
        let readiness = Readiness::Starting;
        let observed = Observed { readiness, since: start, since_wall: SystemTime::now() };
        let shared = Shared {
            times,
            service,
            start,
            phases,
            log,
            table: Mutex::default(),
            changed: Notify::new(),
            snapshot: RwLock::default(),
            is_told: AtomicBool::new(!policy.has_gate),
            policy,
            has_started: AtomicBool::new(false),
            observed: Mutex::new(observed),
            liveness,
            view: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Adds the builder's checks, and mounts what answers probes.
    pub(crate) fn open_with(
        &self,
        checks: Vec<HealthCheck>,
        mounts: &mut Mounts,
    ) -> Result<(), Error> {
        checks.into_iter().try_for_each(|check| self.add(check))?;
        mounts.mount("health", "/health", self.service())?;
        for alias in ["/livez", "/readyz", "/startupz"] {
            mounts.alias("health", alias, self.service())?;
        }
        Ok(())
    }

    /// Adds a check: it runs from now on. Until its first result it changes nothing, unless the
    /// program still starts, which then waits for it if it is critical.
    ///
    /// # Errors
    /// [`Error::is_conflict`] where another has this name, [`Error::is_configuration`] where it cannot
    /// be kept, and when the runtime has stopped.
    pub fn add(&self, check: HealthCheck) -> Result<(), Error> {
        check.check()?;
        let entry = Arc::new(Entry::new(check, &self.shared.times));
        let mut table = self.table();
        if table.is_closed {
            return Err(Error::stopped());
        }
        if let Some(taken) = table.entries.get(entry.name()) {
            return Err(Error::conflict(format!(
                "two health checks are called {:?}, at {} and at {}; give one of them another name",
                entry.name(),
                taken.check.location,
                entry.check.location
            )));
        }
        table.entries.insert(entry.name().clone(), entry.clone());
        table.new.push(entry);
        self.publish(&table);
        drop(table);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Removes a check; whether there was one of this name.
    pub fn remove(&self, name: &str) -> bool {
        let mut table = self.table();
        let removed = table.entries.remove(name);
        table.new.retain(|entry| **entry.name() != *name);
        self.publish(&table);
        drop(table);
        self.shared.changed.notify_one();
        removed.map(|entry| entry.remove()).is_some()
    }

    /// What is known of all checks. Copies a pointer.
    pub fn snapshot(&self) -> Arc<HealthSnapshot> {
        self.shared.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the program can serve, at this moment. Asks nobody: the first of these that holds is
    /// it: draining; starting; a critical check fails, or its result is stale; another check does not
    /// pass; ready.
    pub fn readiness(&self) -> Readiness {
        self.readiness_of(&self.snapshot())
    }

    pub(super) fn readiness_of(&self, snapshot: &HealthSnapshot) -> Readiness {
        let phase = self.shared.phases.current();
        if phase >= Phase::Draining && !self.shared.policy.is_ready_while_draining {
            Readiness::Draining
        } else if !self.has_started() {
            Readiness::Starting
        } else {
            snapshot.readiness(Instant::now())
        }
    }

    /// Whether the program has started: whether all critical checks have a result and, where
    /// [it wants to](super::HealthOptions::starts_when_told), it has said so. It stays so.
    pub fn has_started(&self) -> bool {
        self.shared.has_started.load(Ordering::Acquire)
    }

    /// The application has started; what it has to say where it
    /// [wants to](super::HealthOptions::starts_when_told).
    pub fn started(&self) {
        self.shared.is_told.store(true, Ordering::Release);
        self.observe();
    }

    /// Why the program is dead, if it is: a restart would help. Dependencies have no say in it.
    pub fn fault(&self) -> Option<String> {
        self.shared.liveness.fault()
    }

    /// Says that the program is dead, for good: whoever watches it restarts it.
    pub fn fail_liveness(&self, reason: impl Into<String>) {
        self.shared.liveness.fail(reason.into());
    }

    /// A part of the application that says by itself that it is alive: once silent for longer than
    /// `within`, the program is dead. For main loops without Tokio.
    ///
    /// ```
    /// # fn main() -> Result<(), telemetry_runtime::Error> {
    /// # let telemetry = telemetry_runtime::Telemetry::builder().admin("127.0.0.1:0").start()?;
    /// use std::time::Duration;
    ///
    /// let heart = telemetry.health().heartbeat("main loop", Duration::from_secs(10));
    /// for _job in 0..3 {
    ///     heart.beat();
    ///     // … work …
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn heartbeat(&self, name: impl Into<String>, within: Duration) -> Heartbeat {
        self.shared.liveness.heartbeat(name.into(), within)
    }

    /// Answers probes, to be mounted in the application's own router; the same as on the admin
    /// listener. Paths are those below `/health`, with or without it, and `/livez`, `/readyz` and
    /// `/startupz`.
    pub fn service(&self) -> HealthService {
        HealthService::new(self.clone())
    }

    /// How long a program that ends has for each step.
    pub fn drain_times(&self) -> DrainTimes {
        self.shared.times.drain
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    pub(super) fn identity(&self) -> &Service {
        &self.shared.service
    }

    pub(super) fn uptime(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// Since when readiness is what it is, as far as it was told.
    pub(super) fn since(&self) -> SystemTime {
        self.observed().since_wall
    }

    pub(super) fn liveness(&self) -> &Liveness {
        &self.shared.liveness
    }

    pub(super) fn phases(&self) -> &Phases {
        &self.shared.phases
    }

    /// What checks of the runtime itself look at.
    pub(crate) fn see(&self, view: View) {
        // There is one, set before the engine runs.
        let _ = self.shared.view.set(view);
    }

    pub(super) fn view(&self) -> Option<View> {
        self.shared.view.get().cloned()
    }

    /// Those that need a task where none has one.
    pub(super) fn open(&self) -> Vec<Arc<Entry>> {
        let mut table = self.table();
        table.is_closed = false;
        table.new.clear();
        table.entries.values().cloned().collect()
    }

    /// Waits for checks that are added or removed, and gives those without a task.
    pub(super) async fn added(&self) -> Vec<Arc<Entry>> {
        self.shared.changed.notified().await;
        std::mem::take(&mut self.table().new)
    }

    pub(super) fn close(&self) {
        self.table().is_closed = true;
    }

    /// Takes the result of a run into account, and tells what follows.
    pub(super) fn settle(&self, entry: &Entry, ran: &Ran) {
        let now = (Instant::now(), SystemTime::now());
        let mut progress = entry.progress();
        let turn = progress.settle(ran, entry.thresholds(), now);
        let (status, last_pass) = (progress.status, progress.last_pass);
        drop(progress);
        self.publish(&self.table());
        notice::execute_end(entry, ran);
        notice::execute_status(entry, status, last_pass);
        let change = self.look();
        notice::say(&self.shared.log, turn.map(|turn| (entry, turn, ran)), change.as_ref());
    }

    /// Tells what has changed since this was last called.
    pub(super) fn observe(&self) {
        let change = self.look();
        // A program that has no checks has nothing to say of its health.
        if !self.snapshot().checks.is_empty() {
            notice::say(&self.shared.log, None, change.as_ref());
        }
    }

    fn look(&self) -> Option<Change> {
        let snapshot = self.snapshot();
        let runs = self.shared.phases.current() >= Phase::Running;
        let is_told = self.shared.is_told.load(Ordering::Acquire);
        if runs && is_told && snapshot.is_complete() {
            self.shared.has_started.store(true, Ordering::Release);
        }
        let readiness = self.readiness_of(&snapshot);
        let mut observed = self.observed();
        let (from, now) = (observed.readiness, Instant::now());
        let change = (from != readiness).then(|| {
            let after = now.saturating_duration_since(observed.since);
            *observed = Observed { readiness, since: now, since_wall: SystemTime::now() };
            Change { from, to: readiness, after, causes: snapshot.causes(now) }
        });
        drop(observed);
        if let Some(change) = &change {
            notice::execute_change(change);
        }
        notice::execute_current(readiness);
        change
    }

    fn publish(&self, table: &Table) {
        let snapshot = Arc::new(HealthSnapshot::of(table.entries.values()));
        *self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.shared.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.shared.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("readiness", &self.readiness()).finish_non_exhaustive()
    }
}
