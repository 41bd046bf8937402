//! Metrics: from definitions to snapshots and to Prometheus' text.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::http;
use telemetry_tests::vocabulary::elsewhere;

mod events {
    telemetry::events! {
        event m.totals { measurements { u: u64, i: i64, f: f64, wide: u128 } }
        event m.tagged { measurements { n: u32 } metadata { route: &str, status: u16, hit: bool } }
        event m.filtered { measurements { n: u32 } metadata { keep: bool } }
        event m.absent { measurements { maybe: Option<Duration>, float: f64 } }
        event m.panics { measurements { n: u32 } metadata { text: &str } }
        event m.hostile { metadata { label: String } }
        event m.many { metadata { id: u64 } }
        event m.reentrant { measurements { n: u32 } metadata { text: &str } }
        event m.threads { measurements { n: u64 } metadata { thread: u8 } }
        span  m.timed { metadata { name: String } stop { measurements { rows: u32 } } }
        event m.bytes { measurements { total: u64 } }
    }
}
use events::m;

telemetry::metrics! {
    counter(m.totals.count);
    sum(m.totals.u);
    sum(m.totals.i);
    sum(m.totals.f);
    last_value(m.totals.wide);
    /// Two tags and a computed one.
    counter(m.tagged.count, tags = [route, status, class = |m| m.status / 100, odd = |_, x| x.n % 2 == 1, site = "eu"]);
    sum(m.tagged.n, tags = [hit]);
    counter(m.filtered.count, keep = |m| m.keep);
    sum(m.filtered.n, drop = |_, x| x.n > 10);
    sum(m.absent.maybe, unit = native => millisecond);
    sum(m.absent.float);
    counter(m.panics.count, tags = [first = |m| m.text.chars().next().unwrap()]);
    counter(m.hostile.count, tags = [label]);
    counter(m.many.count, tags = [id]);
    counter(m.reentrant.count, tags = [text = |m| {
        if m.text == "outer" && !REENTERED.swap(true, Ordering::SeqCst) {
            telemetry::execute!(m.reentrant, { n: 2 }, { text: "inner" });
        }
        m.text
    }]);
    counter(m.threads.count, tags = [thread]);
    sum(m.threads.n);
    distribution(m.timed.stop.duration, unit = native => second, buckets = [0.5, 1, 60], tags = [name]);
    counter(m.timed.exception.count, tags = [name, kind]);
    last_value(m.bytes.total, unit = byte => kibibyte);
    counter(elsewhere.happened.count, name = own.elsewhere.count, tags = [what]);
}

/// The runtimes of other tests read the tag too; one of them executes the inner event.
static REENTERED: AtomicBool = AtomicBool::new(false);

fn start() -> Telemetry {
    Telemetry::builder()
        .admin("127.0.0.1:0")
        .reporter(Prometheus::new())
        .log(|_| {})
        .start()
        .unwrap()
}

#[track_caller]
fn value<'s>(snapshot: &'s Snapshot, metric: &str, tags: &[&str]) -> Option<SeriesValue<'s>> {
    let metric = snapshot.metric(metric).unwrap_or_else(|| panic!("no metric {metric}"));
    metric.value(tags)
}

fn scrape(telemetry: &Telemetry) -> String {
    let address = telemetry.admin_address().unwrap();
    http::get(&format!("http://{address}/metrics"), &[]).unwrap().body
}

#[test]
fn every_kind_adds_up_exactly() {
    let telemetry = start();
    for (u, i, f) in [(u64::MAX, -5, 0.1), (7, 2, 0.2)] {
        telemetry::execute!(m.totals, { u, i, f, wide: u128::MAX });
    }
    let snapshot = telemetry.snapshots().take();
    assert_eq!(value(&snapshot, "m.totals.count", &[]), Some(SeriesValue::Counter(2)));
    let sum = |total| Some(SeriesValue::Sum(total));
    assert_eq!(value(&snapshot, "m.totals.u", &[]), sum(Total::Integer(i128::from(u64::MAX) + 7)));
    assert_eq!(value(&snapshot, "m.totals.i", &[]), sum(Total::Integer(-3)));
    let Some(SeriesValue::Sum(Total::Float(f))) = value(&snapshot, "m.totals.f", &[]) else {
        panic!("a float sum");
    };
    assert!((f - 0.3).abs() < 1e-15, "{f}");
    assert_eq!(
        value(&snapshot, "m.totals.wide", &[]),
        Some(SeriesValue::LastValue(Total::Integer(u64::MAX.into())))
    );
    assert!(snapshot.numbers_saturated() >= 2, "both were too wide");
    assert!(scrape(&telemetry).contains("\ntelemetry_numbers_saturated_total "));
}

#[test]
fn tags_are_fields_closures_and_constants() {
    let telemetry = start();
    for (n, route, status, hit) in
        [(1, "/a", 200, true), (2, "/a", 404, true), (3, "/a", 200, false)]
    {
        telemetry::execute!(m.tagged, { n }, { route, status, hit });
    }
    let snapshot = telemetry.snapshots().take();
    let count = |tags: &[&str]| value(&snapshot, "m.tagged.count", tags);
    assert_eq!(count(&["/a", "200", "2", "true", "eu"]), Some(SeriesValue::Counter(2)));
    assert_eq!(count(&["/a", "404", "4", "false", "eu"]), Some(SeriesValue::Counter(1)));
    assert_eq!(
        value(&snapshot, "m.tagged.n", &["true"]),
        Some(SeriesValue::Sum(Total::Integer(3)))
    );
    let text = scrape(&telemetry);
    let line = r#"m_tagged_total{route="/a",status="200",class="2",odd="true",site="eu"} 2"#;
    assert!(text.lines().any(|found| found == line), "{text}");
    assert!(text.contains("# HELP m_tagged_total Two tags and a computed one.\n"), "{text}");
    assert!(text.contains("# HELP m_totals_u_total m.totals.u\n"), "{text}");
}

#[test]
fn keep_and_drop_see_metadata_and_measurements() {
    let telemetry = start();
    for (n, keep) in [(5, true), (50, true), (7, false)] {
        telemetry::execute!(m.filtered, { n }, { keep });
    }
    let snapshot = telemetry.snapshots().take();
    assert_eq!(value(&snapshot, "m.filtered.count", &[]), Some(SeriesValue::Counter(2)));
    assert_eq!(value(&snapshot, "m.filtered.n", &[]), Some(SeriesValue::Sum(Total::Integer(12))));
}

#[test]
fn absent_and_non_finite_values_are_skipped_and_counted() {
    let telemetry = start();
    telemetry::execute!(m.absent, { maybe: None, float: f64::NAN });
    telemetry::execute!(m.absent, { maybe: Some(Duration::from_micros(1500)), float: f64::INFINITY });
    let snapshot = telemetry.snapshots().take();
    assert_eq!(value(&snapshot, "m.absent.maybe", &[]), Some(SeriesValue::Sum(Total::Float(1.5))));
    let text = scrape(&telemetry);
    for line in [
        r#"telemetry_metric_skipped_total{metric="m.absent.maybe",reason="absent"} 1"#,
        r#"telemetry_metric_skipped_total{metric="m.absent.float",reason="not_finite"} 2"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[test]
fn a_closure_that_panics_skips_its_own_metric_only() {
    let telemetry = start();
    telemetry::execute!(m.panics, { n: 1 }, { text: "" });
    telemetry::execute!(m.panics, { n: 1 }, { text: "x" });
    let snapshot = telemetry.snapshots().take();
    assert_eq!(value(&snapshot, "m.panics.count", &["x"]), Some(SeriesValue::Counter(1)));
    let skipped: u64 =
        snapshot.metric("m.panics.count").unwrap().skipped().map(|(_, count)| count).sum();
    assert_eq!(skipped, 1);
}

#[test]
fn hostile_values_cannot_forge_lines() {
    let telemetry = start();
    let label = "\"} 1\nforged_total 7\n\\".to_owned();
    telemetry::execute!(m.hostile, {}, { label });
    let text = scrape(&telemetry);
    assert!(!text.lines().any(|line| line.starts_with("forged_total")), "{text}");
    assert!(text.contains(r#"m_hostile_total{label="\"} 1\nforged_total 7\n\\"} 1"#), "{text}");
}

#[test]
fn series_past_the_limit_overflow_and_are_counted() {
    let telemetry = start();
    for id in 0..2_500 {
        telemetry::execute!(m.many, {}, { id });
    }
    let snapshot = telemetry.snapshots().take();
    let many = snapshot.metric("m.many.count").unwrap();
    assert_eq!(many.series().count(), 2_001);
    assert_eq!(many.value(&["__overflow__"]), Some(SeriesValue::Counter(500)));
    assert_eq!(many.overflowed(), 500);
    let total: u64 = many
        .series()
        .map(|series| match series.value() {
            SeriesValue::Counter(count) => count,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(total, 2_500, "nothing is lost");
}

#[test]
fn a_tag_may_execute_an_event_itself() {
    let telemetry = start();
    telemetry::execute!(m.reentrant, { n: 1 }, { text: "outer" });
    let snapshot = telemetry.snapshots().take();
    for text in ["outer", "inner"] {
        let count = value(&snapshot, "m.reentrant.count", &[text]);
        assert_eq!(count, Some(SeriesValue::Counter(1)), "{text}");
    }
}

#[test]
fn totals_of_many_threads_are_exact() {
    let telemetry = start();
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            scope.spawn(move || {
                for n in 0..2_000 {
                    telemetry::execute!(m.threads, { n }, { thread });
                }
            });
        }
        scope.spawn(|| (0..20).for_each(|_| drop(telemetry.snapshots().take())));
    });
    let snapshot = telemetry.snapshots().take();
    for thread in ["0", "1", "2", "3"] {
        let count = value(&snapshot, "m.threads.count", &[thread]);
        assert_eq!(count, Some(SeriesValue::Counter(2_000)));
    }
    let sum = value(&snapshot, "m.threads.n", &[]);
    assert_eq!(sum, Some(SeriesValue::Sum(Total::Integer(4 * 1_999_000))));
}

#[test]
fn spans_are_measured_by_their_events() {
    let telemetry = start();
    for name in ["a", "a", "b"] {
        telemetry::start!(m.timed, { name: name.to_owned() }).stop(m::timed::Stop { rows: 1 });
    }
    drop(telemetry::start!(m.timed, { name: "b".into() }));
    let snapshot = telemetry.snapshots().take();
    let Some(SeriesValue::Distribution { counts, sum }) =
        value(&snapshot, "m.timed.stop.duration", &["a"])
    else {
        panic!("a distribution");
    };
    assert_eq!(counts, [2, 0, 0, 0]);
    assert!(sum.as_f64() > 0.0 && sum.as_f64() < 0.5, "{sum:?}");
    let cancelled = value(&snapshot, "m.timed.exception.count", &["b", "cancelled"]);
    assert_eq!(cancelled, Some(SeriesValue::Counter(1)));
    let text = scrape(&telemetry);
    assert!(text.contains("m_timed_stop_duration_bucket{name=\"a\",le=\"0.5\"} 2\n"), "{text}");
    assert!(text.contains("m_timed_stop_duration_bucket{name=\"a\",le=\"+Inf\"} 2\n"), "{text}");
    assert!(text.contains("m_timed_stop_duration_count{name=\"a\"} 2\n"), "{text}");
}

#[test]
fn units_convert_in_the_snapshot() {
    let telemetry = start();
    telemetry::execute!(m.bytes, { total: 1536 });
    let snapshot = telemetry.snapshots().take();
    let total = value(&snapshot, "m.bytes.total", &[]);
    assert_eq!(total, Some(SeriesValue::LastValue(Total::Float(1.5))));
    assert!(scrape(&telemetry).contains("\nm_bytes 1.5\n"), "the last segment is dropped");
}

#[test]
fn definitions_of_all_crates_are_found_over_events_of_any_crate() {
    let telemetry = start();
    telemetry::execute!(elsewhere.happened, { n: 3 }, { what: "it" });
    telemetry_tests::vocabulary::happen("that");
    let snapshot = telemetry.snapshots().take();
    // declared here, over an event of another crate
    let own = |what| value(&snapshot, "own.elsewhere.count", &[what]);
    assert_eq!(own("it"), Some(SeriesValue::Counter(1)));
    assert_eq!(own("that"), Some(SeriesValue::Counter(1)));
    // declared there
    let sum = value(&snapshot, "elsewhere.happened.n", &[]);
    assert_eq!(sum, Some(SeriesValue::Sum(Total::Integer(4))));
}
