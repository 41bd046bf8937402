//! Packets are within their size, no tag forges a line, and what receivers add up is what was measured.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry::MetricKind;
use telemetry_fuzz::story::Story;
use telemetry_fuzz::truth;
use telemetry_runtime::fuzzing::statsd::report;
use telemetry_runtime::reporter::Dialect;

/// A receiver's state, by name and tags.
#[derive(Debug, Default)]
struct Receiver {
    counters: BTreeMap<(String, String), f64>,
    gauges: BTreeMap<(String, String), f64>,
    /// How many were measured.
    timers: BTreeMap<(String, String), f64>,
    lines: u64,
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((size, input)) = input.split_first_chunk::<2>() else { return Corpus::Reject };
    let Some(story) = Story::of(input) else { return Corpus::Reject };
    // the least that a packet may have, and what UDP takes
    let size = usize::from(u16::from_be_bytes(*size)).clamp(64, 65_507);
    for dialect in [Dialect::Standard, Dialect::DogStatsd] {
        let mut receiver = Receiver::default();
        let (mut before, mut dropped) = (None, 0);
        for round in &story.rounds {
            let sent = report(&round.snapshot, before, dialect, size);
            dropped += sent.dropped;
            for (packet, lines) in &sent.packets {
                assert!((1..=size).contains(&packet.len()), "{} bytes", packet.len());
                assert_eq!(receiver.packet(packet, dialect), *lines);
            }
            before = Some(&round.snapshot);
        }
        if dropped == 0 {
            check(&story, dialect, &receiver);
        }
    }
    Corpus::Keep
});

impl Receiver {
    /// Gives how many lines there are.
    fn packet(&mut self, packet: &[u8], dialect: Dialect) -> u64 {
        let text = str::from_utf8(packet).expect("packets are UTF-8");
        let lines = text.split('\n');
        lines.clone().for_each(|line| self.line(line, dialect));
        lines.count() as u64
    }

    fn line(&mut self, line: &str, dialect: Dialect) {
        self.lines += 1;
        assert!(!line.contains(char::is_control), "{line:?}");
        let (name, rest) = line.split_once(':').expect("a name ends");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        assert!(!name.is_empty() && name.chars().all(is_plain), "{line}");
        let mut fields = rest.split('|');
        let (values, kind) = (fields.next().unwrap(), fields.next().expect("a line has a type"));
        let (mut rate, mut tags) = (1.0, "");
        for field in fields {
            if let Some(text) = field.strip_prefix('@') {
                assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{line}");
                rate = text.parse().expect("a rate is a number");
                assert!(rate > 0.0 && rate <= 1.0, "{line}");
            } else {
                tags = field.strip_prefix('#').expect("rates and tags are all that there is");
                assert!(tags.split(',').all(|tag| !tag.is_empty()), "{line}");
            }
        }
        assert!(tags.is_empty() || dialect == Dialect::DogStatsd, "{line}");
        let key = (name.to_owned(), tags.to_owned());
        let values: Vec<&str> = values.split(':').collect();
        assert!(values.len() == 1 || dialect == Dialect::DogStatsd, "{line}");
        for text in values {
            let value: f64 = text.parse().expect("a value is a number");
            assert!(value.is_finite() && !text.starts_with('+'), "{line}");
            match (kind, dialect) {
                ("c", _) => *self.counters.entry(key.clone()).or_default() += value / rate,
                ("g", Dialect::Standard) if text.starts_with('-') => {
                    *self.gauges.entry(key.clone()).or_default() += value;
                }
                ("g", _) => {
                    self.gauges.insert(key.clone(), value);
                }
                ("ms", Dialect::Standard) => {
                    assert!(value >= 0.0, "{line}");
                    *self.timers.entry(key.clone()).or_default() += 1.0 / rate;
                }
                ("d" | "h", _) if dialect == Dialect::DogStatsd => {
                    *self.timers.entry(key.clone()).or_default() += 1.0 / rate;
                }
                _ => panic!("{line}"),
            }
        }
    }
}

/// All series of a metric together, as their tags are not told apart where they were sanitised.
fn check(story: &Story, dialect: Dialect, receiver: &Receiver) {
    let round = story.end();
    let (mut counted, mut measured) = (0.0, 0.0);
    for of_metric in round.snapshot.metrics() {
        let metric = of_metric.metric();
        let all = truth::measured(story, round, metric);
        let count = all.values().map(Vec::len).sum::<usize>() as f64;
        match metric.kind() {
            MetricKind::Counter => counted += count,
            MetricKind::Summary { .. } | MetricKind::Distribution(_) => measured += count,
            MetricKind::LastValue if metric.tags().is_empty() && receiver.gauges.len() == 1 => {
                let last = all.values().flatten().next_back().expect("it has a series");
                let told = *receiver.gauges.values().next().unwrap();
                let expected = metric.conversion().apply(last.float());
                assert!(truth::is_near(told, expected, 1e-15), "{told} is not {expected}");
            }
            _ => {}
        }
    }
    let has_sums =
        round.snapshot.metrics().iter().any(|of| matches!(of.metric().kind(), MetricKind::Sum));
    assert_eq!(receiver.timers.values().sum::<f64>(), measured, "{dialect:?}: {receiver:?}");
    if !has_sums {
        assert_eq!(receiver.counters.values().sum::<f64>(), counted, "{dialect:?}: {receiver:?}");
    }
}
