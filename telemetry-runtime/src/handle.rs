//! The handle of a running telemetry, and its thread: the admin listener and the reporters, beside
//! the application.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::admin::{Listener, Mounts};
use crate::error::Error;
use crate::log::Log;
use crate::recorder::Recorder;
use crate::reporter::Reporter;
use crate::shutdown::{ShutdownReport, told_to_stop};
use crate::store::Store;
use crate::store::snapshot::Snapshots;
use crate::vitals;

/// How long dropping a [`Telemetry`] may take.
const DROP_DEADLINE: Duration = Duration::from_secs(5);
/// What the thread gets beyond the deadline to report what it cut.
const GRACE: Duration = Duration::from_millis(250);

/// The running telemetry of a program. Dropping it shuts it down, within five seconds.
pub struct Telemetry {
    admin: Option<SocketAddr>,
    snapshots: Snapshots,
    store: Arc<Store>,
    /// `None` once it is shut down. In a lock for the sake of `Sync`: the receiver is not.
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    stop: oneshot::Sender<Instant>,
    report: mpsc::Receiver<ShutdownReport>,
    handle: JoinHandle<()>,
}

/// What the builder hands over.
pub(crate) struct Parts {
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) listener: Option<Listener>,
    pub(crate) mounts: Arc<Mounts>,
    pub(crate) reporters: Vec<Box<dyn Reporter>>,
    pub(crate) snapshots: Snapshots,
    pub(crate) store: Arc<Store>,
    pub(crate) recorder: Recorder,
    pub(crate) log: Log,
}

impl Telemetry {
    pub(crate) fn run(parts: Parts) -> Result<Self, Error> {
        let (admin, snapshots, store) = (parts.admin, parts.snapshots.clone(), parts.store.clone());
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::thread)?;
        let (stop, stopped) = oneshot::channel();
        let (send_report, report) = mpsc::channel();
        let handle = std::thread::Builder::new()
            .name("telemetry".into())
            .spawn(move || {
                let report = executor.block_on(work(parts, stopped));
                // What still runs is cut: its tasks are dropped with the executor.
                executor.shutdown_background();
                // The handle may have given up on the report.
                let _ = send_report.send(report);
            })
            .map_err(Error::thread)?;
        let thread = Mutex::new(Some(Thread { stop, report, handle }));
        Ok(Self { admin, snapshots, store, thread })
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

    /// Stops: reporters send a last time, requests in flight are answered, the thread ends.
    ///
    /// Blocks until that is done, at the longest until the deadline: what is not done then is cut and
    /// named in the report. Within an async function call it from `spawn_blocking`, or at the end.
    ///
    /// # Errors
    /// When the runtime's thread has ended before.
    pub fn shutdown(mut self, deadline: Duration) -> Result<ShutdownReport, Error> {
        self.stop(deadline).unwrap_or_else(|| Err(Error::stopped()))
    }

    fn stop(&mut self, deadline: Duration) -> Option<Result<ShutdownReport, Error>> {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Thread { stop, report, handle } = thread.take()?;
        if stop.send(Instant::now() + deadline).is_err() {
            return Some(Err(Error::stopped()));
        }
        Some(match report.recv_timeout(deadline + GRACE) {
            Ok(report) => handle.join().map(|()| report).map_err(|_| Error::stopped()),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error::stopped()),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // Something blocks the thread; it is left to the end of the process.
                Ok(ShutdownReport { cut: vec!["the runtime's thread is blocked".into()] })
            }
        })
    }
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

/// Everything that the thread does, until the handle says to stop.
async fn work(parts: Parts, stopped: oneshot::Receiver<Instant>) -> ShutdownReport {
    let Parts { listener, mounts, reporters, snapshots, store, recorder, log, .. } = parts;
    let (stop, stopping) = watch::channel(false);
    let mut children = JoinSet::new();
    let mut names = std::collections::HashMap::new();
    for reporter in reporters {
        let name = format!("the reporter {:?}", reporter.name());
        let child = report_regularly(reporter, snapshots.clone(), stopping.clone(), log.clone());
        names.insert(children.spawn(child).id(), name);
    }
    let child = tick_regularly(store, stopping.clone());
    names.insert(children.spawn(child).id(), "the store".into());
    if let Some(listener) = listener {
        let serving = listener.serve(mounts, stopping);
        let child = async move { serving.await.err().map(|error| error.to_string()) };
        names.insert(children.spawn(child).id(), "the admin listener".into());
    }

    // A handle that is dropped without a word counts as a stop.
    let deadline = stopped.await.unwrap_or_else(|_| Instant::now() + DROP_DEADLINE);
    stop.send_replace(true);
    let mut report = ShutdownReport::default();
    let all_ended = async {
        while let Some(ended) = children.join_next_with_id().await {
            let (id, failure) = match ended {
                Ok((id, failure)) => (id, failure),
                Err(error) => (error.id(), Some("it panicked".to_owned())),
            };
            let name = names.remove(&id).unwrap_or_default();
            report.cut.extend(failure.map(|failure| format!("{name}: {failure}")));
        }
    };
    let in_time = tokio::time::timeout_at(deadline.into(), all_ended).await;
    if in_time.is_err() {
        report.cut.extend(names.into_values().map(|name| format!("{name} took too long")));
    }
    drop(recorder);
    report
}

/// Lets the store tick until the stop.
async fn tick_regularly(
    store: Arc<Store>,
    mut stopping: watch::Receiver<bool>,
) -> Option<String> {
    let mut ticks = tokio::time::interval(store.tick_every());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick is at once, with nothing to look at.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            () = told_to_stop(&mut stopping) => return None,
            _ = ticks.tick() => vitals::tick(&store),
        }
    }
}

/// Hands snapshots over at the reporter's interval, and one last time at the stop. Gives the failure
/// of that last one.
async fn report_regularly(
    mut reporter: Box<dyn Reporter>,
    snapshots: Snapshots,
    mut stopping: watch::Receiver<bool>,
    log: Log,
) -> Option<String> {
    let Some(interval) = reporter.interval() else {
        // Dropped with the runtime and not before: what it mounted may need it.
        told_to_stop(&mut stopping).await;
        return None;
    };
    let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // The first tick is at once, with nothing to report.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            () = told_to_stop(&mut stopping) => break,
            _ = ticks.tick() => {
                if let Err(error) = reporter.report(&snapshots.take()).await {
                    log(&format!("telemetry: {error}"));
                }
            }
        }
    }
    reporter.report(&snapshots.take()).await.err().map(|error| error.to_string())
}
