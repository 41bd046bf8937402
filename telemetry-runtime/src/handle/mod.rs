//! The handle of a running telemetry, and the thread that carries everything.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::Configuration;
use crate::error::Error;
use crate::health::{Health, Reports, View};
use crate::phase::{Phase, Phases};
use crate::poller::Polls;
use crate::recorder::Recorder;
use crate::shutdown::ShutdownReport;
#[cfg(unix)]
use crate::signals::Signals;
use crate::stop::Stop;
use crate::store::Store;
use crate::store::snapshot::Snapshots;
use crate::supervisor::{ChildInfo, ChildState, Driver, Node, Supervisor, Surroundings};
use crate::worker::{self, Worker};

/// How long is waited for a check that was called just before the end: what hangs is not waited for.
const LEFTOVERS: Duration = Duration::from_secs(1);
/// How long dropping a [`Telemetry`] may take.
const DROP_DEADLINE: Duration = Duration::from_secs(5);
/// What the thread needs at the end to put away what it worked with, at the most.
const MARGIN: Duration = Duration::from_millis(100);
/// What the thread gets beyond the deadline where no child is known to block it.
const GRACE: Duration = Duration::from_millis(250);

/// The running telemetry of a program. Dropping it shuts it down, within five seconds.
pub struct Telemetry {
    configuration: Configuration,
    admin: Option<SocketAddr>,
    snapshots: Snapshots,
    store: Arc<Store>,
    polls: Polls,
    health: Health,
    phases: Phases,
    tree: Arc<Node>,
    worker: Worker,
    /// `None` once it is shut down. In a lock for the sake of `Sync`: the receiver is not.
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    stop: Stop,
    /// Says when everything has stopped.
    ended: mpsc::Receiver<()>,
    handle: JoinHandle<()>,
}

/// What the builder hands over.
pub(crate) struct Parts {
    pub(crate) configuration: Configuration,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) snapshots: Snapshots,
    pub(crate) store: Arc<Store>,
    pub(crate) polls: Polls,
    pub(crate) recorder: Recorder,
    pub(crate) root: Supervisor,
    pub(crate) worker: Worker,
    pub(crate) health: Health,
    pub(crate) reports: Reports,
    pub(crate) surroundings: Surroundings,
}

impl Telemetry {
    pub(crate) fn run(parts: Parts) -> Result<Self, Error> {
        let Parts { configuration, admin, snapshots, store, polls, .. } = parts;
        let Parts { recorder, root, worker, health, reports, surroundings, .. } = parts;
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("telemetry-worker")
            .max_blocking_threads(worker::THREADS)
            .build()
            .map_err(Error::thread)?;
        let phases = surroundings.phases.clone();
        let tree = Node::root(&root);
        health.see(View { tree: tree.clone(), reports });
        let stop = Stop::unsaid();
        let (say_ended, ended) = mpsc::channel();
        let work = {
            let (tree, stop, worker) = (tree.clone(), stop.clone(), worker.clone());
            move || {
                executor.block_on(supervise(root, &tree, surroundings, &stop));
                drop(recorder);
                let left = || stop.deadline().unwrap_or_else(Instant::now) - Instant::now();
                if worker.wait_idle(left().min(LEFTOVERS)) {
                    // Its idle threads end.
                    executor.shutdown_timeout(left() + MARGIN);
                } else {
                    executor.shutdown_background();
                }
                // The handle may have given up.
                let _ = say_ended.send(());
            }
        };
        let handle = std::thread::Builder::new()
            .name("telemetry".into())
            .spawn(work)
            .map_err(Error::thread)?;
        let thread = Mutex::new(Some(Thread { stop, ended, handle }));
        Ok(Self {
            configuration,
            admin,
            snapshots,
            store,
            polls,
            health,
            phases,
            tree,
            worker,
            thread,
        })
    }

    /// What holds of all that can be configured, and who said it. Its `Display` is a table; secrets are
    /// not shown.
    ///
    /// ```
    /// # fn main() -> Result<(), telemetry_runtime::Error> {
    /// use telemetry_runtime::Telemetry;
    ///
    /// let shop = Telemetry::builder().service("shop", "1.2").admin("127.0.0.1:0");
    /// let telemetry = shop.environment([("TELEMETRY_MAX_SERIES", "500")]).start()?;
    /// let table = "\
    /// variable                        value                origin
    /// KUBERNETES_SERVICE_HOST         -                    default
    /// OTEL_RESOURCE_ATTRIBUTES        service.version=1.2  builder
    /// OTEL_SDK_DISABLED               false                default
    /// OTEL_SERVICE_NAME               shop                 builder
    /// TELEMETRY_BIND                  127.0.0.1:0          builder
    /// TELEMETRY_HEALTH_DETAILS        authorized           default
    /// TELEMETRY_HEALTH_DRAIN_DELAY    -                    default
    /// TELEMETRY_HEALTH_DRAIN_TIMEOUT  20s                  default
    /// TELEMETRY_HEALTH_INTERVAL       10s                  default
    /// TELEMETRY_HEALTH_STALL          30s                  default
    /// TELEMETRY_HEALTH_TIMEOUT        2s                   default
    /// TELEMETRY_MAX_SERIES            500                  environment
    /// TELEMETRY_POLL_EVERY            10s                  default
    /// TELEMETRY_SERIES_PER_METRIC     2000                 default
    /// ";
    /// assert_eq!(telemetry.configuration().to_string(), table);
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The address of the admin listener, with the real port; `None` if there is none.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Where snapshots of the store are taken.
    pub fn snapshots(&self) -> &Snapshots {
        &self.snapshots
    }

    /// Forgets series: those of the metric whose tags match all of these patterns, in which each `*`
    /// stands for any text. Tags that are not named may have any value. Gives how many series went.
    ///
    /// Metrics that are fed by the same executions under the same tags have their series together: all
    /// of them lose these. A series whose tags are executed again starts anew, and what is executed
    /// while this runs goes with the old series or to the new one. No other series is touched. The
    /// overflow series stays; there is room for new series in its place.
    ///
    /// Memory is given back by each thread when it executes an event next.
    ///
    /// ```
    /// # telemetry::events! { event web.answered { metadata { route: &str, status: u16 } } }
    /// # telemetry::metrics! { counter(name = web.requests, events = [web.answered], tags = [route, status]); }
    /// # fn main() -> Result<(), telemetry_runtime::Error> {
    /// # let telemetry = telemetry_runtime::Telemetry::builder().admin("127.0.0.1:0").start()?;
    /// for route in ["/old/orders", "/old/carts", "/orders"] {
    ///     telemetry::execute!(web.answered, {}, { route, status: 200 });
    /// }
    /// assert_eq!(telemetry.prune("web.requests", &[("route", "/old*")])?, 2);
    ///
    /// let error = telemetry.prune("web.requests", &[("rout", "*")]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "no tag of `web.requests` is called `rout`; there are `route` and `status`; did you mean `route`?",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is [no such](Error::is_unknown) metric, or no such tag of it.
    pub fn prune(&self, metric: &str, tags: &[(&str, &str)]) -> Result<usize, Error> {
        self.store.prune(metric, tags)
    }

    /// What is polled: to be listed, added to and removed from.
    pub fn polls(&self) -> &Polls {
        &self.polls
    }

    /// Its health: to be looked at, and to add checks to.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Where in its life it is.
    pub fn phase(&self) -> Phase {
        self.phases.current()
    }

    /// What is supervised, as it stands: the root, and all below it.
    pub fn supervision(&self) -> ChildInfo {
        self.tree.info()
    }

    /// Restarts the child with this [path](ChildInfo::path), at once: as after a failure, with those
    /// that its supervisor restarts with it, but uncounted. It is done soon after this returns.
    ///
    /// # Errors
    /// When there is no such child, or it stops for good.
    pub fn restart_child(&self, path: &str) -> Result<(), Error> {
        match self.tree.request_restart(path) {
            Some(true) => Ok(()),
            Some(false) => Err(Error::not_supervised(path, "its supervisor does not run")),
            None => Err(Error::not_supervised(
                path,
                "there is no such child; the paths are those of `Telemetry::supervision`",
            )),
        }
    }

    /// Says that the program is about to end: readiness turns, and everything goes on until
    /// [`shutdown`](Telemetry::shutdown). For programs that finish their own work in between.
    pub fn drain(&self) {
        self.phases.advance(Phase::Draining);
    }

    /// Hears SIGTERM and SIGINT from now on: the first turns readiness, as [`drain`](Telemetry::drain)
    /// does, the second ends the program at once.
    ///
    /// # Errors
    /// When the system does not let it.
    #[cfg(unix)]
    pub fn signals(&self) -> Result<Signals, Error> {
        Signals::new(self.phases.clone())
    }

    /// Stops: readiness turns, then children stop in the reverse order of their start: what the
    /// program supervises, the polls, the reporters, which send a last time, and the listener, when the
    /// requests in flight are answered.
    ///
    /// Blocks until that is done, at the longest until the deadline: what is not done then is cut and
    /// named in the report. While others wait for their turn a child gets half of the time that is
    /// left. Within an async function call it from `spawn_blocking`, or at the end.
    ///
    /// # Errors
    /// When the runtime's thread has ended before.
    pub fn shutdown(mut self, deadline: Duration) -> Result<ShutdownReport, Error> {
        self.stop(deadline).unwrap_or_else(|| Err(Error::stopped()))
    }

    fn stop(&mut self, deadline: Duration) -> Option<Result<ShutdownReport, Error>> {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Thread { stop, ended, handle } = thread.take()?;
        let now = Instant::now();
        let until = now.checked_add(deadline).unwrap_or_else(crate::stop::never);
        self.phases.advance(Phase::Draining);
        self.phases.advance(Phase::Stopping);
        stop.say(until.checked_sub(MARGIN.min(deadline / 10)).unwrap_or(now));
        let mut waited = ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        if waited == Err(mpsc::RecvTimeoutError::Timeout) && self.tree.polled().is_none() {
            waited = ended.recv_timeout(GRACE);
        }
        let mut cut = self.tree.cut();
        let running = self.worker.running();
        cut.extend(
            running.iter().map(|name| format!("{name:?} still runs, on a thread of its own")),
        );
        match waited {
            Ok(()) => {
                if handle.join().is_err() {
                    return Some(Err(Error::stopped()));
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Some(Err(Error::stopped())),
            // It is left to the end of the process.
            Err(mpsc::RecvTimeoutError::Timeout) => cut.push(match self.tree.polled() {
                Some(label) => format!("the runtime's thread is blocked by {label}"),
                None => "the runtime's thread is blocked".into(),
            }),
        }
        self.phases.advance(Phase::Stopped);
        Some(Ok(ShutdownReport { cut }))
    }
}

/// Everything that the thread does, until it is told to stop.
async fn supervise(root: Supervisor, tree: &Arc<Node>, surroundings: Surroundings, stop: &Stop) {
    let phases = surroundings.phases.clone();
    let driver = Driver::start(Arc::new(root), tree.clone(), surroundings);
    tree.set_state(ChildState::Running);
    phases.advance(Phase::Running);
    let ended = driver.run(stop.clone()).await;
    tree.set_state(if ended.is_ok() { ChildState::Stopped } else { ChildState::Failed });
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let _ = self.stop(DROP_DEADLINE);
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("admin", &self.admin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
