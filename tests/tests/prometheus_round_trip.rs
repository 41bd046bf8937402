//! What readers of Prometheus' formats understand of any exposition is what was executed: all of it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use http::{Request, Response};
use http_body::Body as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use telemetry::{MetricKind, SpanContext};
use telemetry_runtime::admin::Body;
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{MetricSnapshot, Series, SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::exposition::{self, Exemplar, Families, Family, Labels, Sample};
use telemetry_tests::exposition::{bound, largest_in, least_below, native_bucket};
use telemetry_tests::futures::block_on;
use tower_service::Service as _;

mod events {
    telemetry::events! {
        event pt.done {
            measurements { amount: f64, count: u64 }
            metadata { first: &str, second: &str }
        }
    }
}
use events::pt;

telemetry::metrics! {
    /// What "a" text \ has.
    counter(pt.done.count, tags = [first, second], name = pt.times);
    counter(pt.done.count, name = pt.all.total);
    sum(pt.done.amount, tags = [first, second]);
    sum(pt.done.count, tags = [first], name = pt.size, reporter_options = { prometheus_unit = "bytes" });
    last_value(pt.done.amount, name = pt.took.seconds, reporter_options = { prometheus_unit = "seconds" });
    distribution(pt.done.amount, tags = [first], name = pt.fixed, buckets = [-10, 0, 10]);
    distribution(pt.done.count, tags = [first], name = pt.counted, buckets = [0, 1.5, 1e18]);
    distribution(pt.done.amount, tags = [second], name = pt.exponential);
    distribution(pt.done.count, name = pt.sized, reporter_options = { prometheus_unit = "items" });
    summary(pt.done.amount, tags = [second], name = pt.typical, percentiles = [0, 0.5, 1]);
    summary(pt.done.count, name = pt.usual);
}

/// A metric as Prometheus has to have it: the name that is declared, that of the family, its type, its
/// unit, and what it tells.
const METRICS: [(&str, &str, &str, &str, &str); 11] = [
    ("pt.times", "pt_times", "counter", "", "What \"a\" text \\ has."),
    ("pt.all.total", "pt_all", "counter", "", "pt.all.total"),
    ("pt.done.amount", "pt_done_amount", "gauge", "", "pt.done.amount"),
    ("pt.size", "pt_size_bytes", "counter", "bytes", "pt.size"),
    ("pt.took.seconds", "pt_took_seconds", "gauge", "seconds", "pt.took.seconds"),
    ("pt.fixed", "pt_fixed", "histogram", "", "pt.fixed"),
    ("pt.counted", "pt_counted", "histogram", "", "pt.counted"),
    ("pt.exponential", "pt_exponential", "histogram", "", "pt.exponential"),
    ("pt.sized", "pt_sized_items", "histogram", "items", "pt.sized"),
    ("pt.typical", "pt_typical", "summary", "", "pt.typical"),
    ("pt.usual", "pt_usual", "summary", "", "pt.usual"),
];

/// A runtime records what all of the program executes: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone)]
struct Execution {
    first: String,
    second: String,
    amount: f64,
    count: u64,
    /// Whether it is in a span, so that it is an exemplar.
    is_in_span: bool,
}

fn executions() -> impl Strategy<Value = Vec<Execution>> {
    let text = || prop_oneof!["[a-z]{0,3}", "\\PC{0,20}", "[\"\\\\\n#{},= \r\t]{0,8}"];
    let amount = prop_oneof![
        -20.0..20.0_f64,
        0.0..20.0_f64,
        Just(0.0),
        Just(f64::MAX),
        // the bucket of the smallest ends where that of zero does
        Just(-f64::from_bits(1)),
        Just(f64::from_bits(1)),
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL,
    ];
    let count = prop_oneof![0..10_u64, any::<u64>()];
    let execution = (text(), text(), amount, count, any::<bool>()).prop_map(
        |(first, second, amount, count, is_in_span)| Execution {
            first,
            second,
            amount,
            count,
            is_in_span,
        },
    );
    prop::collection::vec(execution, 0..40)
}

const TRACE: &str = "00-0123456789abcdef0123456789abcdef-00000000000000ab-01";

fn execute(execution: &Execution) {
    let Execution { first, second, amount, count, is_in_span } = execution;
    let run =
        || telemetry::execute!(pt.done, { amount: *amount, count: *count }, { first, second });
    if *is_in_span { TRACE.parse::<SpanContext>().unwrap().scope(run) } else { run() }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    Text,
    OpenMetrics,
    Protobuf,
}

impl Format {
    fn accept(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0",
            Self::Protobuf => {
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
            }
        }
    }

    fn read(self, page: &[u8]) -> anyhow::Result<Families> {
        match self {
            Self::Text => exposition::read_text(std::str::from_utf8(page)?),
            Self::OpenMetrics => exposition::read_open_metrics(std::str::from_utf8(page)?),
            Self::Protobuf => exposition::read_protobuf(page),
        }
    }
}

/// What a reader of the format has to have of the metrics above.
struct Expected<'e> {
    format: Format,
    snapshot: &'e Snapshot,
    executions: &'e [Execution],
}

impl Expected<'_> {
    fn families(&self) -> Families {
        METRICS
            .iter()
            .map(|(declared, name, kind, unit, help)| {
                let metric = self.snapshot.metric(declared).unwrap();
                // the older format has no place for it
                let unit = if self.format == Format::Text { "" } else { unit };
                let mut family = Family {
                    kind: (*kind).into(),
                    help: (*help).into(),
                    unit: unit.into(),
                    ..Family::default()
                };
                for series in metric.series() {
                    Samples { expected: self, metric, name, series, family: &mut family }.add();
                }
                ((*name).to_owned(), family)
            })
            // a message without a series is none
            .filter(|(_, family)| self.format != Format::Protobuf || !family.samples.is_empty())
            .collect()
    }
}

/// Those of one series.
struct Samples<'e> {
    expected: &'e Expected<'e>,
    metric: &'e MetricSnapshot,
    name: &'e str,
    series: Series<'e>,
    family: &'e mut Family,
}

impl Samples<'_> {
    fn add(mut self) {
        match self.series.value() {
            SeriesValue::Counter(count) => self.sample("_total", float(count)),
            SeriesValue::Sum(total) if self.metric.metric().is_monotonic() => {
                self.sample("_total", total.as_f64());
            }
            SeriesValue::Sum(total) | SeriesValue::LastValue(total) => {
                self.sample("", total.as_f64());
            }
            SeriesValue::Summary(summary) => {
                let MetricKind::Summary { percentiles } = self.metric.metric().kind() else {
                    panic!("{:?}", self.metric)
                };
                for q in *percentiles {
                    let value = summary.percentile(*q).unwrap_or(f64::NAN);
                    if !(self.is_open() && value < 0.0) {
                        self.bounded("", "quantile", *q, value, None);
                    }
                }
                if self.may_be_told(summary.sum(), summary.min().unwrap_or_default()) {
                    self.sample("_sum", summary.sum().as_f64());
                }
                self.sample("_count", float(summary.count()));
            }
            SeriesValue::Distribution { counts, sum } => {
                let bounds: &[f64] = match self.name {
                    "pt_fixed" => &[-10.0, 0.0, 10.0],
                    _ => &[0.0, 1.5, 1e18],
                };
                self.histogram(bounds, counts.iter().sum(), sum);
            }
            SeriesValue::Exponential { sum, .. } => {
                let mut bounds: Vec<f64> = self.measured().into_iter().map(bound_over).collect();
                bounds.sort_by(f64::total_cmp);
                bounds.dedup();
                let count = self.measured().len() as u64;
                self.histogram(&bounds, count, sum);
            }
            other => panic!("{other:?}"),
        }
        if self.family.kind != "gauge" && self.expected.format != Format::Text {
            let started = self.expected.snapshot.started().duration_since(UNIX_EPOCH).unwrap();
            let milliseconds = i64::try_from(started.as_millis()).unwrap();
            self.sample("_created", exposition::seconds(milliseconds));
        }
    }

    /// The measurements of this series, as they were executed.
    fn measured(&self) -> Vec<f64> {
        let is_of_series = |execution: &&Execution| {
            let tags = self.metric.metric().tags().iter().zip(self.series.tags().iter());
            tags.into_iter().all(|(tag, value)| match *tag {
                "first" => execution.first == value,
                _ => execution.second == value,
            })
        };
        let measured = self.expected.executions.iter().filter(is_of_series);
        let is_of_counts = matches!(self.name, "pt_counted" | "pt_sized_items");
        measured
            .map(|execution| if is_of_counts { float(execution.count) } else { execution.amount })
            .collect()
    }

    fn histogram(&mut self, bounds: &[f64], count: u64, sum: Total) {
        let measured = self.measured();
        assert_eq!(measured.len() as u64, count);
        let mut exemplars = Vec::new();
        if self.expected.format != Format::Text {
            exemplars.extend(self.series.exemplars().map(|exemplar| {
                Exemplar {
                    labels: [
                        ("trace_id".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()),
                        ("span_id".to_owned(), "00000000000000ab".to_owned()),
                    ]
                    .into(),
                    value: format!("{:?}", exemplar.value()),
                    milliseconds: exemplar
                        .time()
                        .duration_since(UNIX_EPOCH)
                        .unwrap()
                        .as_millis()
                        .try_into()
                        .unwrap(),
                }
            }));
        }
        for upper in bounds.iter().copied().chain([f64::INFINITY]) {
            let below = measured.iter().filter(|value| **value <= upper).count() as u64;
            let is_here = |it: &Exemplar| it.value.parse::<f64>().unwrap() <= upper;
            let here = exemplars.iter().position(is_here).map(|place| exemplars.remove(place));
            self.bounded("_bucket", "le", upper, float(below), here);
        }
        assert!(exemplars.is_empty(), "{exemplars:?}");
        if self.may_be_told(sum, bounds.first().copied().unwrap_or_default()) {
            self.sample("_sum", sum.as_f64());
            self.sample("_count", float(count));
        }
    }

    /// OpenMetrics has no sums that may have fallen.
    fn may_be_told(&self, sum: Total, least: f64) -> bool {
        !self.is_open() || (least >= 0.0 && sum.as_f64() >= 0.0)
    }

    fn is_open(&self) -> bool {
        self.expected.format == Format::OpenMetrics
    }

    fn labels(&self) -> Labels {
        let tags = self.metric.metric().tags().iter().zip(self.series.tags().iter());
        let shared = [("env", "a \"b\"")].into_iter();
        let all = shared.chain(tags.map(|(tag, value)| (*tag, value)));
        all.map(|(tag, value)| (tag.to_owned(), value.to_owned())).collect()
    }

    fn sample(&mut self, suffix: &str, value: f64) {
        let labels = self.labels();
        let name = format!("{}{suffix}", self.name);
        self.family.add(name, labels, Sample::of(value)).unwrap();
    }

    fn bounded(
        &mut self,
        suffix: &str,
        label: &str,
        at: f64,
        value: f64,
        exemplar: Option<Exemplar>,
    ) {
        let mut labels = self.labels();
        labels.insert(label.into(), bound(at));
        let name = format!("{}{suffix}", self.name);
        self.family.add(name, labels, Sample { exemplar, ..Sample::of(value) }).unwrap();
    }
}

/// The bound of the exponential bucket that a measurement is in.
fn bound_over(measurement: f64) -> f64 {
    match native_bucket(measurement) {
        _ if measurement == 0.0 => 0.0,
        bucket if measurement > 0.0 => largest_in(bucket),
        bucket => least_below(bucket),
    }
}

fn whole(mut answer: Response<Body>) -> Vec<u8> {
    let mut page = Vec::new();
    let mut next = || {
        let body = answer.body_mut();
        block_on(poll_fn(|context| Pin::new(&mut *body).poll_frame(context)))
    };
    while let Some(frame) = next() {
        page.extend_from_slice(&frame.unwrap().into_data().unwrap());
    }
    page
}

#[expect(clippy::cast_precision_loss, reason = "the nearest float is what is said")]
fn float(count: u64) -> f64 {
    count as f64
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn readers_of_every_format_have_what_was_executed_and_nothing_else() {
    let _alone = alone();
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&executions(), |executions| {
            let builder = Telemetry::builder().admin("off").series_limit(10_000, 100_000);
            let telemetry = builder.log(|_| {}).start().unwrap();
            executions.iter().for_each(execute);
            let snapshot = telemetry.snapshots().take();
            let service = Prometheus::new()
                .only("pt")
                .tag("env", "a \"b\"")
                .service(telemetry.snapshots())
                .unwrap();
            for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
                let request = Request::builder().header("accept", format.accept());
                let Ok(answer) = block_on(service.clone().call(request.body(()).unwrap()));
                let page = whole(answer);
                let found = format
                    .read(&page)
                    .map_err(|error| TestCaseError::fail(format!("{format:?}: {error:#}")))?;
                // of what the toolkit counts of itself, scrapes and snapshots are others by now
                let (own, found): (Families, Families) =
                    found.into_iter().partition(|(name, _)| name.starts_with("telemetry_"));
                for (name, family) in &own {
                    prop_assert!(family.kind == "counter" && !family.help.is_empty(), "{}", name);
                    // the tag that all series have is theirs too
                    let mut labels = family.samples.keys().map(|(_, labels)| labels);
                    prop_assert!(labels.all(|labels| labels["env"] == "a \"b\""), "{}", name);
                }
                let expected = Expected { format, snapshot: &snapshot, executions: &executions };
                let expected = expected.families();
                for (name, family) in &expected {
                    prop_assert_eq!(found.get(name), Some(family), "{} in {:?}", name, format);
                }
                prop_assert_eq!(found.len(), expected.len(), "{:?}", found.keys());
            }
            Ok(())
        })
        .unwrap();
}
