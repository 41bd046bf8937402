//! Prometheus' formats, as real readers of them read them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use telemetry::SpanContext;
use telemetry_runtime::Telemetry;
use telemetry_runtime::reporter::Prometheus as Reporter;
use telemetry_tests::prometheus::Prometheus;
use telemetry_tests::{http, promtool, wait};

const LIMIT: Duration = Duration::from_mins(1);

mod events {
    telemetry::events! {
        event pf.asked { measurements { seconds: f64, bytes: u64, level: i64 } metadata { route: &str } }
        event pf.hostile { metadata { label: String } }
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

/// Within a bucket, whose bounds are 2^(1/8) apart. Of what was asked, from 0.001 to 1 in equal steps,
/// the quantile is `q` itself.
fn quantile_is_right(found: f64, q: f64) -> bool {
    (found / q).ln().abs() <= 2_f64.ln() / 8.0
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
    for (number, protocol) in protocols.iter().enumerate() {
        let job = format!("target-{number}");
        wait::until(protocol, LIMIT, || {
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

/// The whole of it, by a real Prometheus that waits for as long as it takes.
#[test]
#[cfg_attr(not(all(real_servers, long_tests)), ignore = "run `cargo xtask test --long`")]
fn prometheus_scrapes_a_million_series() {
    const SERIES: u64 = 1_000_000;
    let _alone = alone();
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .reporter(Reporter::new().created(false))
        .series_limit(1_000_000, 1_100_000)
        .log(|_| {})
        .start()
        .unwrap();
    let address = telemetry.admin_address().unwrap().to_string();
    for id in 0..SERIES {
        telemetry::execute!(pf.hostile, {}, { label: id.to_string() });
    }
    let prometheus = Prometheus::scraping_slowly(&address).unwrap();
    wait::until("a million series", Duration::from_mins(10), || {
        let targets = prometheus.targets();
        let counts = prometheus.query_counts("count(pf_hostile_total)").context("counting")?;
        ensure!(counts.into_values().eq([SERIES]), "{targets:?}");
        Ok(())
    })
    .unwrap();
    drop(telemetry);
}
