//! What the runtime supervises: its own parts and the program's.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use telemetry_runtime::reporter::{Prometheus, Report, Reporter};
use telemetry_runtime::runtime::supervisor::child;
use telemetry_runtime::{
    Builder, Child, ChildInfo, ChildState, Error, Phase, Restart, Snapshot, Stop, Supervisor,
    Telemetry,
};
use telemetry_tests::{http, wait};

const LIMIT: Duration = Duration::from_secs(30);

type Lines = Arc<Mutex<Vec<String>>>;

/// A runtime without a fixed port, and its operator lines.
fn builder() -> (Builder, Lines) {
    let lines = Lines::default();
    let sink = lines.clone();
    let builder = Telemetry::builder().admin("127.0.0.1:0");
    (builder.log(move |line| sink.lock().unwrap().push(line.to_owned())), lines)
}

fn child(telemetry: &Telemetry, path: &str) -> Result<ChildInfo> {
    let root = telemetry.supervision();
    root.find(path).cloned().with_context(|| format!("no {path} in {root:#?}"))
}

fn scrape(telemetry: &Telemetry) -> Result<()> {
    let address = telemetry.admin_address().context("no listener")?;
    let response = http::get(&format!("http://{address}/metrics"), &[])?;
    ensure!(response.status == 200, "{response:?}");
    Ok(())
}

/// Panics at the first reports, and tells how many there were.
struct Fragile {
    reports: Arc<AtomicU32>,
    panics: u32,
}

impl Reporter for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            let report = self.reports.fetch_add(1, Ordering::Relaxed);
            assert!(report >= self.panics, "out of ink");
            Ok(())
        })
    }
}

#[test]
fn a_reporter_that_panics_is_restarted_counted_and_logged_once() {
    const PANICS: u32 = 3;
    let reports = Arc::new(AtomicU32::new(0));
    let (builder, lines) = builder();
    let telemetry = builder
        .reporter(Prometheus::new())
        .reporter(Fragile { reports: reports.clone(), panics: PANICS })
        .start()
        .unwrap();
    wait::until("later reports", LIMIT, || {
        ensure!(reports.load(Ordering::Relaxed) > PANICS + 3, "{reports:?}");
        Ok(())
    })
    .unwrap();
    let info = child(&telemetry, "telemetry/reporters/fragile").unwrap();
    assert_eq!((info.state, info.restarts, info.failures), (ChildState::Running, 3, 3));
    let failure = info.last_failure.unwrap();
    assert_eq!(failure.reason, "out of ink");
    assert!(failure.location.unwrap().file.ends_with("supervision.rs"));
    let other = child(&telemetry, "telemetry/reporters/prometheus").unwrap();
    assert_eq!((other.restarts, other.failures), (0, 0));
    scrape(&telemetry).unwrap();
    let report = telemetry.shutdown(LIMIT).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let lines = lines.lock().unwrap();
    let said: Vec<_> = lines.iter().filter(|line| line.contains("out of ink")).collect();
    assert_eq!(said.len(), 1, "{lines:?}");
    let begins =
        "telemetry: telemetry/reporters/fragile panicked: out of ink at tests/supervision.rs";
    assert!(said[0].replace("tests/tests", "tests").starts_with(begins), "{said:?}");
}

#[test]
fn the_listener_answers_again_after_a_restart() {
    let (builder, _) = builder();
    let telemetry = builder.reporter(Prometheus::new()).start().unwrap();
    for restarts in 1..4 {
        scrape(&telemetry).unwrap();
        telemetry.restart_child("telemetry/admin").unwrap();
        wait::until("restart", LIMIT, || {
            let admin = child(&telemetry, "telemetry/admin")?;
            ensure!(admin.restarts == restarts && admin.state == ChildState::Running, "{admin:?}");
            Ok(())
        })
        .unwrap();
    }
    scrape(&telemetry).unwrap();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
}

#[test]
fn the_programs_own_tasks_and_threads_are_started_restarted_and_stopped() {
    let runs = Arc::new(AtomicU32::new(0));
    let stopped = Arc::new(AtomicU32::new(0));
    let (count, done) = (runs.clone(), stopped.clone());
    let task = Child::task("task", move |stop: Stop| {
        let (run, done) = (count.fetch_add(1, Ordering::Relaxed), done.clone());
        async move {
            ensure!(run > 0, "the first run fails");
            stop.requested().await;
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    });
    let done = stopped.clone();
    let thread = Child::thread("thread", move |stop: Stop| {
        while !stop.wait(LIMIT) {}
        done.fetch_add(1, Ordering::Relaxed);
    });
    let (builder, lines) = builder();
    let telemetry = builder
        .supervise(Supervisor::builder("billing").child(task).child(thread))
        .supervise(Child::task("alone", |_| async {}).restart(Restart::Temporary))
        .start()
        .unwrap();
    wait::until("second run", LIMIT, || {
        let billing = child(&telemetry, "telemetry/application/billing")?;
        ensure!(billing.recent_restarts == 1, "{billing:?}");
        let task = child(&telemetry, "telemetry/application/billing/task")?;
        ensure!((task.state, task.restarts) == (ChildState::Running, 1), "{task:?}");
        ensure!(task.location.file().ends_with("supervision.rs"), "{task:?}");
        let alone = child(&telemetry, "telemetry/application/alone")?;
        ensure!(alone.state == ChildState::Done, "{alone:?}");
        Ok(())
    })
    .unwrap();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    assert_eq!(stopped.load(Ordering::Relaxed), 2);
    assert!(
        lines.lock().unwrap().iter().any(|line| line.contains("billing/task failed: the first"))
    );
}

#[test]
fn events_of_children_are_measured_as_any_others() {
    // a metric may be declared over them, by any path to them
    telemetry::metrics! {
        counter(telemetry_runtime::runtime.supervisor.child.exception.count, tags = [child, kind]);
    }
    let (builder, _) = builder();
    let failing = Child::task("measured", |_| async { Err::<(), _>("always") });
    let telemetry = builder.supervise(failing.restart(Restart::Temporary)).start().unwrap();
    assert!(child::exception.has_handlers());
    wait::until("count", LIMIT, || {
        let snapshot = telemetry.snapshots().take();
        let metric = snapshot.metric("runtime.supervisor.child.exception.count");
        let value = metric.context("no metric")?.value(&["measured", "error"]);
        ensure!(value.is_some(), "not yet");
        Ok(())
    })
    .unwrap();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
}

#[test]
fn a_task_that_blocks_the_runtimes_thread_is_named_at_the_deadline() {
    let (send, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let blocking = Child::task("blocking", move |_| {
        let released = released.lock().unwrap().recv();
        async move { assert!(released.is_err()) }
    });
    let (builder, _) = builder();
    let telemetry = builder.supervise(blocking).start().unwrap();
    let deadline = Duration::from_millis(300);
    let began = Instant::now();
    let report = telemetry.shutdown(deadline).unwrap();
    assert!(began.elapsed() < deadline + Duration::from_secs(2));
    let path = "telemetry/application/blocking";
    let cut = report.cut();
    assert!(cut.contains(&format!("the child {path:?} took too long")), "{cut:?}");
    let last = cut.last().unwrap();
    assert_eq!(*last, format!("the runtime's thread is blocked by the child {path:?}"));
    drop(send);
}

#[test]
fn phases_go_from_starting_to_stopped_and_readiness_can_turn_before() {
    let (builder, _) = builder();
    let telemetry = builder.start().unwrap();
    wait::until("start", LIMIT, || {
        ensure!(telemetry.phase() == Phase::Running, "{:?}", telemetry.phase());
        Ok(())
    })
    .unwrap();
    telemetry.drain();
    assert_eq!(telemetry.phase(), Phase::Draining);
    assert_eq!(child(&telemetry, "telemetry/reporters").unwrap().state, ChildState::Running);
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
}

/// Writes down when it reports.
struct Last {
    diary: Lines,
}

impl Reporter for Last {
    fn name(&self) -> &'static str {
        "last"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            self.diary.lock().unwrap().push("report".into());
            Ok::<(), Error>(())
        })
    }
}

#[test]
fn the_program_stops_before_the_last_report_and_the_listener_answers_to_the_end() {
    let diary = Lines::default();
    let (builder, _) = builder();
    let builder = builder.reporter(Prometheus::new()).reporter(Last { diary: diary.clone() });
    let writes = diary.clone();
    let (address, addressed) = std::sync::mpsc::channel::<String>();
    let addressed = Mutex::new(addressed);
    let thread = Child::thread("thread", move |stop: Stop| {
        let url = addressed.lock().unwrap().recv().unwrap();
        while !stop.wait(LIMIT) {}
        let status = http::get(&url, &[]).unwrap().status;
        writes.lock().unwrap().push(format!("application {status}"));
    });
    let telemetry = builder.supervise(thread).start().unwrap();
    address.send(format!("http://{}/metrics", telemetry.admin_address().unwrap())).unwrap();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    assert_eq!(*diary.lock().unwrap(), ["application 200", "report"]);
}

#[test]
fn children_that_cannot_be_told_apart_and_unknown_paths_are_errors() {
    let (builder, _) = builder();
    let twin = || Child::thread("twin", |_| ());
    let error = builder.supervise(twin()).supervise(twin()).start().unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("two children called \"twin\""), "{error}");

    let (builder, _) = self::builder();
    let telemetry = builder.start().unwrap();
    let error = telemetry.restart_child("telemetry/nobody").unwrap_err();
    assert!(error.is_not_supervised() && error.to_string().contains("\"telemetry/nobody\""));
}

#[test]
fn supervised_tasks_are_among_the_tracked_ones() {
    let (builder, _) = builder();
    let idle = Child::task("tracked here", |stop: Stop| async move { stop.requested().await });
    let telemetry = builder.supervise(idle).start().unwrap();
    let path = "telemetry/application/tracked here";
    wait::until("task", LIMIT, || {
        let tasks = telemetry_runtime::tasks();
        let task = tasks.iter().find(|task| task.name == path).context("no task")?;
        ensure!(task.polls > 0 && task.location.file().ends_with("supervision.rs"), "{task:?}");
        Ok(())
    })
    .unwrap();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    assert!(!telemetry_runtime::tasks().iter().any(|task| task.name == path));
}
