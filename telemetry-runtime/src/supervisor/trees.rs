//! Whole trees at work, in a time that passes when everybody waits.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use telemetry::ExceptionKind;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::outcome::Outcome;
use super::*;
use crate::phase::{Phase, Phases};
use crate::stop::Stop;
use crate::vocabulary::runtime::runtime::supervisor::child as events;

const LIMIT: Duration = Duration::from_mins(1);

/// A tree that runs.
struct Tree {
    node: Arc<Node>,
    stop: Stop,
    phases: Phases,
    lines: Arc<Mutex<Vec<String>>>,
    driver: JoinHandle<Outcome>,
}

impl Tree {
    fn start(supervisor: Supervisor) -> Self {
        let node = Node::root(&supervisor);
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = lines.clone();
        let phases = Phases::new();
        let surroundings = Surroundings {
            log: Arc::new(move |line| sink.lock().unwrap().push(line.to_owned())),
            phases: phases.clone(),
        };
        let driver = Driver::start(Arc::new(supervisor), node.clone(), surroundings);
        let stop = Stop::unsaid();
        let driver = tokio::spawn(driver.run(stop.clone()));
        Self { node, stop, phases, lines, driver }
    }

    fn child(&self, path: &str) -> ChildInfo {
        self.node.info().find(path).unwrap_or_else(|| panic!("no {path}")).clone()
    }

    fn state(&self, path: &str) -> &'static str {
        self.child(path).state.as_str()
    }

    /// Stops for good, and gives what was cut.
    async fn end(self, limit: Duration) -> Vec<String> {
        self.phases.advance(Phase::Stopping);
        self.stop.say((Instant::now() + limit).into_std());
        assert_eq!(self.driver.await.unwrap(), Ok(()));
        self.node.cut()
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// What children do, in its order.
#[derive(Clone, Default)]
struct Diary {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Diary {
    fn write(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    fn read(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }

    /// A task that says when it starts and stops.
    fn keeper(&self, name: &'static str) -> Child {
        let diary = self.clone();
        Child::task(name, move |stop: Stop| {
            let diary = diary.clone();
            async move {
                diary.write(format!("+{name}"));
                stop.requested().await;
                diary.write(format!("-{name}"));
            }
        })
    }
}

/// A task that fails at each run, after a while.
fn failing(name: &str, after: Duration) -> Child {
    Child::task(name, move |_| async move {
        sleep(after).await;
        Err::<(), _>("no connection")
    })
}

#[tokio::test(start_paused = true)]
async fn children_start_in_order_and_stop_in_the_reverse() {
    let diary = Diary::default();
    let inner = Supervisor::builder("inner").child(diary.keeper("b")).child(diary.keeper("c"));
    let root =
        Supervisor::builder("root").child(diary.keeper("a")).child(inner).child(diary.keeper("d"));
    let tree = Tree::start(root);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(diary.read(), ["+a", "+b", "+c", "+d"]);
    assert_eq!(tree.state("root/inner/c"), "running");
    assert!(tree.end(LIMIT).await.is_empty());
    assert_eq!(diary.read(), ["-d", "-c", "-b", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_child_is_restarted_alone_after_a_doubling_wait() {
    let starts: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let diary = Diary::default();
    let times = starts.clone();
    let broken = Child::task("broken", move |_| {
        times.lock().unwrap().push(Instant::now());
        async { Err::<(), _>("no connection") }
    });
    let root = Supervisor::builder("root")
        .intensity(Intensity::unlimited())
        .child(diary.keeper("sound"))
        .child(broken);
    let tree = Tree::start(root);
    sleep(Duration::from_secs(10)).await;
    let starts = starts.lock().unwrap().clone();
    let mut whole = Duration::from_millis(100);
    for pair in starts.windows(2) {
        let waited = pair[1] - pair[0];
        // timers are rounded up to the millisecond
        assert!(waited >= whole / 2 && waited <= whole + Duration::from_millis(2), "{waited:?}");
        whole *= 2;
    }
    assert!(starts.len() >= 7, "{}", starts.len());
    assert_eq!(diary.read(), ["+sound"]);
    let info = tree.child("root/broken");
    assert_eq!(info.restarts + 1, starts.len() as u64);
    assert_eq!(info.failures, starts.len() as u64);
    assert_eq!(info.last_failure.unwrap().reason, "no connection");
    assert!(matches!(info.state, ChildState::Waiting { .. }));
    let lines = tree.lines();
    assert_eq!(lines.len(), 1, "said once: {lines:?}");
    assert!(lines[0].contains("root/broken failed: no connection; it is restarted"), "{lines:?}");
    let cut = tree.end(LIMIT).await;
    assert_eq!(cut, ["the child \"root/broken\": it failed, and was about to be restarted"]);
}

#[tokio::test(start_paused = true)]
async fn panics_of_the_function_its_task_and_its_destructor_are_failures() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("at the end");
        }
    }
    let root = Supervisor::builder("root")
        .child(
            Child::task("function", |_| -> std::future::Ready<()> { panic!("at once") })
                .restart(Restart::Temporary),
        )
        .child(
            Child::task("task", |_| async {
                sleep(Duration::from_secs(1)).await;
                panic!("later");
            })
            .restart(Restart::Temporary),
        )
        .child(
            Child::task("destructor", |_| {
                let bomb = Bomb;
                std::future::poll_fn(move |_| {
                    let _ = &bomb;
                    std::task::Poll::Ready(())
                })
            })
            .restart(Restart::Temporary),
        )
        .child(Child::thread("thread", |_| panic!("out there")).restart(Restart::Temporary));
    let tree = Tree::start(root);
    sleep(Duration::from_secs(2)).await;
    // the thread's time is its own
    while tree.state("root/thread") != "failed" {
        tokio::task::yield_now().await;
    }
    for (name, reason) in [
        ("function", "at once"),
        ("task", "later"),
        ("destructor", "at the end"),
        ("thread", "out there"),
    ] {
        let info = tree.child(&format!("root/{name}"));
        let failure = info.last_failure.unwrap();
        assert_eq!((failure.kind, &*failure.reason), (ExceptionKind::Panic, reason));
        assert_eq!(info.state.as_str(), "failed");
    }
    assert!(tree.end(LIMIT).await.is_empty(), "what failed before is no news");
}

#[tokio::test(start_paused = true)]
async fn transient_children_are_restarted_after_failures_only() {
    let runs = Arc::new(AtomicU32::new(0));
    let count = runs.clone();
    let child = Child::task("import", move |_| {
        let run = count.fetch_add(1, Ordering::Relaxed);
        async move { if run < 2 { Err("not yet") } else { Ok(()) } }
    });
    let tree = Tree::start(Supervisor::builder("root").child(child.restart(Restart::Transient)));
    sleep(LIMIT).await;
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    assert_eq!(tree.state("root/import"), "done");
    tree.end(LIMIT).await;
}

#[tokio::test(start_paused = true)]
async fn groups_restart_together_in_their_order() {
    for (strategy, expected) in [
        (Strategy::OneForAll, vec!["-c", "-a", "+a", "+b", "+c"]),
        (Strategy::RestForOne, vec!["-c", "+b", "+c"]),
        (Strategy::OneForOne, vec!["+b"]),
    ] {
        let diary = Diary::default();
        let (fail, failures) = tokio::sync::watch::channel(());
        let says = diary.clone();
        let b = Child::task("b", move |_| {
            let (says, mut failures) = (says.clone(), failures.clone());
            async move {
                failures.mark_unchanged();
                says.write("+b");
                failures.changed().await.map_or(Ok(()), |()| Err("told to fail"))
            }
        });
        let root = Supervisor::builder("root")
            .strategy(strategy)
            .child(diary.keeper("a"))
            .child(b)
            .child(diary.keeper("c"));
        let tree = Tree::start(root);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(diary.read(), ["+a", "+b", "+c"]);
        fail.send_replace(());
        sleep(Duration::from_secs(1)).await;
        assert_eq!(diary.read(), expected, "{strategy}");
        tree.end(LIMIT).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_fails_upward_and_is_restarted() {
    let diary = Diary::default();
    let inner = Supervisor::builder("inner")
        .intensity(Intensity::new(2, LIMIT))
        .backoff(Backoff::none())
        .child(diary.keeper("sound"))
        .child(failing("broken", Duration::from_millis(10)));
    let root = Supervisor::builder("root").intensity(Intensity::unlimited()).child(inner);
    let tree = Tree::start(root);
    sleep(Duration::from_millis(40)).await;
    let info = tree.child("root/inner");
    assert!(matches!(info.state, ChildState::Waiting { .. }), "{info:?}");
    let reason = info.last_failure.unwrap().reason;
    assert!(
        reason.starts_with("more than 2 restarts within 60s, at last as \"broken\""),
        "{reason}"
    );
    assert_eq!(diary.read(), ["+sound", "-sound"]);
    while tree.child("root/inner").restarts == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(diary.read(), ["+sound"]);
    tree.end(LIMIT).await;
}

#[tokio::test(start_paused = true)]
async fn a_root_that_gives_up_fails() {
    let root = Supervisor::builder("root")
        .intensity(Intensity::new(0, LIMIT))
        .child(failing("broken", Duration::ZERO));
    let tree = Tree::start(root);
    let failure = tree.driver.await.unwrap().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "failed: more than 0 restarts within 60s, at last as \"broken\" failed: no connection"
    );
    assert_eq!(tree.node.info().find("root/broken").unwrap().state, ChildState::Failed);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_stop_is_abandoned_at_its_deadline_and_named() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let deaf = Child::task("deaf", |_| std::future::pending::<()>());
    let stuck = Child::thread("stuck", move |_| {
        let _ = released.lock().unwrap().recv();
    });
    let root = Supervisor::builder("root")
        .child(deaf.stop_within(Duration::from_secs(2)))
        .child(stuck.stop_within(Duration::from_secs(3)));
    let tree = Tree::start(root);
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let node = tree.node.clone();
    let cut = tree.end(LIMIT).await;
    assert_eq!(
        cut,
        ["the child \"root/stuck\" took too long", "the child \"root/deaf\" took too long",]
    );
    let took = began.elapsed();
    assert!((5_000..5_100).contains(&took.as_millis()), "{took:?}");
    let stuck = node.info().find("root/stuck").unwrap().clone();
    assert_eq!((stuck.state, stuck.abandoned), (ChildState::Abandoned, 1));
    assert_eq!(stuck.last_failure.unwrap().kind, ExceptionKind::Cancelled);
    drop(release);
    while node.info().find("root/stuck").unwrap().abandoned > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_leaves_the_others_half_of_the_time() {
    let diary = Diary::default();
    let slow = Child::task("slow", {
        let diary = diary.clone();
        move |stop: Stop| {
            let diary = diary.clone();
            async move {
                stop.requested().await;
                sleep(Duration::from_secs(1)).await;
                diary.write("slow");
            }
        }
    });
    let deaf = Child::task("deaf", |_| std::future::pending::<()>());
    let inner = Supervisor::builder("inner").child(slow).child(deaf);
    let tree = Tree::start(Supervisor::builder("root").child(inner));
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let cut = tree.end(Duration::from_secs(4)).await;
    assert!(began.elapsed() <= Duration::from_secs(4));
    assert_eq!(cut, ["the child \"root/inner/deaf\" took too long"]);
    assert_eq!(diary.read(), ["slow"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_while_stopping_is_cut() {
    let failing = Child::task("flush", |stop: Stop| async move {
        stop.requested().await;
        Err::<(), _>("no route")
    });
    let tree = Tree::start(Supervisor::builder("root").child(failing));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(tree.end(LIMIT).await, ["the child \"root/flush\": no route"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_is_asked_for_is_at_once_and_uncounted() {
    let diary = Diary::default();
    let root = Supervisor::builder("root")
        .intensity(Intensity::new(0, LIMIT))
        .child(diary.keeper("a"))
        .child(Supervisor::builder("inner").child(diary.keeper("b")));
    let tree = Tree::start(root);
    sleep(Duration::from_secs(1)).await;
    diary.read();
    assert_eq!(tree.node.request_restart("root/inner/b"), Some(true));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(diary.read(), ["-b", "+b"]);
    assert_eq!(tree.node.request_restart("root/inner"), Some(true));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(diary.read(), ["-b", "+b"]);
    assert_eq!(tree.child("root/inner").restarts, 1);
    assert_eq!(tree.child("root/inner").recent_restarts, 0);
    assert_eq!(tree.node.request_restart("root/nobody"), None);
    let node = tree.node.clone();
    tree.end(LIMIT).await;
    assert_eq!(node.request_restart("root/inner/b"), Some(false));
}

#[tokio::test(start_paused = true)]
async fn every_start_stop_and_failure_is_an_event() {
    let heard = telemetry::testing::capture(&[&events::start, &events::stop, &events::exception]);
    let diary = Diary::default();
    let broken = failing("broken", Duration::from_millis(10)).restart(Restart::Transient);
    let done = Child::task("done", |_| async {}).restart(Restart::Transient);
    let root = Supervisor::builder("root")
        .child(diary.keeper("sound"))
        .child(Supervisor::builder("inner").child(done).child(broken));
    let tree = Tree::start(root);
    sleep(Duration::from_millis(15)).await;
    let failed = heard.of(&events::exception);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].measurements.restarts, 0);
    for (field, value) in [
        ("supervisor", "root/inner"),
        ("child", "broken"),
        ("kind", "error"),
        ("reason", "no connection"),
        ("location", "None"),
    ] {
        assert_eq!(failed[0].metadata[field], value);
    }
    let stopped = heard.of(&events::stop);
    assert_eq!(stopped.len(), 1);
    assert_eq!(stopped[0].metadata["child"], "done");
    assert_eq!(stopped[0].metadata["reason"], "done");
    while heard.of(&events::start).len() < 5 {
        sleep(Duration::from_millis(1)).await;
    }
    tree.end(LIMIT).await;
    let started = heard.of(&events::start);
    let starts: Vec<_> = started
        .iter()
        .map(|start| (&*start.metadata["child"], start.measurements.restarts))
        .collect();
    assert_eq!(starts, [("sound", 0), ("inner", 0), ("done", 0), ("broken", 0), ("broken", 1)]);
    let stopped = heard.of(&events::stop);
    let told = stopped.iter().filter(|stop| stop.metadata["reason"] == "told to stop");
    let told: Vec<_> = told.map(|stop| &*stop.metadata["child"]).collect();
    assert_eq!(told, ["inner", "sound"]);
    assert_eq!(heard.of(&events::exception).len(), 2, "the last one while it was told to stop");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_is_dropped_takes_its_tasks_with_it() {
    struct Alive(Arc<()>);
    let alive = Arc::new(());
    let held = alive.clone();
    let child = Child::task("deep", move |_| {
        let held = Alive(held.clone());
        async move {
            std::future::pending::<()>().await;
            drop(held.0);
        }
    });
    let root = Supervisor::builder("root").child(Supervisor::builder("inner").child(child));
    let tree = Tree::start(root);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(Arc::strong_count(&alive), 3);
    tree.driver.abort();
    assert!(tree.driver.await.is_err());
    while Arc::strong_count(&alive) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tree.node.info().find("root/inner").unwrap().state, ChildState::Abandoned);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_panics_stops_nobody() {
    let supervisor = Supervisor::builder("root").child(failing("broken", Duration::ZERO));
    let node = Node::root(&supervisor);
    let surroundings =
        Surroundings { log: Arc::new(|_| panic!("no paper")), phases: Phases::new() };
    let driver = Driver::start(Arc::new(supervisor), node.clone(), surroundings);
    let driver = tokio::spawn(driver.run(Stop::unsaid()));
    sleep(Duration::from_secs(1)).await;
    assert!(node.info().find("root/broken").unwrap().restarts > 0);
    assert!(!driver.is_finished());
}
