//! The store in a child after `fork`, which has one thread and copies of locks that others held.

#![cfg(unix)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use telemetry_runtime::{SeriesValue, Snapshot, Telemetry};

telemetry::events! {
    event f.known { measurements { n: u64 } metadata { tag: &str } }
    event f.other { metadata { tag: u64 } }
    span f.worked;
}
telemetry::metrics! {
    counter(f.known.count, tags = [tag]);
    summary(f.known.n, tags = [tag]);
    distribution(name = f.sizes, events = [f.known], measurement = n);
    counter(f.other.count, tags = [tag]);
    counter(f.worked.stop.count);
}

/// One test at a time, so that a child has no locks of the other one's threads.
static ALONE: Mutex<()> = Mutex::new(());

const CHILDREN: usize = 100;

fn start() -> Telemetry {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap()
}

fn count(snapshot: &Snapshot, metric: &str, tags: &[&str]) -> u64 {
    match snapshot.metric(metric).unwrap().value(tags) {
        Some(SeriesValue::Counter(count)) => count,
        None => 0,
        other => panic!("{other:?}"),
    }
}

#[telemetry::span(f.worked)]
fn work() {}

fn execute(tag: &str) {
    telemetry::execute!(f.known, { n: 3 }, { tag });
}

/// The parent's other threads make, record and prune series and take snapshots at the moment of the
/// fork: the child must not wait for a lock whose owner it has not got.
#[test]
fn child_after_fork_may_execute_and_changes_no_total_of_its_parent() {
    let _alone = ALONE.lock().unwrap();
    let telemetry = start();
    execute("parent");
    let (is_done, others) = (AtomicBool::new(false), AtomicU64::new(0));
    let in_the_child = || {
        for tag in ["parent", "a series of the child alone"] {
            for _ in 0..100 {
                execute(tag);
            }
        }
        work();
        true
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let tag = others.fetch_add(1, Ordering::Relaxed);
                telemetry::execute!(f.other, {}, { tag: tag % 5_000 });
            }
        });
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                telemetry.prune("f.other.count", &[("tag", "1*")]).unwrap();
                drop(telemetry.snapshots().take());
            }
        });
        let ended_well = (0..CHILDREN).filter(|_| {
            // of the parent, between the forks: its rows are swept, and written again
            execute("parent");
            child_ends_well(in_the_child)
        });
        let ended_well = ended_well.count();
        is_done.store(true, Ordering::Relaxed);
        assert_eq!(ended_well, CHILDREN);
    });
    let snapshot = telemetry.snapshots().take();
    assert_eq!(count(&snapshot, "f.known.count", &["parent"]), 1 + CHILDREN as u64);
    assert_eq!(snapshot.metric("f.known.count").unwrap().series().count(), 1);
    assert_eq!(count(&snapshot, "f.worked.stop.count", &[]), 0);
    assert!(count(&snapshot, "f.other.count", &["0"]) > 0, "the others went on");
}

/// A program that becomes a daemon: the child has a runtime of its own, and the copy of its parent's
/// store, whose locks nobody may let go, is left alone.
#[test]
fn runtime_of_a_child_after_fork_records_what_the_child_executes_and_nothing_else() {
    let _alone = ALONE.lock().unwrap();
    let of_parent = start();
    execute("both");
    let works = child_ends_well(|| {
        let of_child = start();
        execute("both");
        execute("child");
        thread::spawn(|| execute("child")).join().unwrap();
        let (own, copy) = (of_child.snapshots().take(), of_parent.snapshots().take());
        let counts = ["both", "child"].map(|tag| count(&own, "f.known.count", &[tag]));
        let is_left_alone = count(&copy, "f.known.count", &["child"]) == 0;
        let ended = of_child.shutdown(Duration::from_secs(10));
        counts == [1, 2] && is_left_alone && ended.is_ok_and(|report| report.is_complete())
    });
    assert!(works);
    let snapshot = of_parent.snapshots().take();
    assert_eq!(count(&snapshot, "f.known.count", &["both"]), 1);
    assert_eq!(count(&snapshot, "f.known.count", &["child"]), 0);
}

#[allow(unsafe_code)]
fn child_ends_well(works: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls nothing but the toolkit, `alarm` and `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        // SAFETY: ends the child by a signal if it hangs.
        unsafe { libc::alarm(20) };
        let status = i32::from(!works());
        // SAFETY: ends the child without the destructors of the parent's test.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: waits for the child that was started above.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && status == 0
}
