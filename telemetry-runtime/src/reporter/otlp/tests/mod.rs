//! From executions to messages, and from messages to receivers that behave as they like.

#![expect(clippy::cast_precision_loss, reason = "the nearest floats are what is expected")]

mod delivery;
mod deltas;
mod messages;
mod receiver;
mod spans;

use std::sync::Arc;
use std::time::Duration;

use super::message::metrics::{Data, Metric as Message, NumberPoint, Request, Value};
use super::message::{Any, KeyValue, Resource};
use super::metrics::{Cursor, Encoder, Part};
use super::resource::Packages;
use super::values::Temporality;
use crate::recorder::Recorder;
use crate::store::snapshot::{Metric, Snapshot};
use crate::store::{Limits, Plan, Store};

/// A store that is fed until it is dropped, of the metrics whose names begin so. Tests run side by side,
/// and each store hears all of them: so each test has events of its own.
struct Fed {
    store: Arc<Store>,
    _recorder: Recorder,
}

impl Fed {
    fn of(metrics: &str) -> Self {
        let mut all = Metric::declared();
        all.retain(|metric| metric.name().starts_with(metrics));
        let plan = Arc::new(Plan::new(all));
        let store = Arc::new(Store::new(plan.clone(), Limits::default()));
        let recorder = Recorder::attach(&plan, &store).unwrap();
        Self { store, _recorder: recorder }
    }

    fn snapshot(&self) -> Snapshot {
        self.store.snapshot(Duration::ZERO)
    }
}

fn encoder(temporality: Temporality) -> Encoder {
    Encoder::new(Resource::default(), Packages::linked(), temporality)
}

/// All messages of a snapshot, without the toolkit's own metrics.
fn parts(encoder: &Encoder, snapshot: &Snapshot, mut cursor: Cursor) -> Vec<Part> {
    std::iter::from_fn(|| encoder.part(snapshot, &mut cursor, Vec::new)).collect()
}

/// The metrics of a request, in whatever scope.
fn metrics(request: &Request) -> impl Iterator<Item = &Message> {
    let resources = request.resource_metrics.iter();
    resources.flat_map(|resource| &resource.scope_metrics).flat_map(|scope| &scope.metrics)
}

fn metric<'r>(request: &'r Request, name: &str) -> Option<&'r Message> {
    metrics(request).find(|metric| metric.name == name)
}

/// The points of a sum or a gauge.
fn numbers(metric: &Message) -> &[NumberPoint] {
    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => &sum.data_points,
        Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    }
}

fn texts(attributes: &[KeyValue]) -> Vec<(&str, &str)> {
    attributes
        .iter()
        .filter_map(|attribute| match attribute.value.as_ref()?.value.as_ref()? {
            Any::Text(text) => Some((&*attribute.key, &**text)),
            _ => None,
        })
        .collect()
}

fn integer(point: &NumberPoint) -> i64 {
    match point.value {
        Some(Value::Integer(value)) => value,
        other => panic!("{other:?}"),
    }
}
