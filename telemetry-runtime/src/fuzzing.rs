//! What the targets of the workspace `fuzz/` reach of what is private: parsers and encoders, as functions
//! of plain values. It is there with `--cfg fuzzing` alone, and promises nothing.
//!
//! Each part of the crate has its functions in a `fuzzing` module of its own, below what they call.

use std::fmt;
use std::sync::Arc;

use telemetry::{Execution, MetricDef};

pub use crate::config::fuzzing::Read;
use crate::config::fuzzing::shown;
use crate::error::Error;
use crate::exposition;
use crate::reporter::Selection;
use crate::store::snapshot::{Metric, Snapshot, Snapshots};
use crate::store::{Limits, Plan, Store};

/// What the console writes.
pub mod console {
    pub use crate::reporter::console::fuzzing::*;
}

/// What probes are answered, and what the probe in the program reads.
pub mod health {
    pub use crate::health::fuzzing::*;
    pub use crate::http_probe::fuzzing::*;
}

/// What Linux tells of control groups.
#[cfg(target_os = "linux")]
pub mod linux {
    pub use crate::process::fuzzing::*;
}

/// What OTLP's reporter sends, and what it reads of answers.
#[cfg(feature = "otlp")]
pub mod otlp {
    pub use crate::reporter::otlp_fuzzing::*;
}

/// What scrapes are answered, what is pushed, and how a format is chosen.
pub mod prometheus {
    pub use crate::reporter::prometheus::fuzzing::*;
}

/// What StatsD's reporter sends.
pub mod statsd {
    pub use crate::reporter::statsd::fuzzing::*;
}

/// Buckets, tags and patterns of the store.
pub mod store {
    pub use crate::store::fuzzing::*;
}

/// Metrics that are fed by hand, as a reporter with a selection sees them.
pub struct Scene {
    plan: Arc<Plan>,
    store: Arc<Store>,
    snapshots: Snapshots,
}

impl Scene {
    /// A store of these metrics alone.
    ///
    /// # Errors
    /// Where the runtime would not start: two metrics or tags are one on the wire, or a name is none.
    pub fn new(
        definitions: impl IntoIterator<Item = &'static MetricDef>,
        selection: &Selection,
    ) -> Result<Self, Error> {
        let mut metrics: Vec<Metric> = definitions.into_iter().map(Metric::of).collect();
        metrics.sort_by(|a, b| a.name().cmp(b.name()));
        let plan = Arc::new(Plan::new(metrics));
        exposition::check(plan.metrics())?;
        let store = Arc::new(Store::new(plan.clone(), Limits::default()));
        let read = store.clone();
        let all = Snapshots::new(move || read.snapshot(read.now()));
        let (_, snapshots) = selection.of("fuzzed", plan.metrics(), &all)?;
        Ok(Self { plan, store, snapshots })
    }

    /// Adds an execution of the metrics' event.
    pub fn record(&self, execution: &Execution<'_>) {
        for event in self.plan.events() {
            event.record(&self.plan, self.store.id(), execution);
        }
    }

    /// What was added until now.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshots.take()
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scene").field(&self.snapshot()).finish()
    }
}

/// The types that values of the environment have, by name.
pub fn settings() -> Vec<(&'static str, Read)> {
    let mut all: Vec<(&str, Read)> = vec![
        ("bind", bind),
        ("bool", shown::<bool>),
        ("duration", shown::<std::time::Duration>),
        ("number", shown::<u64>),
        ("port", shown::<u16>),
        ("ratio", shown::<f64>),
        ("text", shown::<String>),
        ("optional", shown::<Option<u32>>),
        ("attributes", shown::<crate::service::Attributes>),
        ("details", shown::<crate::health::Details>),
        ("dialect", shown::<crate::reporter::Dialect>),
        ("statsd", crate::reporter::statsd::fuzzing::destination),
        ("push", crate::reporter::prometheus::fuzzing::endpoint),
        ("probe", crate::http_probe::fuzzing::url),
    ];
    #[cfg(feature = "otlp")]
    all.extend(otlp::SETTINGS);
    all
}

/// Without what is a name, which would be looked up in the network.
fn bind(text: &str) -> Result<String, String> {
    if text != "off" && text.parse::<std::net::SocketAddr>().is_err() {
        return Err("which may be a name".into());
    }
    shown::<crate::admin::Bind>(text)
}

/// The address that the arguments of `healthcheck` ask for; nothing where they ask for help.
///
/// # Errors
/// What of them cannot be used.
pub fn healthcheck(arguments: &[&str]) -> Result<Option<String>, String> {
    crate::healthcheck::asked(arguments.iter().map(Into::into).collect())
}
