//! What is told of checks and states: events, metrics, and lines for operators.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::{self, Readiness};

use crate::{builder, probe, until, until_true};

telemetry_runtime::health_metrics!();

#[test]
fn each_transition_is_one_line_and_one_event() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let changes: Arc<Mutex<Vec<String>>> = Arc::default();
    let (sink, heard) = (lines.clone(), changes.clone());
    telemetry::attach("told", &health::state::change, (), move |event, ()| {
        let metadata = &event.metadata;
        let change = format!("{} {} {}", metadata.from, metadata.to, metadata.causes);
        heard.lock().unwrap().push(change);
    })
    .unwrap();
    let is_up = Arc::new(AtomicBool::new(true));
    let up = is_up.clone();
    let told = HealthCheck::blocking("told", move || {
        up.load(Ordering::Relaxed).then_some(()).ok_or("away: http://me:sesame@host/\nforged")
    });
    let telemetry =
        builder().log(move |line| sink.lock().unwrap().push(line.into())).check(told).start();
    let telemetry = telemetry.unwrap();
    until(&telemetry, Readiness::Ready);
    is_up.store(false, Ordering::Relaxed);
    until(&telemetry, Readiness::NotReady);
    let runs = || telemetry.health().snapshot().check("told").unwrap().runs;
    let before = runs();
    until_true("more failures", || runs() > before + 3);
    is_up.store(true, Ordering::Relaxed);
    until(&telemetry, Readiness::Ready);
    telemetry.drain();
    let told = || -> Vec<String> {
        let lines = lines.lock().unwrap();
        let told = lines.iter().filter_map(|line| line.strip_prefix("telemetry: health: "));
        // The times are of no account.
        told.map(|line| line.split(" after ").next().unwrap().to_owned()).collect()
    };
    until_true("line of the drain", || told().len() == 4);
    assert_eq!(
        told(),
        [
            "the check \"told\" passes; starting -> ready",
            "the check \"told\" failed (error): away: http://***@host/ forged; ready -> not_ready",
            "the check \"told\" passes again",
            "ready -> draining",
        ]
    );
    let heard: Vec<String> = changes.lock().unwrap().clone();
    for change in ["starting ready ", "ready not_ready told", "not_ready ready ", "ready draining "]
    {
        assert!(heard.iter().any(|heard| heard == change), "{change} is not in {heard:?}");
    }
    telemetry::detach("told").unwrap();
}

#[test]
fn runs_and_probes_are_measured() {
    let telemetry = builder()
        .check(HealthCheck::blocking("measured", || ()))
        .check(HealthCheck::blocking("measured-bad", || Err::<(), _>("away")).optional())
        .start()
        .unwrap();
    until(&telemetry, Readiness::Degraded);
    assert_eq!(probe(&telemetry, "/health/ready").status, 200);
    let value = |metric: &str, tags: &[&str]| {
        let snapshot = telemetry.snapshots().take();
        let metric = snapshot.metrics().iter().find(|one| one.metric().name() == metric);
        metric.and_then(|metric| metric.value(tags)).map(|value| format!("{value:?}"))
    };
    until_true("measurements", || {
        value("health.check.runs", &["measured", "pass"]).is_some()
            && value("health.check.runs", &["measured-bad", "error"]).is_some()
            && value("health.probes", &["ready", "200"]).is_some()
            && value("health.state", &["degraded"]).is_some_and(|value| value.contains('1'))
            && value("health.check.status", &["measured-bad", "false"]).is_some()
            && value("health.check.duration", &["measured"]).is_some()
    });
}
