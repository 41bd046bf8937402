//! Names on the wire, and the check that no two metrics share one.

use std::sync::Arc;

use telemetry::{MetricKind, ReporterOption};

use crate::error::Error;
use crate::store::snapshot::Metric;

/// What the formats append by themselves.
const SUFFIXES: [&str; 6] = ["total", "count", "sum", "bucket", "created", "info"];

/// The reporter option that puts a unit behind the name.
const UNIT: &str = "prometheus_unit";

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

/// The same with the metric's unit behind it, where its `reporter_options` name one.
pub(crate) fn prometheus_name(metric: &Metric) -> String {
    let mut name = prometheus_base(metric.name());
    if let Some(unit) = prometheus_unit(metric) {
        let has_unit = name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
        if !has_unit {
            name.push('_');
            name.push_str(unit);
        }
    }
    name
}

/// What `reporter_options = { prometheus_unit = "seconds" }` names.
pub(crate) fn prometheus_unit(metric: &Metric) -> Option<&'static str> {
    let options = metric.definition().options.reporter_options;
    options.iter().find_map(|(name, value)| match value {
        ReporterOption::Str(unit) if *name == UNIT => Some(*unit),
        _ => None,
    })
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

fn is_word(text: &str) -> bool {
    let is_of_words = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_of_words)
}

fn allowed(character: char) -> char {
    if character.is_ascii_alphanumeric() || character == '_' { character } else { '_' }
}

/// The names of the metric and of its series in all of Prometheus' formats.
fn names(metric: &Metric) -> Vec<String> {
    let base = prometheus_name(metric);
    let suffixes: &[&str] = match metric.kind() {
        MetricKind::Distribution(_) => &["", "_bucket", "_count", "_sum", "_created"],
        MetricKind::Summary { .. } => &["", "_count", "_sum", "_created"],
        _ if metric.is_monotonic() => &["_total", "_created", ""],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{base}{suffix}")).collect()
}

/// The label that the format itself gives to the metric's series.
fn own_label(metric: &Metric) -> Option<(&'static str, &'static str)> {
    match metric.kind() {
        MetricKind::Distribution(_) => Some(("le", "the name of the buckets' bounds")),
        MetricKind::Summary { .. } => Some(("quantile", "the name of the percentiles")),
        _ => None,
    }
}

/// # Errors
/// When two metrics have a name in common, or a tag cannot be told from one of the format's own.
pub(crate) fn check(metrics: &[Arc<Metric>]) -> Result<(), Error> {
    let mut seen: std::collections::HashMap<String, &Metric> = std::collections::HashMap::new();
    for metric in metrics {
        for name in names(metric) {
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
        if let Some((label, what)) =
            own_label(metric).filter(|(label, _)| metric.tags().contains(label))
        {
            return Err(Error::conflict(format!(
                "the {} `{}` at {} has a tag `{label}`, which is {what}; rename the tag",
                metric.kind().name(),
                metric.name(),
                metric.location(),
            )));
        }
        if let Some(unit) = prometheus_unit(metric).filter(|unit| !is_word(unit)) {
            return Err(Error::conflict(format!(
                "the {} `{}` at {} has the {UNIT} {unit:?}; allowed is a word of a-z, 0-9 and `_`, as in \"seconds\"",
                metric.kind().name(),
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
