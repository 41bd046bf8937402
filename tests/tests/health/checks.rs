//! What no check can do to the program, and what follows from each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::{CheckReason, CheckStatus, HealthOptions, Readiness, Verdict};

use crate::{EVERY, builder, json, probe, until, until_true, with};

const TIMEOUT: Duration = Duration::from_millis(50);

#[test]
fn program_starts_when_each_critical_check_has_a_result_and_it_has_said_so() {
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let slow = HealthCheck::blocking("slow", move || {
        let _ = released.lock().unwrap().recv();
    });
    let options = HealthOptions::new().starts_when_told();
    let telemetry = with(options).check(slow.timeout(crate::LONG)).start().unwrap();
    let health = telemetry.health().clone();
    health.started();
    assert_eq!(health.readiness(), Readiness::Starting);
    for path in ["/health/ready", "/health/startup"] {
        assert_eq!(probe(&telemetry, path).status, 503, "{path}");
    }
    assert_eq!(probe(&telemetry, "/health").status, 200);
    drop(release);
    until(&telemetry, Readiness::Ready);
    assert_eq!(probe(&telemetry, "/health/startup").status, 200);
}

#[test]
fn program_that_wants_to_say_that_it_has_started_is_waited_for() {
    let options = HealthOptions::new().starts_when_told();
    let telemetry = with(options).check(HealthCheck::blocking("a", || ())).start().unwrap();
    until_true("first result", || telemetry.health().snapshot().check("a").unwrap().runs > 0);
    assert_eq!(telemetry.health().readiness(), Readiness::Starting);
    telemetry.health().started();
    assert_eq!(telemetry.health().readiness(), Readiness::Ready);
}

#[test]
fn failing_optional_check_degrades_and_a_failing_critical_one_turns_readiness() {
    let states = Arc::new([AtomicBool::new(true), AtomicBool::new(true)]);
    let check = |name, place: usize| {
        let states = states.clone();
        HealthCheck::blocking(name, move || {
            states[place].load(Ordering::Relaxed).then_some(()).ok_or("away")
        })
    };
    let telemetry =
        builder().check(check("cache", 0).optional()).check(check("db", 1)).start().unwrap();
    until(&telemetry, Readiness::Ready);
    states[0].store(false, Ordering::Relaxed);
    until(&telemetry, Readiness::Degraded);
    let answer = probe(&telemetry, "/health/ready");
    assert_eq!(answer.status, 200);
    let checks = serde_json::json!({"cache": "failed", "db": "ok"});
    assert_eq!(json(&answer)["checks"], checks);
    states[1].store(false, Ordering::Relaxed);
    until(&telemetry, Readiness::NotReady);
    let answer = probe(&telemetry, "/health/ready");
    assert_eq!((answer.status, &json(&answer)["checks"]["db"]), (503, &"failed".into()));
    assert_eq!(probe(&telemetry, "/health").status, 200, "no dependency is asked for liveness");
    states.iter().for_each(|state| state.store(true, Ordering::Relaxed));
    until(&telemetry, Readiness::Ready);
}

#[test]
fn check_that_hangs_fails_after_its_timeout_and_is_dropped() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let drops = dropped.clone();
    let hangs = HealthCheck::new("hangs", move || {
        let guard = Dropped(drops.clone());
        async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        }
    });
    let telemetry = builder().check(hangs.timeout(TIMEOUT)).start().unwrap();
    until(&telemetry, Readiness::NotReady);
    let snapshot = telemetry.health().snapshot();
    let check = snapshot.check("hangs").unwrap();
    assert_eq!(check.reason, Some(CheckReason::Timeout));
    assert!(check.duration.unwrap() >= TIMEOUT);
    // It is asked anew once the last run is gone.
    until_true("more runs", || dropped.load(Ordering::Relaxed) >= 3);
    assert!(telemetry.health().snapshot().check("hangs").unwrap().timeouts >= 2);
}

#[test]
fn check_that_blocks_its_thread_harms_no_other_and_is_not_run_twice() {
    let running = Arc::new(AtomicUsize::new(0));
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let runs = running.clone();
    let blocks = HealthCheck::new("blocks", move || {
        runs.fetch_add(1, Ordering::Relaxed);
        // In an asynchronous check, where nobody should.
        let _ = released.lock().unwrap().recv();
        async {}
    });
    let good = HealthCheck::blocking("good", || ());
    let telemetry =
        builder().check(blocks.timeout(TIMEOUT).optional()).check(good).start().unwrap();
    until(&telemetry, Readiness::Degraded);
    let runs_of = |name: &str| telemetry.health().snapshot().check(name).unwrap().runs;
    let before = runs_of("good");
    until_true("runs of the other", || runs_of("good") > before + 5);
    assert_eq!((running.load(Ordering::Relaxed), runs_of("blocks")), (1, 1));
    drop(release);
    until(&telemetry, Readiness::Ready);
    assert!(telemetry.health().snapshot().check("blocks").unwrap().skipped > 0);
}

#[test]
fn check_that_panics_fails_and_goes_on_at_its_interval() {
    let mode = Arc::new(AtomicU8::new(0));
    let asked = mode.clone();
    let panics = HealthCheck::new("panics", move || {
        assert_ne!(asked.load(Ordering::Relaxed), 1, "before it is awaited");
        let asked = asked.clone();
        async move { assert_ne!(asked.load(Ordering::Relaxed), 2, "while it is awaited") }
    });
    let telemetry = builder().check(panics).start().unwrap();
    for broken in [1, 2] {
        until(&telemetry, Readiness::Ready);
        mode.store(broken, Ordering::Relaxed);
        until(&telemetry, Readiness::NotReady);
        let snapshot = telemetry.health().snapshot();
        assert_eq!(snapshot.check("panics").unwrap().reason, Some(CheckReason::Panic));
        mode.store(0, Ordering::Relaxed);
    }
    until(&telemetry, Readiness::Ready);
}

#[test]
fn check_that_flips_turns_nothing_below_its_threshold() {
    let calls = AtomicUsize::new(0);
    let flips = HealthCheck::blocking("flips", move || {
        let is_even = calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        is_even.then_some(()).ok_or("odd")
    });
    let telemetry = builder().check(flips.failure_threshold(2)).start().unwrap();
    until(&telemetry, Readiness::Ready);
    let check = || telemetry.health().snapshot().check("flips").unwrap().clone();
    until_true("flips", || {
        let check = check();
        assert_eq!(check.status, Some(CheckStatus::Pass));
        check.failures > 5
    });
}

#[test]
fn checks_run_at_the_same_time() {
    const COUNT: usize = 12;
    let barrier = Arc::new(std::sync::Barrier::new(COUNT));
    let mut builder = builder();
    for number in 0..COUNT {
        let barrier = barrier.clone();
        let meets = HealthCheck::blocking(format!("meets-{number}"), move || {
            barrier.wait();
        });
        builder = builder.check(meets.timeout(crate::LONG).every(crate::LONG));
    }
    let telemetry = builder.start().unwrap();
    // Nobody would pass if one of them had to wait for another.
    until(&telemetry, Readiness::Ready);
}

#[test]
fn result_that_is_too_old_is_no_result() {
    let check = HealthCheck::blocking("rare", || ()).every(crate::LONG);
    let telemetry = builder().check(check.stale_after(TIMEOUT)).start().unwrap();
    let snapshot = telemetry.health().clone();
    until_true("first result", || snapshot.snapshot().check("rare").unwrap().runs > 0);
    until(&telemetry, Readiness::NotReady);
    assert!(telemetry.health().snapshot().check("rare").unwrap().is_stale());
}

#[test]
fn checks_of_a_runtime_of_the_program_are_driven_there() {
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("of-the-program")
        .enable_all()
        .build()
        .unwrap();
    let there = HealthCheck::new("there", || async {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        (name == "of-the-program").then_some(()).ok_or(name.to_owned())
    });
    let hangs = HealthCheck::new("hangs", std::future::pending::<()>).optional();
    let breaks = HealthCheck::new("breaks", || async { panic!("broken") as () }).optional();
    let on = |check: HealthCheck| check.timeout(TIMEOUT).on(executor.handle().clone());
    let telemetry = builder()
        .check(on(there).timeout(crate::LONG))
        .check(on(hangs))
        .check(on(breaks).timeout(crate::LONG))
        .start()
        .unwrap();
    until(&telemetry, Readiness::Degraded);
    let reason = |name| telemetry.health().snapshot().check(name).unwrap().reason;
    until_true("both failures", || {
        (reason("hangs"), reason("breaks"))
            == (Some(CheckReason::Timeout), Some(CheckReason::Panic))
    });
    executor.shutdown_background();
    until(&telemetry, Readiness::NotReady);
    let snapshot = telemetry.health().snapshot();
    assert!(snapshot.check("there").unwrap().message.as_ref().unwrap().contains("has ended"));
}

#[test]
fn checks_are_added_and_removed_while_it_runs() {
    let telemetry = builder().start().unwrap();
    until(&telemetry, Readiness::Ready);
    let health = telemetry.health();
    health.add(HealthCheck::blocking("late", || Verdict::Fail("away".into()))).unwrap();
    assert!(health.add(HealthCheck::blocking("late", || ())).unwrap_err().is_conflict());
    until(&telemetry, Readiness::NotReady);
    assert!(health.remove("late") && !health.remove("late"));
    assert_eq!(health.readiness(), Readiness::Ready);
}

#[test]
fn checks_that_cannot_be_kept_stop_the_start() {
    let check = || HealthCheck::blocking("db", || ());
    for (bad, words) in [
        (HealthCheck::blocking("a/b", || ()), "its name stands in a path"),
        (check().every(Duration::ZERO), "`.every(…)`"),
        (check().timeout(Duration::ZERO), "`.timeout(…)`"),
        (check().failure_threshold(0), "the lowest threshold is 1"),
    ] {
        let error = builder().check(bad).start().unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(words), "{error}");
    }
    assert!(builder().check(check()).check(check()).start().unwrap_err().is_conflict());
}

#[test]
fn probes_make_no_call_of_a_check() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let check = HealthCheck::blocking("db", move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let telemetry = builder().check(check.every(Duration::from_hours(1))).start().unwrap();
    until(&telemetry, Readiness::Ready);
    let began = Instant::now();
    for _ in 0..500 {
        assert_eq!(probe(&telemetry, "/health/ready").status, 200);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1, "in {:?}, at {EVERY:?}", began.elapsed());
}
