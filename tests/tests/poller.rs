//! Polls: their rate, their isolation from each other, and their failures.

use std::future;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use telemetry_runtime::{
    Builder, OnFailure, Poll, PollFailureKind, PollInfo, PollState, Telemetry, runtime,
};
use telemetry_tests::wait;

const LIMIT: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(5);

fn builder() -> Builder {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {})
}

fn info(telemetry: &Telemetry, name: &str) -> PollInfo {
    let polls = telemetry.polls().list();
    polls.into_iter().find(|poll| poll.name == name).unwrap_or_else(|| panic!("no poll {name}"))
}

/// Waits until the poll is as it should be.
#[track_caller]
fn wait_for(telemetry: &Telemetry, name: &str, is: impl Fn(&PollInfo) -> bool) -> PollInfo {
    let found: Result<PollInfo> = wait::until(name, LIMIT, || {
        let info = info(telemetry, name);
        ensure!(is(&info), "{info:?}");
        Ok(info)
    });
    found.unwrap()
}

/// The failures of one poll, `kind: reason`, as `runtime.poller.failure` tells them.
fn failures(of: &'static str) -> Arc<Mutex<Vec<String>>> {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = heard.clone();
    telemetry::attach(
        &format!("failures of {of}"),
        &runtime::poller::failure,
        of,
        move |event, of| {
            let failure = event.metadata;
            if failure.name == *of {
                told.lock().unwrap().push(format!("{}: {}", failure.kind, failure.reason));
            }
        },
    )
    .unwrap();
    heard
}

/// A poll that blocks each time until somebody says that it may go on, or that nobody will.
fn gated(name: &str) -> (Poll, mpsc::Sender<()>) {
    let (open, gate) = mpsc::channel();
    let poll = Poll::new(name, move || {
        // an error means that the sender is gone: then it is open
        let _ = gate.recv();
    });
    (poll.every(SHORT), open)
}

/// A poll that only counts.
fn counting(name: &str) -> (Poll, Arc<AtomicU64>) {
    let count: Arc<AtomicU64> = Arc::default();
    let calls = count.clone();
    let poll = Poll::new(name, move || {
        calls.fetch_add(1, Ordering::SeqCst);
    });
    (poll.every(SHORT), count)
}

#[test]
fn rate_is_kept_within_one_period_under_load() {
    const PERIOD: Duration = Duration::from_millis(400);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 * thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let called = times.clone();
        let poll = Poll::new("steady", move || called.lock().unwrap().push(Instant::now()));
        let (slow, gate) = gated("slow");
        let telemetry = builder().poll(poll.every(PERIOD)).poll(slow).start().unwrap();
        // between two calls: each that is counted has been made
        let info = wait_for(&telemetry, "steady", |info| {
            let calls = times.lock().unwrap().len() as u64;
            info.calls + info.missed > 8 && info.state == PollState::Waiting && info.calls == calls
        });
        stop.store(true, Ordering::Relaxed);
        drop(gate);

        let times = times.lock().unwrap();
        let ticks = u32::try_from(info.calls + info.missed).unwrap() - 1;
        let passed = times.last().unwrap().duration_since(times[0]);
        let due = PERIOD * ticks;
        assert!(passed.abs_diff(due) < PERIOD, "{passed:?} for {ticks} ticks: {info:?}");
    });
}

#[test]
fn hanging_polls_delay_no_other_and_are_given_up() {
    let failures = failures("hanging 0");
    let mut builder = builder();
    let mut gates = Vec::new();
    for number in 0..8 {
        let (poll, gate) = gated(&format!("hanging {number}"));
        builder = builder.poll(poll.timeout(Duration::from_millis(20)));
        gates.push(gate);
    }
    let (quick, calls) = counting("quick");
    let telemetry = builder.poll(quick).start().unwrap();
    for number in 0..8 {
        let name = format!("hanging {number}");
        let info = wait_for(&telemetry, &name, |info| info.state == PollState::Hanging);
        assert_eq!((info.calls, info.failures), (1, 1), "called once, as it has not returned");
        assert_eq!(info.last_failure.unwrap().kind, PollFailureKind::Timeout);
    }
    let before = calls.load(Ordering::SeqCst);
    wait_for(&telemetry, "quick", |info| info.calls > before + 20);
    assert_eq!(info(&telemetry, "quick").failures, 0);
    let reported = failures.lock().unwrap().clone();
    assert_eq!(reported, ["timeout: it has not returned within 20ms"]);

    // each that returns after all is called again
    gates.clear();
    for number in 0..8 {
        let name = format!("hanging {number}");
        let info = wait_for(&telemetry, &name, |info| info.calls > 3);
        assert!(info.missed > 0 && info.failures_in_a_row == 0, "{info:?}");
    }
}

#[test]
fn missed_ticks_are_counted_and_not_made_up_for() {
    let (poll, gate) = gated("busy");
    let telemetry = builder().poll(poll.timeout(LIMIT)).start().unwrap();
    let busy = wait_for(&telemetry, "busy", |info| info.missed >= 5);
    assert_eq!((busy.calls, busy.state), (1, PollState::Running));
    gate.send(()).unwrap();
    let next = wait_for(&telemetry, "busy", |info| info.calls == 2);
    assert!(next.missed >= busy.missed && next.failures == 0, "{next:?}");
    drop(gate);
}

#[test]
fn poll_that_fails_for_a_while_comes_back() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let failures = failures("transient");
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = lines.clone();
    let poll = Poll::new("transient", || match CALLS.fetch_add(1, Ordering::SeqCst) {
        0 => Err(io::Error::other("no connection")),
        1 => panic!("on purpose"),
        _ => Ok(()),
    });
    let telemetry = builder()
        .log(move |line| sink.lock().unwrap().push(line.to_owned()))
        .poll(poll.every(SHORT))
        .start()
        .unwrap();
    let info = wait_for(&telemetry, "transient", |info| info.calls > 4);
    assert_eq!((info.failures, info.failures_in_a_row), (2, 0));
    assert_eq!(info.last_failure.unwrap().kind, PollFailureKind::Panic);
    assert_eq!(*failures.lock().unwrap(), ["error: no connection", "panic: on purpose"]);
    let lines = lines.lock().unwrap();
    let said: Vec<_> = lines.iter().filter(|line| line.contains("\"transient\"")).collect();
    assert_eq!(
        said,
        [
            "telemetry: the poll \"transient\" failed (error): no connection",
            "telemetry: the poll \"transient\" works again, after 2 failures",
        ]
    );
}

#[test]
fn poll_that_backs_off_leaves_out_ever_more_ticks_until_it_succeeds() {
    static FAILS: AtomicBool = AtomicBool::new(true);
    let poll =
        Poll::new(
            "backs off",
            || {
                if FAILS.load(Ordering::SeqCst) { Err("not yet") } else { Ok(()) }
            },
        );
    let poll = poll.every(Duration::from_millis(1)).on_failure(OnFailure::Backoff);
    let telemetry = builder().poll(poll).start().unwrap();
    let info = wait_for(&telemetry, "backs off", |info| info.failures >= 6);
    let left_out: u64 = (0..info.failures).map(|failure| 1 << failure).sum();
    assert_eq!(info.backed_off, left_out, "{info:?}");
    FAILS.store(false, Ordering::SeqCst);
    wait_for(&telemetry, "backs off", |info| info.failures_in_a_row == 0);
}

#[test]
fn poll_that_is_removed_for_its_failure_is_called_no_more_and_still_listed() {
    let failures = failures("removed");
    let poll = Poll::new("removed", || Err::<(), _>("broken"));
    let (other, _) = counting("other");
    let poll = poll.every(SHORT).on_failure(OnFailure::Remove);
    let telemetry = builder().poll(poll).poll(other).start().unwrap();
    let info = wait_for(&telemetry, "removed", |info| info.state == PollState::Removed);
    wait_for(&telemetry, "other", |info| info.calls > 10);
    assert_eq!(info.calls, 1);
    assert_eq!(*failures.lock().unwrap(), ["error: broken"]);

    let (again, calls) = counting("removed");
    telemetry.polls().add(again).unwrap();
    wait_for(&telemetry, "removed", |info| info.state != PollState::Removed && info.calls > 1);
    assert!(calls.load(Ordering::SeqCst) > 1);
}

/// Says when it is dropped.
struct Dropped(mpsc::Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        // the test may not wait for it
        let _ = self.0.send(());
    }
}

#[test]
fn async_poll_has_timers_and_is_cancelled_at_its_timeout() {
    let failures = failures("async");
    let (dropped, drops) = mpsc::channel();
    let mut calls = 0;
    let poll = Poll::new_async("async", move || {
        calls += 1;
        let (dropped, hangs) = (Dropped(dropped.clone()), calls == 2);
        async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if hangs {
                future::pending::<()>().await;
            }
            drop(dropped);
        }
    });
    let poll = poll.every(SHORT).timeout(Duration::from_millis(50));
    let telemetry = builder().poll(poll).start().unwrap();
    let info = wait_for(&telemetry, "async", |info| info.calls > 4);
    assert_eq!(info.failures, 1);
    assert_eq!(*failures.lock().unwrap(), ["timeout: it has not returned within 50ms"]);
    for _ in 0..3 {
        drops.recv_timeout(LIMIT).unwrap();
    }
}

#[test]
fn async_poll_that_blocks_its_thread_delays_no_other() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let poll = Poll::new_async("blocks", move || {
        let gate = gate.clone();
        async move {
            // an error means that the sender is gone: then it is open
            let _ = gate.lock().unwrap().recv();
        }
    });
    let (quick, _) = counting("beside");
    let poll = poll.every(SHORT).timeout(Duration::from_millis(20));
    let telemetry = builder().poll(poll).poll(quick).start().unwrap();
    wait_for(&telemetry, "blocks", |info| info.state == PollState::Hanging);
    let calls = info(&telemetry, "beside").calls;
    wait_for(&telemetry, "beside", |info| info.calls > calls + 10);
    drop(open);
    wait_for(&telemetry, "blocks", |info| info.calls > 1);
}

#[test]
fn polls_are_added_listed_and_removed_at_run_time() {
    let telemetry = builder().poll_every(Duration::from_millis(7)).start().unwrap();
    let (dropped, drops) = mpsc::channel();
    let kept = Dropped(dropped);
    let poll = Poll::new("late", move || {
        let _ = &kept;
    });
    telemetry.polls().add(poll).unwrap();
    let info = wait_for(&telemetry, "late", |info| info.calls > 2);
    assert_eq!((info.every, info.timeout), (Duration::from_millis(7), Poll::DEFAULT_TIMEOUT));
    assert!(info.last_duration.is_some() && info.location.file().ends_with("poller.rs"));

    let (taken, _) = counting("late");
    let error = telemetry.polls().add(taken).unwrap_err();
    assert!(error.is_conflict() && error.to_string().contains("\"late\""), "{error}");

    assert!(telemetry.polls().remove("late"));
    drops.recv_timeout(LIMIT).unwrap();
    assert!(!telemetry.polls().remove("late"));
    assert!(telemetry.polls().list().iter().all(|poll| poll.name != "late"));
}

#[test]
fn poll_that_runs_is_removed_without_waiting_for_it() {
    let (poll, gate) = gated("runs");
    let telemetry = builder().poll(poll).start().unwrap();
    wait_for(&telemetry, "runs", |info| info.state == PollState::Running);
    assert!(telemetry.polls().remove("runs"));
    // its name is free at once
    let (next, calls) = counting("runs");
    telemetry.polls().add(next).unwrap();
    wait_for(&telemetry, "runs", |info| info.calls > 2);
    assert!(calls.load(Ordering::SeqCst) > 2);
    drop(gate);
}

#[test]
fn what_is_measured_of_the_process_is_not_read_while_nobody_listens() {
    let (quick, _) = counting("meanwhile");
    let telemetry = builder().poll(quick).poll_every(Duration::from_millis(1)).start().unwrap();
    wait_for(&telemetry, "meanwhile", |info| info.calls > 10);
    for poll in telemetry.polls().list() {
        let is_built_in = poll.name.starts_with("vm.");
        assert!(!is_built_in || (poll.calls, poll.missed) == (0, 0), "{poll:?}");
    }
    assert_eq!(info(&telemetry, "vm.memory").every, Duration::from_millis(1));
}

#[test]
fn first_call_waits_for_the_initial_delay() {
    let started = Instant::now();
    let (told, called) = mpsc::channel();
    let poll = Poll::new("delayed", move || {
        // the test may have heard enough
        let _ = told.send(Instant::now());
    });
    let poll = poll.every(SHORT).initial_delay(Duration::from_millis(300));
    let telemetry = builder().poll(poll).start().unwrap();
    let first = called.recv_timeout(LIMIT).unwrap();
    assert!(first.duration_since(started) >= Duration::from_millis(300));
    drop(telemetry);
}

#[test]
fn what_no_timer_can_keep_or_nobody_can_name_is_refused() {
    let refused = |builder: Builder| {
        let error = builder.start().unwrap_err();
        assert!(error.is_configuration(), "{error}");
        error.to_string()
    };
    let text = refused(builder().poll(counting("fast").0.every(Duration::ZERO)));
    assert!(text.contains("`every`") && text.contains("\"fast\""), "{text}");
    let text = refused(builder().poll(counting("hasty").0.timeout(Duration::from_micros(1))));
    assert!(text.contains("`timeout`") && text.contains("\"hasty\""), "{text}");
    let text = refused(builder().poll(counting(" ").0));
    assert!(text.contains("poller.rs"), "{text}");
    let text = refused(builder().poll_every(Duration::ZERO));
    assert!(text.contains("`.poll_every(…)`"), "{text}");

    let twice = builder().poll(counting("twice").0).poll(counting("twice").0).start();
    assert!(twice.unwrap_err().is_conflict());
}

#[test]
fn shutdown_waits_for_a_call_that_runs_and_names_one_that_hangs() {
    let (waits, gate) = gated("waits");
    let telemetry = builder().poll(waits.timeout(LIMIT)).start().unwrap();
    wait_for(&telemetry, "waits", |info| info.state == PollState::Running);
    let polls = telemetry.polls().clone();
    let stopping = thread::spawn(move || telemetry.shutdown(LIMIT));
    wait::until("word to stop", LIMIT, || {
        let added = polls.add(counting("too late").0);
        ensure!(added.is_err_and(|error| !error.is_conflict()));
        Ok(())
    })
    .unwrap();
    drop(gate);
    assert!(stopping.join().unwrap().unwrap().is_complete());

    let (hangs, gate) = gated("hangs");
    let telemetry = builder().poll(hangs.timeout(SHORT)).start().unwrap();
    wait_for(&telemetry, "hangs", |info| info.state == PollState::Hanging);
    let report = telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(report.cut(), ["\"hangs\" still runs, on a thread of its own"]);
    drop(gate);
}
