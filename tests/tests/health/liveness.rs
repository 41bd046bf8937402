//! When the program is dead, and when it is not.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_runtime::health::{HealthOptions, Readiness};
use telemetry_runtime::{HealthCheck, Telemetry};
use tokio::runtime::Handle;

use crate::{builder, probe, until, until_true, with};

const STALL: Duration = Duration::from_millis(400);
/// Where nothing may be blocked: a machine that is busy with other tests is late, too.
const PATIENT: Duration = Duration::from_secs(2);

/// An executor of either kind, whose tasks run until it is dropped.
struct Executor {
    handle: Handle,
    _runs: mpsc::Sender<()>,
}

impl Executor {
    /// One thread runs all of its tasks: that of a current-thread runtime, or the one worker of another.
    fn of_one_thread(mut builder: tokio::runtime::Builder) -> Self {
        let executor = builder.enable_all().build().unwrap();
        let handle = executor.handle().clone();
        let (runs, dropped) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let ended = executor.spawn_blocking(move || dropped.recv());
            let _ = executor.block_on(ended);
            executor.shutdown_background();
        });
        Self { handle, _runs: runs }
    }

    fn of_each_kind() -> [(&'static str, Self); 2] {
        let mut of_workers = tokio::runtime::Builder::new_multi_thread();
        of_workers.worker_threads(1);
        [
            ("multi-thread", Self::of_one_thread(of_workers)),
            ("current-thread", Self::of_one_thread(tokio::runtime::Builder::new_current_thread())),
        ]
    }
}

#[test]
fn blocked_executor_is_dead_within_the_configured_time_and_alive_when_it_runs_again() {
    for (kind, executor) in Executor::of_each_kind() {
        let options = HealthOptions::new().stall(STALL);
        let telemetry = with(options).tokio(executor.handle.clone()).start().unwrap();
        until(&telemetry, Readiness::Ready);
        assert_eq!(probe(&telemetry, "/health").status, 200, "{kind}");
        let (release, released) = mpsc::channel::<()>();
        let (blocks, is_blocked) = mpsc::channel::<Instant>();
        executor.handle.spawn(async move {
            let _ = blocks.send(Instant::now());
            let _ = released.recv();
        });
        let blocked = is_blocked.recv().unwrap();
        until_true("dead program", || probe(&telemetry, "/health").status == 503);
        // Twice the time is for a machine that is busy with other tests.
        assert!(blocked.elapsed() < 2 * STALL, "{kind}: {:?}", blocked.elapsed());
        let answer = probe(&telemetry, "/health");
        assert_eq!(answer.body, r#"{"status":"dead"}"#, "{kind}");
        let ready = probe(&telemetry, "/health/ready").status;
        assert_eq!(ready, 200, "{kind}: nobody asked for liveness there");
        drop(release);
        until_true("living program", || probe(&telemetry, "/health").status == 200);
    }
}

#[test]
fn executor_of_which_one_worker_is_blocked_is_alive() {
    let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let options = HealthOptions::new().stall(PATIENT);
    let telemetry = with(options).tokio(executor.handle().clone()).start().unwrap();
    let (release, released) = mpsc::channel::<()>();
    executor.spawn(async move { released.recv() });
    stays_alive(&telemetry);
    drop(release);
}

#[test]
fn dead_dependency_kills_nobody() {
    let look_at_the_dead = |executor: Executor| {
        let options = HealthOptions::new().stall(PATIENT);
        let away = HealthCheck::blocking("db", || Err::<(), _>("away"));
        let blocks = HealthCheck::blocking("disk", || std::thread::sleep(2 * PATIENT));
        // driven by the application's own runtime, which waits and is not blocked
        let hangs = HealthCheck::new("cache", std::future::pending::<()>);
        let breaks = HealthCheck::new("queue", || async { panic!("broken") as () });
        let telemetry = with(options)
            .tokio(executor.handle.clone())
            .check(away)
            .check(blocks.timeout(STALL))
            .check(hangs.timeout(STALL).on(executor.handle.clone()))
            .check(breaks.on(executor.handle.clone()))
            .start()
            .unwrap();
        until(&telemetry, Readiness::NotReady);
        stays_alive(&telemetry);
    };
    std::thread::scope(|scope| {
        for (_, executor) in Executor::of_each_kind() {
            scope.spawn(move || look_at_the_dead(executor));
        }
    });
}

/// For longer than what a program may be blocked.
fn stays_alive(telemetry: &Telemetry) {
    let began = Instant::now();
    while began.elapsed() < PATIENT + PATIENT / 2 {
        assert_eq!(probe(telemetry, "/health").status, 200);
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
