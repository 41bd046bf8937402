//! Prometheus' formats, as real readers of them read them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use telemetry::SpanContext;
use telemetry_runtime::reporter::Prometheus as Reporter;
use telemetry_runtime::{SeriesValue, Snapshot, Telemetry};
use telemetry_tests::prometheus::Prometheus;
use telemetry_tests::{components, http, promtool, wait};

const LIMIT: Duration = Duration::from_mins(1);

mod events {
    telemetry::events! {
        event pf.asked { measurements { seconds: f64, bytes: u64, level: i64 } metadata { route: &str } }
        event pf.hostile { metadata { label: String } }
        event pf.random {
            measurements { amount: f64, count: u64 }
            metadata { first: &str, second: &str }
        }
    }
}
use events::pf;

telemetry::metrics! {
    counter(pf.asked.count, tags = [route]);
    sum(pf.asked.bytes, tags = [route], reporter_options = { prometheus_unit = "bytes" });
    last_value(pf.asked.level);
    distribution(pf.asked.seconds, tags = [route], name = pf.asked.exponential);
    distribution(pf.asked.seconds, tags = [route], name = pf.asked.fixed, buckets = [0.1, 1, 10]);
    summary(pf.asked.seconds, tags = [route], name = pf.asked.typical);
    counter(pf.hostile.count, tags = [label]);
    /// What "a" text \ has.
    counter(pf.random.count, tags = [first, second], name = pf.random.times);
    sum(pf.random.amount, tags = [first, second]);
    sum(pf.random.count, tags = [first], name = pf.random.sum_of_counts);
    distribution(pf.random.amount, tags = [first], name = pf.random.fixed, buckets = [-10, 0, 10]);
    distribution(pf.random.amount, tags = [second], name = pf.random.exponential);
    summary(pf.random.amount, tags = [second], name = pf.random.summary);
}

/// A runtime records what all of the program executes: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start() -> (Telemetry, String) {
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .reporter(Reporter::new())
        .series_limit(100_000, 1_000_000)
        .log(|_| {})
        .start()
        .unwrap();
    let address = telemetry.admin_address().unwrap().to_string();
    (telemetry, address)
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

/// The seconds of each request.
fn asked() -> Vec<f64> {
    (1..=1_000).map(|n| 0.001 * f64::from(n)).collect()
}

const TRACE: &str = "00-0123456789abcdef0123456789abcdef-00000000000000ab-01";

fn execute_asked() {
    let context: SpanContext = TRACE.parse().unwrap();
    for seconds in asked() {
        context.scope(|| {
            telemetry::execute!(pf.asked, { seconds, bytes: 3, level: -4 }, { route: "/a" });
        });
    }
}

fn hostile() -> Vec<String> {
    vec![
        "quotes \" and 'others'".into(),
        "line\nfeed\r\n\ttab".into(),
        "back\\slash \\n \\\\".into(),
        "größe 🦀 \u{0}".into(),
        "x".repeat(100_000),
        " leading{le=\"1\"} 1 # EOF".into(),
    ]
}

/// What every format says to a Prometheus.
fn read_back(prometheus: &Prometheus, job: &str) -> Result<()> {
    let job = format!("{{job=\"{job}\"}}");
    let count =
        |query: &str| -> Result<Vec<f64>> { Ok(prometheus.query(query)?.into_values().collect()) };
    ensure!(count(&format!("pf_asked_total{job}"))? == [1_000.0], "the counter");
    ensure!(count(&format!("pf_asked_bytes_total{job}"))? == [3_000.0], "the sum");
    ensure!(count(&format!("pf_asked_level{job}"))? == [-4.0], "the last value");
    ensure!(count(&format!("pf_asked_fixed_bucket{job}"))?.len() == 4, "the fixed buckets");
    ensure!(count(&format!("pf_asked_fixed_count{job}"))? == [1_000.0], "the count of fixed");
    ensure!(count(&format!("pf_asked_typical_count{job}"))? == [1_000.0], "the summary");
    let labels: Vec<String> = prometheus
        .query(&format!("pf_hostile_total{job}"))?
        .into_keys()
        .map(|mut labels| labels.remove("label").unwrap_or_default())
        .collect();
    let mut expected = hostile();
    expected.sort();
    ensure!(labels == expected, "the labels are {labels:?}");
    Ok(())
}

/// Half a bucket's width off at the most: they are 2^(1/8) apart, linear or not in between.
fn quantile_is_right(found: f64, q: f64) -> bool {
    let mut all = asked();
    all.sort_by(f64::total_cmp);
    let exact = all[(q * (all.len() as f64 - 1.0)).round() as usize];
    (found / exact).ln().abs() <= 2_f64.ln() / 8.0
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn prometheus_reads_back_every_format() {
    let _alone = alone();
    let (telemetry, address) = start();
    execute_asked();
    for label in hostile() {
        telemetry::execute!(pf.hostile, {}, { label });
    }
    let protocols = ["PrometheusText0.0.4", "OpenMetricsText1.0.0", "PrometheusProto"];
    let targets = protocols.map(|protocol| (&*address, protocol));
    let prometheus = Prometheus::scraping_as(&targets).unwrap();
    for number in 0..protocols.len() {
        let job = format!("target-{number}");
        wait::until(protocols[number], LIMIT, || {
            read_back(&prometheus, &job).with_context(|| format!("{:?}", prometheus.targets()))
        })
        .unwrap();
    }

    // the native histogram, bucket by bucket
    for q in [0.01, 0.5, 0.9, 0.99] {
        let query = format!("histogram_quantile({q}, pf_asked_exponential{{job=\"target-2\"}})");
        let found: Vec<f64> = prometheus.query(&query).unwrap().into_values().collect();
        assert!(found.len() == 1 && quantile_is_right(found[0], q), "{q}: {found:?}");
    }
    let native = prometheus.result("pf_asked_exponential{job=\"target-2\"}").unwrap();
    assert_eq!(native[0]["histogram"][1]["count"], "1000", "{native}");

    for (job, metric) in [
        ("target-1", "pf_asked_fixed_bucket"),
        ("target-2", "pf_asked_fixed_bucket"),
        ("target-2", "pf_asked_exponential"),
    ] {
        let query = format!("{metric}{{job=\"{job}\"}}");
        let exemplars = prometheus.exemplars(&query).unwrap();
        let labels = &exemplars[0]["exemplars"][0]["labels"];
        assert_eq!(labels["trace_id"], "0123456789abcdef0123456789abcdef", "{query}: {exemplars}");
        assert_eq!(labels["span_id"], "00000000000000ab", "{query}: {exemplars}");
    }
    drop(telemetry);
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn an_older_prometheus_reads_back_what_it_prefers() {
    let _alone = alone();
    let (telemetry, address) = start();
    execute_asked();
    for label in hostile() {
        telemetry::execute!(pf.hostile, {}, { label });
    }
    let prometheus = Prometheus::of_the_system_scraping(&[&address]).unwrap();
    wait::until("protobuf", LIMIT, || {
        read_back(&prometheus, "target-0").with_context(|| format!("{:?}", prometheus.targets()))
    })
    .unwrap();
    let query = "histogram_quantile(0.9, pf_asked_exponential)";
    let found: Vec<f64> = prometheus.query(query).unwrap().into_values().collect();
    assert!(found.len() == 1 && quantile_is_right(found[0], 0.9), "{found:?}");
    drop(telemetry);
}

/// Reads a page from its input and prints all samples: name, labels and value.
const PARSER: &str = "
import json, sys
from importlib import import_module
parser = import_module(sys.argv[1])
text = sys.stdin.buffer.read().decode()
samples = []
for family in parser.text_string_to_metric_families(text):
    for sample in family.samples:
        samples.append([sample.name, dict(sample.labels), float(sample.value).hex()])
json.dump(samples, sys.stdout)
";

type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// What Python's own parser makes of a page.
fn parsed(module: &str, page: &str) -> Result<Samples> {
    use std::io::Write as _;
    let mut child = components::python()?
        .args(["-c", PARSER, module])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no input")?.write_all(page.as_bytes())?;
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{module} refuses: {errors}\n{page}");
    let samples: Vec<(String, BTreeMap<String, String>, String)> =
        serde_json::from_slice(&output.stdout)?;
    let count = samples.len();
    let samples: Samples = samples
        .into_iter()
        .map(|(name, labels, value)| ((name, labels), from_hex(&value)))
        .collect();
    ensure!(samples.len() == count, "a series is twice in\n{page}");
    Ok(samples)
}

/// A float as Python's `float.hex` writes it.
fn from_hex(text: &str) -> f64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let Some((mantissa, exponent)) = digits.strip_prefix("0x").and_then(|it| it.split_once('p'))
    else {
        return text.parse().unwrap();
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap();
    let exponent = exponent.parse::<i32>().unwrap() - 4 * fraction.len() as i32;
    // in two steps, so that the power itself is none of a subnormal number
    sign * digits as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2)
}

/// What a page must say of the metrics `pf.random.…`, as the formats have it: those of both.
fn expected(snapshot: &Snapshot) -> Samples {
    let mut samples = Samples::new();
    for (metric, name) in [
        ("pf.random.times", "pf_random_times_total"),
        ("pf.random.amount", "pf_random_amount"),
        ("pf.random.sum_of_counts", "pf_random_sum_of_counts_total"),
        ("pf.random.fixed", "pf_random_fixed"),
        ("pf.random.exponential", "pf_random_exponential"),
        ("pf.random.summary", "pf_random_summary"),
    ] {
        let metric = snapshot.metric(metric).unwrap();
        let tags = metric.metric().tags();
        for series in metric.series() {
            let labels: BTreeMap<String, String> = tags
                .iter()
                .zip(series.tags().iter())
                .map(|(tag, value)| ((*tag).to_owned(), value.to_owned()))
                .collect();
            let mut bucket = |bound: &str, below: u64| {
                let mut labels = labels.clone();
                labels.insert("le".into(), bound.into());
                samples.insert((format!("{name}_bucket"), labels), below as f64);
            };
            let value = match series.value() {
                SeriesValue::Counter(count) => count as f64,
                SeriesValue::Sum(total) => total.as_f64(),
                SeriesValue::Distribution { counts, .. } => {
                    let mut below = 0;
                    for (bound, count) in ["-10.0", "0.0", "10.0", "+Inf"].iter().zip(counts) {
                        below += count;
                        bucket(bound, below);
                    }
                    continue;
                }
                SeriesValue::Summary(summary) => {
                    samples.insert((format!("{name}_count"), labels), summary.count() as f64);
                    continue;
                }
                _ => continue,
            };
            samples.insert((name.to_owned(), labels), value);
        }
    }
    samples
}

/// With the bounds as OpenMetrics has them, and the samples that both formats have.
fn comparable(samples: Samples) -> Samples {
    let bound = |text: &str| match text.parse::<f64>() {
        Ok(bound) if bound.is_finite() => format!("{bound:?}"),
        _ => text.to_owned(),
    };
    samples
        .into_iter()
        .filter(|((name, labels), _)| {
            let of = |part: &str| name.starts_with(part);
            let is_bare = labels.contains_key("quantile") || name.ends_with("_sum");
            of("pf_random_")
                && !is_bare
                && !name.ends_with("_created")
                && !of("pf_random_exponential")
                && !(of("pf_random_fixed") && name.ends_with("_count"))
        })
        .map(|((name, mut labels), value)| {
            if let Some(le) = labels.get_mut("le") {
                *le = bound(le);
            }
            ((name, labels), value)
        })
        .collect()
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn pythons_parsers_read_what_was_executed_from_any_page() {
    let _alone = alone();
    let text = prop_oneof!["[a-z]{0,3}", "\\PC{0,20}", "[\"\\\\\n#{},= \r\t]{0,8}",];
    let amount = prop_oneof![
        -20.0..20.0_f64,
        Just(0.0),
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL,
    ];
    let executions = prop::collection::vec((text.clone(), text, amount, any::<u64>()), 0..40);
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&executions, |executions| {
            let (telemetry, address) = start();
            for (first, second, amount, count) in &executions {
                telemetry::execute!(pf.random, { amount: *amount, count: *count },
                    { first, second });
            }
            let url = format!("http://{address}/metrics");
            let expected = expected(&telemetry.snapshots().take());
            for (accept, module) in [
                ("text/plain", "prometheus_client.parser"),
                (OPEN_METRICS, "prometheus_client.openmetrics.parser"),
            ] {
                let page = http::get_as(&url, accept).unwrap().body;
                let found = comparable(parsed(module, &page).unwrap());
                prop_assert_eq!(&found, &expected, "{}", page);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn promtool_finds_nothing_to_say_of_any_kind() {
    let _alone = alone();
    let (telemetry, address) = start();
    execute_asked();
    let page = http::get(&format!("http://{address}/metrics"), &[]).unwrap();
    let verdict = promtool::check_metrics(&page.body).unwrap();
    assert_eq!(verdict.remarks, "", "in the page:\n{}", page.body);
    assert!(verdict.accepted);
    drop(telemetry);
}
