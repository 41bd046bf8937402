//! The life of series, through the public interface: pruning, exemplars, vitals.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::bail;
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{SeriesValue, Snapshots, Telemetry, runtime};
use telemetry_tests::http;
use telemetry_tests::wait::until;

mod events {
    telemetry::events! {
        event series.pruned { metadata { route: &str, method: &str } }
        event series.scraped { metadata { route: &str } }
        event series.sampled { measurements { n: u64 } }
        event series.expired { metadata { route: &str } }
    }
}
use events::series;

telemetry::metrics! {
    counter(series.pruned.count, tags = [route, method]);
    counter(series.scraped.count, tags = [route], series_limit = 2);
    distribution(series.sampled.n, buckets = [10, 100]);
    counter(series.expired.count, tags = [route], expire_after = "1s");
    sum(runtime.store.snapshot.series);
    counter(runtime.store.snapshot.count);
    last_value(runtime.store.tick.series);
    counter(runtime.store.tick.count);
}

fn start() -> Telemetry {
    Telemetry::builder()
        .admin("127.0.0.1:0")
        .reporter(Prometheus::new())
        .log(|_| {})
        .start()
        .unwrap()
}

fn count(snapshots: &Snapshots, metric: &str, tags: &[&str]) -> Option<u64> {
    let snapshot = snapshots.take();
    match snapshot.metric(metric).unwrap().value(tags) {
        Some(SeriesValue::Counter(count)) => Some(count),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn scrape(telemetry: &Telemetry) -> String {
    let address = telemetry.admin_address().unwrap();
    http::get(&format!("http://{address}/metrics"), &[]).unwrap().body
}

#[test]
fn series_are_pruned_by_patterns_of_their_tags() {
    let telemetry = start();
    for route in ["/old/a", "/old/b", "/new"] {
        telemetry::execute!(series.pruned, {}, { route, method: "GET" });
    }
    telemetry::execute!(series.pruned, {}, { route: "/old/a", method: "POST" });
    let pruned = telemetry.prune("series.pruned.count", &[("route", "/old*"), ("method", "GET")]);
    assert_eq!(pruned.unwrap(), 2);
    let count = |tags: &[&str]| count(telemetry.snapshots(), "series.pruned.count", tags);
    assert_eq!(count(&["/old/a", "GET"]), None);
    assert_eq!(count(&["/old/a", "POST"]), Some(1));
    assert_eq!(count(&["/new", "GET"]), Some(1));
    let error = telemetry.prune("series.prune.count", &[]).unwrap_err();
    assert!(
        error.is_unknown() && error.to_string().contains("did you mean `series.pruned.count`?")
    );
}

#[test]
fn vitals_of_series_are_in_the_prometheus_text() {
    let telemetry = start();
    for route in ["a", "b", "c", "d"] {
        telemetry::execute!(series.scraped, {}, { route });
    }
    telemetry.prune("series.scraped.count", &[("route", "b")]).unwrap();
    scrape(&telemetry);
    let text = scrape(&telemetry);
    for line in [
        r#"series_scraped_total{route="__overflow__"} 2"#,
        r#"telemetry_metric_overflowed_total{metric="series.scraped.count"} 2"#,
        r#"telemetry_metric_series_created_total{metric="series.scraped.count"} 3"#,
        r#"telemetry_metric_series_pruned_total{metric="series.scraped.count"} 1"#,
        "# TYPE telemetry_metric_series_expired_total counter",
        "# TYPE telemetry_metric_late_total counter",
        "telemetry_exemplars_left_out_total 0",
        "telemetry_snapshots_total 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let seconds =
        text.lines().find_map(|line| line.strip_prefix("telemetry_snapshot_seconds_total "));
    assert!(seconds.unwrap().parse::<f64>().unwrap() > 0.0);
}

#[test]
fn exemplars_are_on_the_series_of_a_snapshot() {
    let telemetry = start();
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let context: telemetry::SpanContext = context.parse().unwrap();
    context.scope(|| telemetry::execute!(series.sampled, { n: 50 }));
    telemetry::execute!(series.sampled, { n: 5 });
    let snapshot = telemetry.snapshots().take();
    let series = snapshot.metric("series.sampled.n").unwrap().series().next().unwrap();
    let exemplar = series.exemplars().next().unwrap();
    assert_eq!(series.exemplars().len(), 1);
    assert_eq!(exemplar.span_context(), context);
    assert_eq!((exemplar.bucket(), exemplar.value().to_string()), (Some(1), "50".into()));
}

#[test]
fn running_store_ticks_and_lets_series_expire() {
    let telemetry = start();
    telemetry::execute!(series.expired, {}, { route: "/a" });
    let snapshots = telemetry.snapshots();
    assert_eq!(count(snapshots, "series.expired.count", &["/a"]), Some(1));
    until("expiry", Duration::from_mins(1), || {
        match count(snapshots, "series.expired.count", &["/a"]) {
            None => Ok(()),
            Some(count) => bail!("{count} executions are shown"),
        }
    })
    .unwrap();
    let snapshot = snapshots.take();
    let metric = snapshot.metric("series.expired.count").unwrap();
    assert_eq!((metric.expired(), metric.late()), (1, 0));
    assert!(count(snapshots, "runtime.store.tick.count", &[]) > Some(0));
}

/// What the handler of the next test takes snapshots of.
static TAKEN: Mutex<Option<Snapshots>> = Mutex::new(None);
static HEARD: AtomicU64 = AtomicU64::new(0);

#[test]
fn handler_of_snapshots_may_take_one_and_metrics_of_snapshots_are_fed() {
    let telemetry = start();
    *TAKEN.lock().unwrap() = Some(telemetry.snapshots().clone());
    telemetry::attach("take", &runtime::store::snapshot, (), |_, ()| {
        HEARD.fetch_add(1, Ordering::SeqCst);
        let snapshots = TAKEN.lock().unwrap().clone();
        drop(snapshots.unwrap().take());
    })
    .unwrap();
    let heard = HEARD.load(Ordering::SeqCst);
    drop(telemetry.snapshots().take());
    // Other tests take snapshots too; each is heard once.
    assert!(HEARD.load(Ordering::SeqCst) > heard);
    telemetry::detach("take").unwrap();
    let snapshot = telemetry.snapshots().take();
    let Some(SeriesValue::Counter(count)) =
        snapshot.metric("runtime.store.snapshot.count").unwrap().value(&[])
    else {
        panic!("a counter");
    };
    assert!(count > 0);
    assert_eq!(snapshot.metric("runtime.store.snapshot.series").unwrap().series().count(), 1);
}
