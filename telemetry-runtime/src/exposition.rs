//! Names on the wire, and the check that no two metrics share one.

use telemetry::MetricKind;

use std::sync::Arc;

use crate::error::Error;
use crate::store::snapshot::Metric;

/// What the formats append by themselves.
const SUFFIXES: [&str; 6] = ["total", "count", "sum", "bucket", "created", "info"];

/// The metric's name for Prometheus, without the suffixes that its formats append.
///
/// Segments are joined by `_`, what is not allowed becomes `_`, and a last segment that the formats
/// append by themselves is dropped.
pub(crate) fn prometheus_base(name: &str) -> String {
    let base = match name.rsplit_once('.') {
        Some((base, last)) if SUFFIXES.contains(&last) => base,
        _ => name,
    };
    let mut base: String = base.chars().map(allowed).collect();
    if base.starts_with(|first: char| first.is_ascii_digit()) {
        base.insert(0, '_');
    }
    base
}

/// The metric's name for OTLP: segments joined by dots, what is not allowed in one becomes `_`.
#[cfg(feature = "otlp")]
pub(crate) fn otlp_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if c == '.' { c } else { allowed(c) }).collect();
    // It begins with a letter.
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        format!("_{name}")
    }
}

/// A tag's name for Prometheus.
pub(crate) fn prometheus_label(name: &str) -> String {
    prometheus_base(name)
}

fn allowed(character: char) -> char {
    if character.is_ascii_alphanumeric() || character == '_' { character } else { '_' }
}

/// All names that the metric's series have in Prometheus' text.
fn series_names(metric: &Metric) -> Vec<String> {
    let base = prometheus_base(metric.name());
    match metric.kind() {
        MetricKind::Distribution(_) => {
            ["", "_bucket", "_count", "_sum"].map(|suffix| format!("{base}{suffix}")).into()
        }
        _ if metric.is_monotonic() => vec![format!("{base}_total")],
        _ => vec![base],
    }
}

/// # Errors
/// When two metrics have a name in common, or a tag cannot be told from one of the format's own.
pub(crate) fn check(metrics: &[Arc<Metric>]) -> Result<(), Error> {
    let mut seen: std::collections::HashMap<String, &Metric> = std::collections::HashMap::new();
    for metric in metrics {
        for name in series_names(metric) {
            if let Some(other) = seen.insert(name.clone(), metric) {
                return Err(Error::conflict(format!(
                    "two metrics have the exposition name {name:?}: the {} `{}` at {} and the {} `{}` at {}; give one of them another with `name = …`",
                    other.kind().name(),
                    other.name(),
                    other.location(),
                    metric.kind().name(),
                    metric.name(),
                    metric.location(),
                )));
            }
        }
        if matches!(metric.kind(), MetricKind::Distribution(_)) && metric.tags().contains(&"le") {
            return Err(Error::conflict(format!(
                "the distribution `{}` at {} has a tag `le`, which is the name of the buckets' bounds; rename the tag",
                metric.name(),
                metric.location(),
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_the_format() {
        for (name, base) in [
            ("my_app.orders.placed.count", "my_app_orders_placed"),
            ("vm.memory.total", "vm_memory"),
            ("my_app.request.stop.duration", "my_app_request_stop_duration"),
            ("my_app.größe", "my_app_gr__e"),
            ("2.fast", "_2_fast"),
            ("count", "count"),
        ] {
            assert_eq!(prometheus_base(name), base);
        }
    }
}
