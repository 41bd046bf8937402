//! The metrics of the program, with those that two versions of a library declare made one.
//!
//! Two versions in one program declare their events twice, and their metrics. An event's *twins* are
//! the events of its name and fields in other crates: by name they are one event, but each has Rust
//! types of its own, and so a metric's closures read one of them alone. Equal metrics over twins
//! become one metric with a source for each. A metric that reads by name only, having no closures,
//! gets its twins as further sources. What remains unheard is said at the start.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use telemetry::{AnyEvent, MetricDef, MetricGroup, MetricSource};

/// All metrics of the program.
pub(crate) fn metrics() -> Vec<&'static MetricDef> {
    let twins = Twins::of_the_program();
    let mut metrics = Vec::new();
    let mut doubled: Vec<Doubled> = Vec::new();
    for definition in telemetry::metric_groups().flat_map(MetricGroup::metrics) {
        if definition.sources.iter().all(|source| twins.of(source.event).is_empty()) {
            metrics.push(definition);
        } else if let Some(equal) = doubled.iter_mut().find(|doubled| doubled.takes(definition)) {
            equal.definitions.push(definition);
        } else {
            doubled.push(Doubled { definitions: vec![definition] });
        }
    }
    metrics.extend(doubled.iter().map(|doubled| doubled.merged(&twins)));
    metrics
}

/// One line for each event whose executions a metric does not hear, though it hears a twin's.
pub(crate) fn unheard(metrics: impl Iterator<Item = &'static MetricDef>) -> Vec<String> {
    let twins = Twins::of_the_program();
    let mut lines = Vec::new();
    for metric in metrics {
        for source in metric.sources {
            for twin in twins.beyond(source, metric.sources) {
                lines.push(format!(
                    "the metric `{}` at {} does not hear `{}` as it is declared at {}, since its closures have the types of {}; declare it for that version too",
                    metric.name(),
                    metric.location,
                    twin.name(),
                    twin.location(),
                    source.event.location(),
                ));
            }
        }
    }
    lines
}

/// The names of the events that are declared more than once, in order.
pub(crate) fn twins() -> Vec<&'static str> {
    let mut names: Vec<&str> = Twins::of_the_program().by_name.into_keys().collect();
    names.sort_unstable();
    names
}

/// The events of names that are declared more than once.
struct Twins {
    by_name: HashMap<&'static str, Vec<&'static AnyEvent>>,
}

impl Twins {
    fn of_the_program() -> Self {
        let mut by_name: HashMap<&str, Vec<&'static AnyEvent>> = HashMap::new();
        for event in telemetry::vocabularies().flat_map(telemetry::Vocabulary::events) {
            by_name.entry(event.name()).or_default().push(event);
        }
        by_name.retain(|_, events| events.len() > 1);
        Self { by_name }
    }

    /// The twins of an event, itself not among them.
    fn of(&self, event: &'static AnyEvent) -> Vec<&'static AnyEvent> {
        let named = self.by_name.get(event.name()).into_iter().flatten().copied();
        named.filter(|other| !same(other, event) && other.is_twin_of(event)).collect()
    }

    /// The twins of a source's event that none of these sources is of.
    fn beyond(&self, source: &MetricSource, sources: &[MetricSource]) -> Vec<&'static AnyEvent> {
        let mut twins = self.of(source.event);
        twins.retain(|twin| !sources.iter().any(|known| same(known.event, twin)));
        twins
    }
}

/// Equal metrics over twins.
struct Doubled {
    definitions: Vec<&'static MetricDef>,
}

impl Doubled {
    /// Whether the definition is the same metric, over twins of its events.
    fn takes(&self, other: &MetricDef) -> bool {
        let first = self.definitions[0];
        let is_equal = first.name() == other.name()
            && first.measurement == other.measurement
            && first.kind == other.kind
            && first.conversion == other.conversion
            && first.tags == other.tags
            && first.sources.len() == other.sources.len();
        let are_twins = first
            .sources
            .iter()
            .zip(other.sources)
            .all(|(source, other)| source.event.is_twin_of(other.event));
        let mut known = self.definitions.iter().flat_map(|definition| definition.sources);
        let is_new =
            !known.any(|known| other.sources.iter().any(|new| same(known.event, new.event)));
        is_equal && are_twins && is_new
    }

    /// The one metric, kept for the life of the process as declared ones are.
    fn merged(&self, twins: &Twins) -> &'static MetricDef {
        static MERGED: Mutex<BTreeMap<Vec<usize>, &MetricDef>> = Mutex::new(BTreeMap::new());

        let mut sources: Vec<MetricSource> =
            self.definitions.iter().flat_map(|definition| definition.sources).copied().collect();
        for source in sources.clone().iter().filter(|source| source.reads_twins) {
            for twin in twins.beyond(source, &sources) {
                sources.push(MetricSource { event: twin, ..*source });
            }
        }
        let first = self.definitions[0];
        if sources.len() == first.sources.len() {
            return first;
        }
        let addresses = |definition: &&MetricDef| std::ptr::from_ref(*definition).addr();
        let events = sources.iter().map(|source| std::ptr::from_ref(source.event).addr());
        let key = self.definitions.iter().map(addresses).chain(events).collect();
        let mut merged = MERGED.lock().unwrap_or_else(PoisonError::into_inner);
        merged.entry(key).or_insert_with(|| {
            Box::leak(Box::new(MetricDef { sources: Vec::leak(sources), ..*first }))
        })
    }
}

fn same(event: &AnyEvent, other: &AnyEvent) -> bool {
    std::ptr::eq(event, other)
}
