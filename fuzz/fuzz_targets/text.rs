//! The text formats of Prometheus are read back as what was measured, whatever names and tags are.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry::{Buckets, MetricKind};
use telemetry_fuzz::exposition::{
    Families, Family, Labels, Sample, read, wire_label, wire_name_with,
};
use telemetry_fuzz::story::{Executed, Story};
use telemetry_fuzz::truth;
use telemetry_runtime::fuzzing::prometheus::{self, pages};
use telemetry_runtime::{Metric, Snapshot};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(story) = Story::of(input) else { return Corpus::Reject };
    truth::check(&story);
    let snapshot = &story.end().snapshot;
    for (place, is_open) in [false, true].into_iter().enumerate() {
        let [page, again] = pages(snapshot, place, 1 << 20);
        assert_eq!(page, again, "labels that are kept are those that are rendered");
        check(&story, snapshot, &read(&page, is_open), is_open);
    }
    Corpus::Keep
});

fn check(story: &Story, snapshot: &Snapshot, families: &Families, is_open: bool) {
    let mut known = 0;
    for of_metric in snapshot.metrics() {
        let metric = of_metric.metric();
        let family = family(families, metric, is_open);
        known += 1;
        let mut by_labels: BTreeMap<Labels, Vec<&Sample>> = BTreeMap::new();
        for sample in &family.samples {
            let mut labels = sample.labels.clone();
            labels.remove("le");
            labels.remove("quantile");
            by_labels.entry(labels).or_default().push(sample);
        }
        let measured = truth::measured(story, story.end(), metric);
        let told = (truth::known(&measured)..=measured.len()).contains(&by_labels.len());
        assert!(told, "{metric:?}: {by_labels:?}");
        for (tags, executed) in measured {
            let mut labels = Labels::new();
            for (name, value) in metric.tags().iter().copied().zip(tags) {
                labels.insert(wire_label(name), value.to_owned());
            }
            for (name, value) in snapshot.tags() {
                labels.insert(wire_label(name), value.to_owned());
            }
            match by_labels.get(&labels) {
                Some(samples) => check_series(metric, samples, &executed),
                None => assert!(executed.is_empty(), "{labels:?} is not among {by_labels:?}"),
            }
        }
    }
    let ours = families.keys().filter(|name| name.starts_with("telemetry_")).count();
    assert!(families.len() <= known + ours, "{:?}", families.keys());
}

fn family<'f>(families: &'f Families, metric: &Metric, is_open: bool) -> &'f Family {
    let (unit, kind) = (prometheus::unit(metric), kind(metric));
    let mut name = wire_name_with(metric.name(), unit);
    if kind == "counter" && !is_open {
        name.push_str("_total");
    }
    let family = families.get(&name).unwrap_or_else(|| panic!("{name}: {:?}", families.keys()));
    assert_eq!(family.kind, kind);
    assert_eq!(family.unit, unit.filter(|_| is_open).unwrap_or_default());
    let help = if metric.description().is_empty() { metric.name() } else { metric.description() };
    assert_eq!(family.help, help);
    family
}

fn kind(metric: &Metric) -> &'static str {
    match metric.kind() {
        MetricKind::Counter => "counter",
        MetricKind::Summary { .. } => "summary",
        MetricKind::Distribution(_) => "histogram",
        _ => "gauge",
    }
}

fn check_series(metric: &Metric, samples: &[&Sample], executed: &[&Executed]) {
    let count = executed.len() as f64;
    let floats = truth::floats(metric, executed);
    let (mut below, mut bound) = (0.0, f64::NEG_INFINITY);
    for sample in samples {
        let value = sample.value;
        if sample.name.ends_with("_created") && kind(metric) != "gauge" {
            assert!(value > 0.0);
        } else if let Some(le) = sample.labels.get("le").filter(|_| kind(metric) == "histogram") {
            let le = if le == "+Inf" { f64::INFINITY } else { le.parse().expect("a number") };
            assert!(le > bound && value >= below, "{samples:?}");
            (below, bound) = (value, le);
            if metric.conversion().is_identity() {
                // exponential buckets of negative numbers are mirrored: but for the last one, above which
                // there is only 0, their upper bounds are not in them
                let is_mirrored =
                    matches!(metric.kind(), MetricKind::Distribution(Buckets::Exponential))
                        && le < -f64::from_bits(1);
                let is_in = |value: f64| if is_mirrored { value < le } else { value <= le };
                let expected = floats.iter().filter(|value| is_in(**value)).count() as f64;
                assert_eq!(value, expected, "up to {le} of {floats:?}");
            }
            assert!(sample.exemplar.as_ref().is_none_or(|(_, value)| *value <= le));
        } else if kind(metric) == "summary" && sample.labels.contains_key("quantile") {
            let [least, most] =
                [f64::min, f64::max].map(|of| floats.iter().copied().fold(f64::NAN, of));
            let is_within = |slack: f64| {
                value >= least - slack * least.abs() && value <= most + slack * most.abs()
            };
            // nothing has no quantiles, and below the normal floats the error is absolute
            let is_told = is_within(0.01) || value.abs() < 1e-307;
            assert!(is_told || (value.is_nan() && floats.is_empty()), "{value} of {floats:?}");
        } else if sample.name.ends_with("_count") && kind(metric) != "gauge" {
            assert_eq!(value, count);
        } else if kind(metric) == "counter" {
            assert_eq!(value, count);
        } else if matches!(metric.kind(), MetricKind::LastValue) {
            assert!(truth::is_near(value, floats[floats.len() - 1], 1e-15), "{value} {floats:?}");
        } else {
            assert!(truth::is_sum(metric, executed, value), "{value} of {executed:?}");
        }
    }
    if kind(metric) == "histogram" {
        assert_eq!((bound, below), (f64::INFINITY, count));
    }
}
