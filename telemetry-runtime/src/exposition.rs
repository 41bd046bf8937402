//! Names on the wire, and the check that no two metrics share one.

use std::collections::HashMap;
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
    prometheus_label(base)
}

/// A tag's name for Prometheus: what is not allowed becomes `_`, and none begins with a digit.
pub(crate) fn prometheus_label(name: &str) -> String {
    let mut label: String = name.chars().map(allowed).collect();
    if label.starts_with(|first: char| first.is_ascii_digit()) {
        label.insert(0, '_');
    }
    label
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
    let name = dotted_name(name);
    // It begins with a letter.
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        format!("_{name}")
    }
}

/// The metric's name where its segments stay apart.
fn dotted_name(name: &str) -> String {
    name.chars().map(|c| if c == '.' { c } else { allowed(c) }).collect()
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

/// What a label is for, if that is something else than to name a tag of the metric.
pub(crate) fn reserved(metric: &Metric, label: &str) -> Option<&'static str> {
    match (metric.kind(), label) {
        (MetricKind::Distribution(_), "le") => Some("the name of the buckets' bounds"),
        (MetricKind::Summary { .. }, "quantile") => Some("the name of the percentiles"),
        // `__name__` is the metric's name
        _ if label.starts_with("__") => Some("reserved, as all that begin with `__` are"),
        _ => None,
    }
}

/// # Errors
/// When two metrics have a name in common, or a tag cannot be told from another or from one of the
/// format's own.
pub(crate) fn check(metrics: &[Arc<Metric>]) -> Result<(), Error> {
    let (mut dotted, mut of_prometheus) = (HashMap::new(), HashMap::new());
    for metric in metrics {
        share_no_name(&mut of_prometheus, metric, names(metric))?;
        // a unit behind one of two names tells them apart for Prometheus alone
        share_no_name(&mut dotted, metric, [dotted_name(metric.name())])?;
        let faults = [fault_of_labels(metric), fault_of_unit(metric)];
        if let Some(fault) = faults.into_iter().flatten().next() {
            return Err(Error::conflict(format!(
                "the {} `{}` at {} has {fault}",
                metric.kind().name(),
                metric.name(),
                metric.location(),
            )));
        }
    }
    Ok(())
}

fn share_no_name<'m>(
    seen: &mut HashMap<String, &'m Metric>,
    metric: &'m Metric,
    names: impl IntoIterator<Item = String>,
) -> Result<(), Error> {
    for name in names {
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
    Ok(())
}

fn fault_of_labels(metric: &Metric) -> Option<String> {
    let mut seen = HashMap::new();
    metric.tags().iter().find_map(|tag| {
        let label = prometheus_label(tag);
        if let Some(what) = reserved(metric, &label) {
            return Some(format!("a tag `{tag}`, which is {what}; rename the tag"));
        }
        let other = seen.insert(label, tag)?;
        Some(format!(
            "the tags {other:?} and {tag:?}, which are one on the wire; rename one of them"
        ))
    })
}

fn fault_of_unit(metric: &Metric) -> Option<String> {
    let unit = prometheus_unit(metric).filter(|unit| !is_word(unit))?;
    Some(format!("the {UNIT} {unit:?}; allowed is a word of a-z, 0-9 and `_`, as in \"seconds\""))
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use telemetry::{Buckets, Conversion, MetricDef, MetricOptions, Unit};

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
        for (name, label) in
            [("le.total", "le_total"), ("größe.count", "gr__e_count"), ("1st", "_1st")]
        {
            assert_eq!(prometheus_label(name), label);
        }
    }

    fn metric(kind: MetricKind, name: &str, tags: &'static [&'static str]) -> Arc<Metric> {
        unit_metric(kind, name, tags, &[])
    }

    fn unit_metric(
        kind: MetricKind,
        name: &str,
        tags: &'static [&'static str],
        reporter_options: &'static [(&'static str, ReporterOption)],
    ) -> Arc<Metric> {
        let definition = MetricDef {
            kind,
            explicit_name: Some(String::leak(name.to_owned())),
            measurement: "value",
            description: "",
            conversion: Conversion::none(Unit::NONE),
            tags,
            sources: &[],
            options: MetricOptions { reporter_options, ..MetricOptions::DEFAULT },
            location: Location::caller(),
        };
        Arc::new(Metric::of(Box::leak(Box::new(definition))))
    }

    #[test]
    fn names_that_a_unit_tells_apart_for_prometheus_alone_are_one() {
        let seconds = &[(UNIT, ReporterOption::Str("seconds"))];
        let of_seconds = unit_metric(MetricKind::LastValue, "my-app.time", &[], seconds);
        let plain = metric(MetricKind::LastValue, "my_app.time", &[]);
        let error = check(&[of_seconds.clone(), plain]).unwrap_err().to_string();
        assert!(error.contains("the exposition name \"my_app.time\""), "{error}");
        check(&[of_seconds, metric(MetricKind::LastValue, "my_app.other", &[])]).unwrap();
    }

    #[test]
    fn tags_that_are_one_on_the_wire_or_have_another_meaning_are_refused() {
        let distribution = MetricKind::Distribution(Buckets::Exponential);
        let summary = MetricKind::Summary { percentiles: &[] };
        for (kind, tags, part) in [
            (distribution, &["le"][..], "a tag `le`, which is the name of the buckets' bounds"),
            (summary, &["quantile"], "a tag `quantile`, which is the name of the percentiles"),
            (MetricKind::Counter, &["__name__"], "a tag `__name__`, which is reserved"),
            (
                MetricKind::Counter,
                &["a b", "c", "a-b"],
                "the tags \"a b\" and \"a-b\", which are one",
            ),
        ] {
            let error = check(&[metric(kind, "my_app.value", tags)]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        check(&[metric(MetricKind::Counter, "my_app.value", &["le", "quantile", "_a"])]).unwrap();
    }
}
