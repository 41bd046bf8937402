//! Whole stores: from executions to snapshots, with a clock that the tests set.

mod exemplars;
mod expiry;
mod lifecycles;
mod limits;
mod pruning;
mod races;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use super::snapshot::{Exemplar, Metric, SeriesValue, Summary};
use super::{Limits, Plan, Store};
use crate::recorder::Recorder;

/// A store that is fed until it is dropped.
struct Fed {
    store: Arc<Store>,
    _recorder: Recorder,
}

/// Of the metrics whose names begin so. Tests run side by side, and each store hears all of them: so
/// each test has events of its own.
fn fed(metrics: &str) -> Fed {
    fed_within(metrics, Limits::default())
}

fn fed_within(metrics: &str, limits: Limits) -> Fed {
    let mut all = Metric::declared();
    all.retain(|metric| metric.name().starts_with(metrics));
    let plan = Arc::new(Plan::new(all));
    let store = Arc::new(Store::new(plan.clone(), limits));
    let recorder = Recorder::attach(&plan, &store).unwrap();
    Fed { store, _recorder: recorder }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Fed {
    /// The executions of a counter by its tags, joined by spaces.
    fn counts(&self, metric: &str) -> Vec<(String, u64)> {
        let snapshot = self.store.snapshot(Duration::ZERO);
        let series = snapshot.metric(metric).unwrap().series();
        series
            .map(|series| match series.value() {
                SeriesValue::Counter(count) => {
                    (series.tags().iter().collect::<Vec<_>>().join(" "), count)
                }
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn count(&self, metric: &str, tags: &str) -> Option<u64> {
        self.counts(metric).into_iter().find(|(of, _)| of == tags).map(|(_, count)| count)
    }

    fn summary(&self, metric: &str, now: Duration) -> Option<Summary> {
        let snapshot = self.store.snapshot(now);
        match snapshot.metric(metric).unwrap().series().next()?.value() {
            SeriesValue::Summary(summary) => Some(summary.clone()),
            other => panic!("{other:?}"),
        }
    }

    fn exemplars(&self, metric: &str, now: Duration) -> Vec<Exemplar> {
        let snapshot = self.store.snapshot(now);
        let series = snapshot.metric(metric).unwrap().series();
        series.flat_map(|series| series.exemplars().cloned().collect::<Vec<_>>()).collect()
    }
}

/// A thread that runs `step` each time that it is told to, and is waited for.
fn stepping<'scope, S: Fn() + Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    step: S,
) -> impl Fn() + use<S> {
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (done, is_done) = std::sync::mpsc::channel();
    scope.spawn(move || {
        for () in gone {
            step();
            done.send(()).unwrap();
        }
    });
    move || {
        go.send(()).unwrap();
        is_done.recv().unwrap();
    }
}
