//! Who sends, and which package declared what is sent.

use std::collections::HashMap;

use super::message::{KeyValue, Resource, Scope};
use crate::service::Service;
use crate::store::snapshot::Metric;

/// The service and the toolkit, as attributes.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/resource/>.
pub(super) fn resource(service: &Service) -> Resource {
    let mut attributes = vec![KeyValue::text("service.name", service.name())];
    if !service.version().is_empty() {
        attributes.push(KeyValue::text("service.version", service.version()));
    }
    let ours = [
        ("telemetry.sdk.name", "telemetry-toolkit"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ];
    let is_ours = |key: &str| ours.iter().any(|(name, _)| *name == key);
    let given = service.attributes().filter(|(key, _)| !is_ours(key));
    attributes.extend(given.map(|(key, value)| KeyValue::text(key, value)));
    attributes.extend(ours.map(|(key, value)| KeyValue::text(key, value)));
    Resource { attributes }
}

/// The package that tells of the toolkit itself.
pub(super) const OURS: &str = env!("CARGO_PKG_NAME");

/// The packages that declare events, with their versions, and the metrics of each.
#[derive(Debug)]
pub(super) struct Packages {
    versions: HashMap<&'static str, &'static str>,
    of_metrics: HashMap<String, &'static str>,
}

impl Packages {
    /// Those of the program.
    pub(super) fn linked() -> Self {
        let vocabularies = telemetry::vocabularies();
        let mut versions: HashMap<_, _> = vocabularies
            .map(|vocabulary| (vocabulary.crate_name(), vocabulary.crate_version()))
            .collect();
        versions.insert(OURS, env!("CARGO_PKG_VERSION"));
        let of_metrics = telemetry::metric_groups()
            .flat_map(|group| {
                let metrics = group.metrics().iter();
                metrics.map(|metric| (metric.name(), group.crate_name()))
            })
            .collect();
        Self { versions, of_metrics }
    }

    /// The package that declares the metric, whatever a selection calls it.
    pub(super) fn of_metric(&self, metric: &Metric) -> &'static str {
        self.of_metrics.get(&metric.definition().name()).copied().unwrap_or(OURS)
    }

    /// A package as a scope. The version of one that declares metrics alone is not known.
    pub(super) fn scope(&self, package: &str) -> Scope {
        let version = self.versions.get(package).copied().unwrap_or_default();
        Scope { name: package.to_owned(), version: version.to_owned() }
    }
}
