//! Metrics as they are declared, and what their functions read of an execution.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use telemetry::{AnyEvent, Execution, MetricDef, MetricGroup, Policy, ReadTags, TagSet};

/// The metric of this name, from whatever crate.
///
/// # Panics
/// Where there is none, or more than one.
#[track_caller]
pub fn definition(name: &str) -> &'static MetricDef {
    let all = telemetry::metric_groups().flat_map(MetricGroup::metrics);
    let named: Vec<_> = all.filter(|metric| metric.name() == name).collect();
    match named[..] {
        [one] => one,
        _ => panic!("{} metrics are called {name}", named.len()),
    }
}

/// What `read` gives for each execution of the event on this thread while `work` runs.
///
/// # Panics
/// Where a reader of this name is attached already.
pub fn read<T: Send + 'static>(
    name: &str,
    event: &'static AnyEvent,
    read: impl Fn(&Execution<'_>) -> T + Send + Sync + 'static,
    work: impl FnOnce(),
) -> Vec<T> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let (kept, here) = (found.clone(), thread::current().id());
    telemetry::attach_many(name, &[event], (), move |execution, ()| {
        if thread::current().id() == here {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(read(execution));
        }
    })
    .expect("one reader of each name")
    .on_panic(Policy::Keep);
    work();
    telemetry::detach(name).expect("it was attached above");
    std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The number of the combination of values, where there is one.
pub fn index(tags: ReadTags, execution: &Execution<'_>) -> Option<usize> {
    match tags {
        ReadTags::Typed { index, .. } => index(execution),
        _ => None,
    }
}

/// The tags' values.
pub fn texts(tags: ReadTags, execution: &Execution<'_>) -> Vec<String> {
    let mut set = TagSet::with_texts();
    if let ReadTags::Typed { read, .. } = tags {
        read(execution, &mut set);
    }
    set.texts().map(String::from).collect()
}
