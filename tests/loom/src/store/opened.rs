//! One copy of the store as the models use it. Stands in each copy.

use std::rc::Rc;

use super::snapshot::{Metric, SeriesValue, Tags, Total};
use super::{Limits, Plan, Store};
use crate::store::{Modelled, Seen, Value, recorder};

/// A store that is fed by the executions of this thread of the system.
pub struct Opened(Store);

impl Modelled for Opened {
    fn open(metrics: &str) -> Self {
        let mut declared = Metric::declared();
        declared.retain(|metric| metric.name().starts_with(metrics));
        let plan = std::sync::Arc::new(Plan::new(declared));
        let store = Store::new(plan.clone(), Limits::default());
        let id = store.id();
        plan.events().iter().for_each(|event| recorder::install(event.event()));
        plan.counted().for_each(recorder::count);
        recorder::feed(Rc::new(move |execution| {
            let mut events = plan.events().iter();
            if let Some(event) = events.find(|of| std::ptr::eq(of.event(), execution.event())) {
                event.record(&plan, id, execution);
            }
        }));
        Self(store)
    }

    fn snapshot(&self) -> Seen {
        let snapshot = self.0.snapshot(std::time::Duration::ZERO);
        let metrics = snapshot.metrics().iter();
        let values = metrics.flat_map(|metric| {
            let name = metric.metric().name();
            metric.series().map(move |series| (key(name, series.tags()), value(series.value())))
        });
        values.collect()
    }

    fn retire(&self, metric: &str, tag: &str) {
        assert_eq!(self.0.prune(metric, &[("tag", tag)]).unwrap(), 1);
    }
}

fn key(metric: &str, tags: &Tags) -> String {
    tags.iter().fold(metric.to_owned(), |key, tag| key + " " + tag)
}

fn value(value: SeriesValue<'_>) -> Value {
    match value {
        SeriesValue::Counter(count) => Value::Integer(count.into()),
        SeriesValue::Sum(total) | SeriesValue::LastValue(total) => match total {
            Total::Integer(value) => Value::Integer(value),
            Total::Float(value) => Value::Float(value),
        },
        other => panic!("no model measures {other:?}"),
    }
}
