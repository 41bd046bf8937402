//! What the runtime supervises, in the order in which it is started; it is stopped in the reverse.
//!
//! ```text
//! telemetry
//! ├── admin         the listener: first, so that it answers while the rest starts and stops
//! ├── health        its checks, and the heartbeat of the application's executor
//! ├── store         what is looked after in the store, as time passes
//! ├── reporters     one child each; they send a last time when they are told to stop
//! ├── poller        before the reporters stop, so that they send what it measured
//! └── application   what the program puts below it: the first to stop
//! ```
//!
//! The runtime's own parts are restarted whatever happens, and only the backoff holds that up. A
//! supervisor of the application that gives up is restarted by `application` in the same way.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::admin::{Listener, Mounts};
use crate::error::Error;
use crate::health::{self, Health, Reports};
use crate::log::Log;
use crate::panics;
use crate::poller::Poller;
use crate::reporter::Reporter;
use crate::stop::Stop;
use crate::store::Store;
use crate::store::snapshot::Snapshots;
use crate::supervisor::{Child, Intensity, Supervisor};
use crate::vitals;
use crate::worker::Worker;

/// How long the runtime's own parts may take to stop, where a shutdown gives so much: for requests
/// in flight and for last reports.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// What the tree is made of.
pub(crate) struct Parts {
    pub(crate) listener: Option<Listener>,
    pub(crate) mounts: Arc<Mounts>,
    /// Each with the snapshots that it is handed.
    pub(crate) reporters: Vec<(Box<dyn Reporter>, Snapshots)>,
    /// What reporters run beside them.
    pub(crate) beside: Vec<Child>,
    pub(crate) poller: Poller,
    pub(crate) worker: Worker,
    pub(crate) health: Health,
    pub(crate) reports: Reports,
    pub(crate) application: Vec<Child>,
    pub(crate) store: Arc<Store>,
    pub(crate) log: Log,
}

/// The description of the whole tree.
pub(crate) fn root(parts: Parts) -> Supervisor {
    let Parts { listener, mounts, reporters, beside, poller, worker, health, reports, .. } = parts;
    let Parts { application, store, log, .. } = parts;
    let mut root = supervisor("telemetry");
    if let Some(listener) = listener {
        root = root.child(admin(listener, mounts));
    }
    root = root.child(self::health(health, worker.clone())).child(self::store(store));
    let mut names = HashSet::new();
    let mut all = supervisor("reporters").stop_together();
    for (reporter, snapshots) in reporters {
        let name = unique(reporter.name(), &mut names);
        let (reports, log) = (reports.clone(), log.clone());
        all = all.child(self::reporter(name, reporter, snapshots, reports, log));
    }
    all = beside.into_iter().fold(all, Supervisor::child);
    root = root.child(all).child(self::poller(poller, worker, log));
    let application = application.into_iter().fold(supervisor("application"), Supervisor::child);
    root.child(application)
}

fn supervisor(name: &str) -> Supervisor {
    Supervisor::builder(name).intensity(Intensity::unlimited())
}

fn admin(listener: Listener, mounts: Arc<Mounts>) -> Child {
    let listener = Arc::new(listener);
    let serve = move |stop| {
        let (listener, mounts) = (listener.clone(), mounts.clone());
        async move { listener.serve(mounts, stop).await }
    };
    Child::task("admin", serve).label("the admin listener").stop_within(STOP_WITHIN)
}

fn health(health: Health, worker: Worker) -> Child {
    let run = move |stop: Stop| {
        let (health, worker) = (health.clone(), worker.clone());
        async move { health::engine::run(&health, worker, &stop).await }
    };
    Child::task("health", run).label("the health checks").stop_within(STOP_WITHIN)
}

fn store(store: Arc<Store>) -> Child {
    let run = move |stop| {
        let store = store.clone();
        async move { tick_regularly(&store, &stop).await }
    };
    Child::task("store", run).label("the store")
}

fn reporter(
    name: String,
    reporter: Box<dyn Reporter>,
    snapshots: Snapshots,
    reports: Reports,
    log: Log,
) -> Child {
    let called: Arc<str> = name.as_str().into();
    let label = format!("the reporter {:?}", reporter.name());
    // It outlives its runs, as what it mounted may need it, and a run that panics loses nothing.
    let reporter = Arc::new(Mutex::new(reporter));
    let run = move |stop| {
        let (reporter, snapshots, log) = (reporter.clone(), snapshots.clone(), log.clone());
        let (name, reports) = (called.clone(), reports.clone());
        let note = move |result: &Result<(), Error>| {
            reports.note(&name, result.as_ref().err().map(|error| error as _));
        };
        async move {
            report_regularly(&mut **reporter.lock().await, &snapshots, &stop, &log, &note).await
        }
    };
    Child::task(name, run).label(label).stop_within(STOP_WITHIN)
}

/// Lets the store tick until the stop.
async fn tick_regularly(store: &Store, stop: &Stop) {
    let mut ticks = tokio::time::interval(store.tick_every());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick is at once, with nothing to look at.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            () = stop.requested() => return,
            _ = ticks.tick() => vitals::tick(store),
        }
    }
}

/// What is polled outlives its runs.
fn poller(poller: Poller, worker: Worker, log: Log) -> Child {
    let poller = Arc::new(poller);
    let run = move |stop: Stop| {
        let (poller, worker, log) = (poller.clone(), worker.clone(), log.clone());
        async move { poller.run(&worker, &log, stop.requested()).await }
    };
    Child::task("poller", run).label("the poller").stop_within(STOP_WITHIN)
}

/// Hands snapshots over at the reporter's interval, and one last time at the stop.
///
/// # Errors
/// With the failure of that last one.
async fn report_regularly(
    reporter: &mut dyn Reporter,
    snapshots: &Snapshots,
    stop: &Stop,
    log: &Log,
    note: &(dyn Fn(&Result<(), Error>) + Send + Sync),
) -> Result<(), String> {
    let Some(interval) = reporter.interval() else {
        stop.requested().await;
        return Ok(());
    };
    let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // The first tick is at once, with nothing to report.
    ticks.tick().await;
    loop {
        tokio::select! {
            biased;
            () = stop.requested() => break,
            _ = ticks.tick() => {
                let result = reporter.report(&snapshots.take()).await;
                note(&result);
                if let Err(error) = result {
                    // A sink that panics is no failure of the reporter.
                    let _ = panics::catch(|| log(&format!("telemetry: {error}")));
                }
            }
        }
    }
    reporter.report(&snapshots.take()).await.map_err(|error| error.to_string())
}

/// A name for a child, numbered where it is taken.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let plain: String =
        name.chars().map(|c| if c == '/' || c.is_control() { '_' } else { c }).collect();
    let plain = if plain.is_empty() { "unnamed".to_owned() } else { plain };
    let mut name = plain.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{plain}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reporters_of_one_name_are_numbered() {
        let mut taken = HashSet::new();
        let mut named = |name| unique(name, &mut taken);
        assert_eq!(named("statsd"), "statsd");
        assert_eq!(named("statsd"), "statsd-2");
        assert_eq!(named("statsd"), "statsd-3");
        assert_eq!(named("a/b"), "a_b");
        assert_eq!(named(""), "unnamed");
    }
}
