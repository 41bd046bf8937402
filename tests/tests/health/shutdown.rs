//! What probes are answered while the program ends.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_runtime::health::{HealthOptions, Readiness};
use telemetry_runtime::{Child, HealthCheck, Stop};

use crate::{builder, probe, until, until_true, with};

#[test]
fn readiness_turns_first_and_liveness_holds_to_the_end() {
    let (stopping, is_stopping) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let work = Child::thread("work", move |stop: Stop| {
        while !stop.wait(Duration::from_secs(1)) {}
        let _ = stopping.send(());
        let _ = released.lock().unwrap().recv();
    });
    let telemetry = builder().supervise(work).start().unwrap();
    until(&telemetry, Readiness::Ready);
    let address = telemetry.admin_address().unwrap();
    telemetry.drain();
    assert_eq!(probe(&telemetry, "/health/ready").body, r#"{"status":"draining","checks":{}}"#);
    assert_eq!(probe(&telemetry, "/health").status, 200);
    let ends = std::thread::spawn(move || telemetry.shutdown(crate::LONG));
    is_stopping.recv().unwrap();
    // The listener is the last to stop.
    let ask = |path| {
        let url = format!("http://{address}{path}");
        telemetry_tests::http::get(&url, &[]).unwrap().status
    };
    assert_eq!((ask("/health"), ask("/health/ready"), ask("/health/startup")), (200, 503, 200));
    drop(release);
    assert!(ends.join().unwrap().unwrap().is_complete());
}

#[test]
fn readiness_stays_where_the_balancer_knows_by_itself() {
    let telemetry = with(HealthOptions::new().ready_while_draining()).start().unwrap();
    until(&telemetry, Readiness::Ready);
    telemetry.drain();
    assert_eq!(probe(&telemetry, "/health/ready").status, 200);
}

#[test]
fn shutdown_waits_for_no_check_past_its_deadline_and_names_the_one_that_blocks() {
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let blocks = HealthCheck::blocking("blocks", move || {
        let _ = released.lock().unwrap().recv();
    });
    let waits = HealthCheck::new("waits", std::future::pending::<()>);
    let telemetry = builder()
        .check(blocks.timeout(crate::LONG))
        .check(waits.timeout(crate::LONG))
        .start()
        .unwrap();
    until_true("phase", || telemetry.phase() == telemetry_runtime::Phase::Running);
    let began = Instant::now();
    let report = telemetry.shutdown(Duration::from_secs(2)).unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    // It may not have begun yet.
    assert!(report.cut().iter().all(|cut| cut.contains("\"blocks\"")), "{report:?}");
    drop(release);
}

#[test]
fn drain_times_are_those_of_the_environment_or_of_kubernetes() {
    let times = |variables: &[(&str, &str)]| {
        let telemetry = builder().environment(variables.iter().copied()).start().unwrap();
        telemetry.health().drain_times()
    };
    let seconds = Duration::from_secs;
    let usual = times(&[]);
    assert_eq!((usual.delay, usual.timeout), (Duration::ZERO, seconds(20)));
    assert_eq!(times(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1")]).delay, seconds(5));
    let said = times(&[
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("TELEMETRY_HEALTH_DRAIN_DELAY", "0ms"),
        ("TELEMETRY_HEALTH_DRAIN_TIMEOUT", "7s"),
    ]);
    assert_eq!((said.delay, said.timeout), (Duration::ZERO, seconds(7)));
}
