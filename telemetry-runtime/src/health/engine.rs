//! Runs the checks, probes the application's executor and notices what changes.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::entry::Entry;
use super::health::Health;
use super::run::Place;
use super::task::Task;
use crate::phase::Phase;
use crate::stop::Stop;
use crate::worker::Worker;

/// Runs until the stop. It may be run again: what is known is in `health`. What waits is dropped then;
/// what blocks a thread is named by the worker.
pub(crate) async fn run(health: &Health, worker: Worker, stop: &Stop) {
    let (stops, stopping) = watch::channel(false);
    let place = Place { worker, view: health.view() };
    let mut tasks = JoinSet::new();
    let mut entries: HashMap<tokio::task::Id, Arc<Entry>> = HashMap::new();
    let mut new = health.open();
    let mut ticks = interval(health.liveness().probe_every());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut phase = health.phases().current();
    loop {
        for entry in new.drain(..) {
            let (health, place) = (health.clone(), place.clone());
            let task = Task { health, entry: entry.clone(), place, stopping: stopping.clone() };
            entries.insert(tasks.spawn(task.run()).id(), entry);
        }
        tokio::select! {
            biased;
            () = stop.requested() => break,
            later = health.phases().past(phase), if phase < Phase::Stopped => {
                phase = later;
                health.observe();
            }
            added = health.added() => {
                new = added;
                health.observe();
            }
            _ = ticks.tick() => {
                health.liveness().probe();
                health.observe();
            }
            Some(ended) = tasks.join_next_with_id() => match ended {
                Ok((id, ())) => {
                    entries.remove(&id);
                }
                // The system gave no thread, which Tokio panics for: it is tried again.
                Err(error) => new.extend(entries.remove(&error.id())),
            },
        }
    }
    health.close();
    stops.send_replace(true);
    while tasks.join_next().await.is_some() {}
}
