//! The one handler that feeds the store: it listens to every event that a metric is declared over.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry::{AnyEvent, MetricSource, Policy};

use crate::store::Store;
use crate::store::snapshot::Metric;

/// Feeds the store until it is dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    id: String,
}

/// Where the recorder's readings go.
pub(crate) trait Stores: Send + Sync + 'static {
    /// Calls `record` with the store of this execution, if there is one.
    fn with(&self, record: &mut dyn FnMut(&Store));
}

impl Stores for Arc<Store> {
    fn with(&self, record: &mut dyn FnMut(&Store)) {
        record(self);
    }
}

/// The metrics of each event, as the handler's configuration.
struct Feed<T> {
    stores: T,
    /// By the event's address: which metric, and how it reads an execution.
    sources: HashMap<usize, Vec<(usize, &'static MetricSource)>>,
}

impl Recorder {
    /// Attaches to all events of these metrics, whose order is that of the stores.
    ///
    /// # Errors
    /// When the handler's id is taken, which only somebody who wants it so can do.
    pub(crate) fn attach<'m>(
        metrics: impl Iterator<Item = &'m Metric>,
        stores: impl Stores,
    ) -> Result<Option<Self>, telemetry::Error> {
        static RECORDERS: AtomicU64 = AtomicU64::new(0);

        let mut events: Vec<&'static AnyEvent> = Vec::new();
        let mut sources: HashMap<usize, Vec<_>> = HashMap::new();
        for (index, metric) in metrics.enumerate() {
            for source in metric.definition().sources {
                events.push(source.event);
                sources.entry(address(source.event)).or_default().push((index, source));
            }
        }
        if events.is_empty() {
            return Ok(None);
        }
        let number = RECORDERS.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("telemetry.recorder.{number}");
        let feed = Feed { stores, sources };
        // A metric's closures are isolated one by one; what else panics is a bug of the toolkit, and
        // is reported as a failing handler each time.
        telemetry::attach_many(&id, &events, feed, |execution, feed| {
            let Some(sources) = feed.sources.get(&address(execution.event())) else { return };
            feed.stores.with(&mut |store| {
                for (metric, source) in sources {
                    store.record(*metric, source, execution);
                }
            });
        })?
        .on_panic(Policy::Keep);
        Ok(Some(Self { id }))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Somebody may have detached it by its id.
        let _ = telemetry::detach(&self.id);
    }
}

fn address(event: &'static AnyEvent) -> usize {
    std::ptr::from_ref(event).addr()
}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events", self.sources.len())
    }
}
