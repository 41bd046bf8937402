//! When the program is dead, and when it is not.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::{HealthOptions, Readiness};

use crate::{builder, probe, until, until_true, with};

const STALL: Duration = Duration::from_millis(400);

#[test]
fn blocked_executor_is_dead_within_the_configured_time_and_alive_when_it_runs_again() {
    let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let options = HealthOptions::new().stall(STALL);
    let telemetry = with(options).tokio(executor.handle().clone()).start().unwrap();
    until(&telemetry, Readiness::Ready);
    assert_eq!(probe(&telemetry, "/health").status, 200);
    let (release, released) = mpsc::channel::<()>();
    let blocked = Instant::now();
    executor.spawn(async move { released.recv() });
    until_true("dead program", || probe(&telemetry, "/health").status == 503);
    // Twice the time is for a machine that is busy with other tests.
    assert!(blocked.elapsed() < 2 * STALL, "{:?}", blocked.elapsed());
    let answer = probe(&telemetry, "/health");
    assert_eq!(answer.body, r#"{"status":"dead"}"#);
    assert_eq!(probe(&telemetry, "/health/ready").status, 200, "nobody asked for liveness there");
    drop(release);
    until_true("living program", || probe(&telemetry, "/health").status == 200);
}

#[test]
fn dead_dependency_kills_nobody() {
    let options = HealthOptions::new().stall(Duration::from_millis(100));
    let away = HealthCheck::blocking("db", || Err::<(), _>("away"));
    let hangs = HealthCheck::new("cache", std::future::pending::<()>);
    let telemetry = with(options).check(away).check(hangs.timeout(STALL)).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let began = Instant::now();
    while began.elapsed() < 2 * STALL {
        assert_eq!(probe(&telemetry, "/health").status, 200);
    }
}

#[test]
fn program_without_an_executor_is_alive_unless_it_says_otherwise() {
    let telemetry = builder().start().unwrap();
    assert_eq!(probe(&telemetry, "/health").status, 200);
    let heart = telemetry.health().heartbeat("main loop", Duration::from_millis(50));
    until_true("dead program", || probe(&telemetry, "/health").status == 503);
    drop(heart);
    assert_eq!(probe(&telemetry, "/health").status, 200);
    telemetry.health().fail_liveness("the ledger is torn");
    assert_eq!(probe(&telemetry, "/health").body, r#"{"status":"dead"}"#);
}
