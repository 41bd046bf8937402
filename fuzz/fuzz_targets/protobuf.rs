//! Prometheus' protobuf, and remote-write, are read back as what was measured, and as the text format
//! has it.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry::MetricKind;
use telemetry_fuzz::exposition::{self, Labels, is_name};
use telemetry_fuzz::protobuf::{Message, messages};
use telemetry_fuzz::story::{Executed, Story};
use telemetry_fuzz::truth;
use telemetry_runtime::Metric;
use telemetry_runtime::fuzzing::prometheus::{self, bodies, pages};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(story) = Story::of(input) else { return Corpus::Reject };
    families(&story);
    written(&story);
    Corpus::Keep
});

fn families(story: &Story) {
    let snapshot = &story.end().snapshot;
    let [page, again] = pages(snapshot, 2, 0);
    assert_eq!(page, again);
    let families = messages(&page);
    let mut names: Vec<&str> = families.iter().map(|family| family.text(1)).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), families.len(), "a family stands twice");
    for of_metric in snapshot.metrics() {
        let metric = of_metric.metric();
        let mut name = exposition::wire_name_with(metric.name(), prometheus::unit(metric));
        if matches!(metric.kind(), MetricKind::Counter) {
            name.push_str("_total");
        }
        let family = families.iter().find(|family| family.text(1) == name);
        let measured = truth::measured(story, story.end(), metric);
        let Some(family) = family else {
            assert_eq!(truth::known(&measured), 0, "{name} is not among {families:?}");
            continue;
        };
        let mut series = BTreeMap::new();
        for member in family.messages(4) {
            assert!(series.insert(labels(&member), member).is_none(), "a series stands twice");
        }
        assert!((truth::known(&measured)..=measured.len()).contains(&series.len()));
        for (tags, executed) in measured {
            let mut labels = Labels::new();
            for (name, value) in metric.tags().iter().copied().zip(tags).chain(snapshot.tags()) {
                labels.insert(exposition::wire_label(name), value.to_owned());
            }
            match series.get(&labels) {
                Some(member) => check_member(metric, member, &executed),
                None => assert!(executed.is_empty(), "{labels:?} is not among {series:?}"),
            }
        }
    }
}

fn labels(member: &Message<'_>) -> Labels {
    let mut labels = Labels::new();
    for pair in member.messages(1) {
        assert!(is_name(pair.text(1), ""), "{pair:?}");
        let known = labels.insert(pair.text(1).to_owned(), pair.text(2).to_owned());
        assert!(known.is_none(), "{pair:?} stands twice");
    }
    labels
}

fn check_member(metric: &Metric, member: &Message<'_>, executed: &[&Executed]) {
    let count = executed.len() as u64;
    let of_kinds = [2, 3, 4, 7].map(|kind| member.message(kind));
    assert_eq!(of_kinds.iter().flatten().count(), 1, "{member:?}");
    let [gauge, counter, summary, histogram] = of_kinds;
    if let Some(counter) = counter {
        assert_eq!(counter.float(1), Some(count as f64));
    }
    if let Some(gauge) = gauge {
        let value = gauge.float(1).expect("it has a value");
        let is_last = executed.last().is_some_and(|last| {
            truth::is_near(value, metric.conversion().apply(last.float()), 1e-15)
        });
        assert!(is_last || truth::is_sum(metric, executed, value), "{value} of {executed:?}");
    }
    if let Some(summary) = summary {
        assert_eq!(summary.unsigned(1), count);
    }
    if let Some(histogram) = histogram {
        assert_eq!(histogram.unsigned(1), count);
        if histogram.has(5) {
            check_native(metric, &histogram, executed)
        }
        let mut below = 0;
        for bucket in histogram.messages(3) {
            assert!(bucket.unsigned(1) >= below);
            below = bucket.unsigned(1);
        }
        assert!(below == count || histogram.has(5));
    }
}

/// The buckets of native histograms hold the numbers that lie between their bounds.
fn check_native(metric: &Metric, histogram: &Message<'_>, executed: &[&Executed]) {
    let count = executed.len() as u64;
    let scale = 2_f64.powi(-i32::try_from(histogram.zigzag(5)).expect("a scale is small"));
    let sides = [(9, 10, -1.0), (12, 13, 1.0)].map(|(spans, deltas, sign)| {
        let buckets = buckets(histogram, spans, deltas);
        if metric.conversion().is_identity() {
            let magnitudes: Vec<f64> =
                executed.iter().map(|executed| sign * executed.float()).collect();
            let mut below = 0;
            for (bucket, count) in &buckets {
                below += count;
                let exact = (*bucket as f64 * scale).exp2();
                // a power that is no float, and what is beyond the largest
                let bound = |slack: f64| exact * (1.0 + slack);
                let up_to = |bound: f64| {
                    magnitudes.iter().filter(|value| **value > 0.0 && **value <= bound).count()
                        as u64
                };
                let is_tiny = exact < 1e-300;
                assert!(
                    is_tiny || (up_to(bound(-1e-9))..=up_to(bound(1e-9))).contains(&below),
                    "{below} are up to {exact} of {magnitudes:?}"
                );
            }
        }
        buckets.iter().map(|(_, count)| count).sum::<u64>()
    });
    assert_eq!(sides.iter().sum::<u64>() + histogram.unsigned(7), count, "{histogram:?}");
}

fn buckets(histogram: &Message<'_>, spans: u64, deltas: u64) -> Vec<(i64, u64)> {
    let mut deltas = histogram.zigzags(deltas).into_iter();
    let (mut buckets, mut next, mut count) = (Vec::new(), 0, 0_i64);
    for (place, span) in histogram.messages(spans).iter().enumerate() {
        assert!(place == 0 || span.zigzag(1) >= 0, "spans rise");
        next += span.zigzag(1);
        for _ in 0..span.unsigned(2) {
            count += deltas.next().expect("each bucket has a count");
            buckets.push((next, u64::try_from(count).expect("counts are not negative")));
            next += 1;
        }
    }
    assert_eq!(deltas.next(), None);
    buckets
}

/// What remote-write sends has the series and values of the text format, and marks those that end.
fn written(story: &Story) {
    let rounds = bodies(&story.snapshots(), "fuzzed");
    let mut last = BTreeMap::new();
    for (round, bodies) in story.rounds.iter().zip(rounds) {
        let mut series = BTreeMap::new();
        for body in bodies {
            let message = snap::raw::Decoder::new().decompress_vec(&body).expect("it is snappy");
            for of_series in Message::read(&message).messages(1) {
                let labels = sorted_labels(&of_series);
                let [sample] = &of_series.messages(2)[..] else { panic!("{of_series:?}") };
                assert!(sample.signed(2) > 0, "{sample:?} has no time");
                let value = sample.float(1).unwrap_or_default();
                assert!(series.insert(labels, value).is_none(), "a series stands twice");
            }
        }
        let [page, _] = pages(&round.snapshot, 0, 0);
        let text = exposition::read(&page, false);
        for sample in text.values().flat_map(|family| &family.samples) {
            let mut labels = sample.labels.clone();
            labels.entry("job".into()).or_insert_with(|| "fuzzed".into());
            labels.retain(|_, value| !value.is_empty());
            labels.insert("__name__".into(), sample.name.clone());
            let Some(value) = series.get(&labels) else { panic!("{labels:?}: {series:?}") };
            let is_same = value.to_bits() == sample.value.to_bits()
                || (value.is_nan() && sample.value.is_nan());
            assert!(is_same, "{sample:?} is {value}");
        }
        last = series;
    }
    assert!(!last.is_empty());
}

fn sorted_labels(series: &Message<'_>) -> Labels {
    let pairs = series.messages(1);
    assert!(pairs.is_sorted_by(|a, b| a.text(1) < b.text(1)), "{pairs:?}");
    for pair in &pairs {
        assert!(is_name(pair.text(1), "") && !pair.text(2).is_empty(), "{pair:?}");
    }
    let labels: Labels =
        pairs.iter().map(|pair| (pair.text(1).to_owned(), pair.text(2).to_owned())).collect();
    assert!(is_name(&labels["__name__"], ":"));
    labels
}
