//! OTLP's messages are read back as what was measured, by deltas too; what receivers answer is told in
//! one short line.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry_fuzz::protobuf::Message;
use telemetry_fuzz::story::{Executed, FIELDS, Story, context, event};
use telemetry_fuzz::truth;
use telemetry_runtime::Metric;
use telemetry_runtime::fuzzing::otlp::{accepted, refused, reports, span};

/// The numbers of the fields of `Metric` that hold points, and what they are called here.
const DATA: [(u64, Kind); 5] = [
    (5, Kind::Gauge),
    (7, Kind::Sum),
    (9, Kind::Histogram),
    (10, Kind::Exponential),
    (11, Kind::Summary),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Gauge,
    Sum,
    Histogram,
    Exponential,
    Summary,
}

/// A metric and attributes.
type Series = (String, BTreeMap<String, String>);

fuzz_target!(|input: &[u8]| -> Corpus {
    answers(input);
    let Some(story) = Story::of(input) else { return Corpus::Reject };
    let snapshots = story.snapshots();
    for is_delta in [false, true] {
        let mut counts = BTreeMap::new();
        for parts in reports(&snapshots, is_delta) {
            let mut of_round = BTreeMap::new();
            for (message, points) in parts {
                assert!(message.len() < 4 << 20, "receivers take four mebibytes");
                let told = points_of(&message, is_delta, &mut of_round);
                assert_eq!(told, points);
            }
            if !is_delta {
                counts.clear();
            }
            for (key, (count, is_of_deltas)) in of_round {
                let all = counts.entry(key).or_default();
                *all = if is_of_deltas { *all + count } else { count };
            }
        }
        check(&story, &counts);
    }
    if let Some(executed) = story.executions.last() {
        spans(executed);
    }
    Corpus::Keep
});

/// Puts what each point counts, and whether that is a delta, to those of the round.
fn points_of(message: &[u8], is_delta: bool, counts: &mut BTreeMap<Series, (f64, bool)>) -> u64 {
    let request = Message::read(message);
    let mut points = 0;
    for metric in request
        .messages(1)
        .iter()
        .flat_map(|resource| resource.messages(2))
        .flat_map(|scope| scope.messages(2))
    {
        let name = metric.text(1);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
        assert!(
            name.chars().all(is_plain)
                && !name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_'),
            "{name}"
        );
        assert!(metric.text(3).bytes().all(|byte| byte.is_ascii_graphic()), "{metric:?}");
        let mut data =
            DATA.iter().filter_map(|(field, kind)| Some((metric.message(*field)?, *kind)));
        let (data, kind) = data.next().expect("a metric has points");
        for point in data.messages(1) {
            points += 1;
            let (start, end) = (point.unsigned(2), point.unsigned(3));
            assert!(start <= end && end > 0, "{point:?}");
            let is_of_deltas = data.unsigned(2) == 1;
            assert!(!is_of_deltas || is_delta);
            let attributes = attributes(
                &point,
                if kind == Kind::Histogram {
                    9
                } else if kind == Kind::Exponential {
                    1
                } else {
                    7
                },
            );
            let count = count(&point, kind);
            let known = counts.insert((name.to_owned(), attributes), (count, is_of_deltas));
            assert!(known.is_none(), "{point:?} stands twice in {name}");
        }
    }
    points
}

fn attributes(point: &Message<'_>, field: u64) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for attribute in point.messages(field) {
        let value = attribute.message(2).expect("an attribute has a value");
        let known = all.insert(attribute.text(1).to_owned(), value.text(1).to_owned());
        assert!(known.is_none(), "{attribute:?} stands twice");
    }
    all
}

fn count(point: &Message<'_>, kind: Kind) -> f64 {
    let floats =
        |field| -> Vec<f64> { point.fixed(field).into_iter().map(f64::from_bits).collect() };
    match kind {
        Kind::Gauge | Kind::Sum if point.has(6) => point.unsigned(6).cast_signed() as f64,
        Kind::Gauge | Kind::Sum => point.float(4).expect("a point has a number"),
        Kind::Histogram => {
            let (counts, bounds) = (point.fixed(6), floats(7));
            assert_eq!(counts.len(), bounds.len() + 1);
            assert!(bounds.is_sorted_by(|a, b| a < b));
            assert_eq!(counts.iter().sum::<u64>(), point.unsigned(4));
            point.unsigned(4) as f64
        }
        Kind::Exponential => {
            let sides = [8, 9].map(|side| {
                let counts = point.message(side).map(|side| side.varints(2)).unwrap_or_default();
                assert!(counts.last().is_none_or(|count| *count > 0), "{counts:?}");
                counts.iter().sum::<u64>()
            });
            assert_eq!(sides[0] + sides[1] + point.unsigned(7), point.unsigned(4));
            assert!(!point.has(5) || sides[1] == 0, "a sum that may fall is told");
            point.unsigned(4) as f64
        }
        Kind::Summary => {
            let quantiles = point.messages(6);
            let of = |field| quantiles.iter().map(move |q| q.float(field).unwrap_or_default());
            assert!(of(1).is_sorted_by(|a, b| a < b) && of(2).is_sorted(), "{quantiles:?}");
            point.unsigned(4) as f64
        }
    }
}

/// Whatever the temporality is, all together is what was measured.
fn check(story: &Story, counts: &BTreeMap<Series, f64>) {
    let round = story.end();
    for of_metric in round.snapshot.metrics() {
        let metric = of_metric.metric();
        for (tags, executed) in truth::measured(story, round, metric) {
            let mut attributes = BTreeMap::new();
            let tags = metric.tags().iter().copied().zip(tags);
            for (name, value) in tags.chain(round.snapshot.tags()) {
                attributes.insert(name.to_owned(), value.to_owned());
            }
            let key = (wire_name(metric.name()), attributes);
            let Some(told) = counts.get(&key) else {
                assert!(executed.is_empty(), "{key:?} is not among {counts:?}");
                continue;
            };
            if !truth::is_counter(metric) && is_number(metric) {
                continue;
            }
            assert_eq!(*told, executed.len() as f64, "{key:?}");
        }
    }
}

/// Whether the point is a number of its own.
fn is_number(metric: &Metric) -> bool {
    use telemetry::MetricKind;
    matches!(metric.kind(), MetricKind::Sum | MetricKind::LastValue)
}

fn wire_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let is_first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_first { name } else { format!("_{name}") }
}

/// A span has its fields as attributes, cut where they are long.
fn spans(executed: &Executed) {
    use std::cell::RefCell;
    use std::sync::Once;

    thread_local! {
        static MADE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    }
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        telemetry::attach_many("spans", &[event()], (), |execution, ()| {
            if execution.metadata().get("reason").is_some() {
                let made =
                    [false, true].map(|is_exception| span(execution, context(), is_exception));
                MADE.with_borrow_mut(|all| all.extend(made));
            }
        })
        .expect("nobody else has this name");
    });
    let [first, reason, kind] = &executed.tags;
    event().execute_dynamic(
        &[("duration", executed.number), ("value", executed.number)],
        &[
            (FIELDS[0], (&**first).into()),
            ("reason", (&**reason).into()),
            ("kind", (&**kind).into()),
        ],
    );
    for (message, is_exception) in MADE.take().iter().zip([false, true]) {
        let span = Message::read(message);
        let attributes: BTreeMap<String, String> = span
            .messages(9)
            .iter()
            .map(|attribute| {
                let value = attribute.message(2).expect("an attribute has a value");
                (
                    attribute.text(1).to_owned(),
                    if value.has(1) { value.text(1).to_owned() } else { String::new() },
                )
            })
            .collect();
        let told = &attributes[FIELDS[0]];
        assert!(
            first.starts_with(&**told) && (told == first || (4_090..=4_096).contains(&told.len()))
        );
        assert!(attributes.contains_key("value"));
        assert_eq!(attributes.contains_key("reason"), !is_exception);
        assert_eq!(span.messages(11).len(), usize::from(is_exception));
        assert!(span.unsigned(7) <= span.unsigned(8));
    }
}

fn answers(body: &[u8]) {
    let (_, said) = accepted(body);
    let status = http::StatusCode::from_u16(400 + body.len() as u16 % 200).expect("it is one");
    for text in [said, refused(status, body)] {
        assert!(text.len() <= 360 && !text.contains(char::is_control), "{text:?}");
    }
}
