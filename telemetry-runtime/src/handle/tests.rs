//! How a shutdown goes: in its order, and never past its deadline.

use std::future::pending;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;

use http::{Request, Response};
use tokio::sync::watch;

use super::*;
use crate::HealthCheck;
use crate::admin::{Answer, Body, MountService};
use crate::poller::Poll;
use crate::reporter::{Report, Reporter, Start};
use crate::store::snapshot::Snapshot;
use crate::supervisor::Child;

const LONG: Duration = Duration::from_secs(30);
/// What a machine under load may add to a deadline.
const SLACK: Duration = Duration::from_secs(1);

fn builder() -> crate::Builder {
    let none: [(&str, &str); 0] = [];
    Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {})
}

/// Answers at `/slow` when it is let, and tells that it was asked.
struct Slow {
    asked: mpsc::Sender<()>,
    open: watch::Receiver<bool>,
}

impl Slow {
    /// Itself, what tells that it was asked, and what lets it answer.
    fn new() -> (Self, mpsc::Receiver<()>, watch::Sender<bool>) {
        let (asked, was_asked) = mpsc::channel();
        let (gate, open) = watch::channel(false);
        (Self { asked, open }, was_asked, gate)
    }
}

impl MountService for Slow {
    fn answer(&self, _: Request<Body>) -> Answer {
        // A test may be over.
        let _ = self.asked.send(());
        let mut open = self.open.clone();
        Box::pin(async move {
            let _ = open.wait_for(|open| *open).await;
            Response::new(Body::from("at last"))
        })
    }
}

/// Mounts a service.
struct Mounting(Option<Slow>);

impl Reporter for Mounting {
    fn name(&self) -> &'static str {
        "mounting"
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        self.0.take().map_or(Ok(()), |slow| start.mount("slow", "/slow", slow))
    }
}

/// Never ends a report.
struct Hanging;

impl Reporter for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(pending())
    }
}

fn ask(telemetry: &Telemetry) -> TcpStream {
    let mut client = TcpStream::connect(telemetry.admin_address().unwrap()).unwrap();
    client.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    client
}

/// What is read until the other side closes, however it does.
fn rest(mut client: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn until(tree: &Node, path: &str, state: ChildState) {
    let began = Instant::now();
    while tree.info().find(path).unwrap().state != state {
        assert!(began.elapsed() < LONG, "{path} is never {state:?}");
        thread::yield_now();
    }
}

#[test]
fn requests_in_flight_are_answered_after_everything_else_has_stopped() {
    let (slow, asked, gate) = Slow::new();
    let telemetry = builder().reporter(Mounting(Some(slow))).start().unwrap();
    let tree = telemetry.tree.clone();
    let client = ask(&telemetry);
    asked.recv_timeout(LONG).unwrap();
    let stopping = thread::spawn(move || telemetry.shutdown(LONG).unwrap());
    until(&tree, "telemetry/admin", ChildState::Stopping);
    for earlier in ["store", "reporters", "poller", "application"] {
        let path = format!("telemetry/{earlier}");
        assert_eq!(tree.info().find(&path).unwrap().state, ChildState::Stopped, "{path}");
    }
    gate.send_replace(true);
    assert!(stopping.join().unwrap().is_complete());
    let answer = rest(client);
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("at last"), "{answer}");
}

#[test]
fn a_request_that_is_not_answered_is_cut_at_the_deadline_and_the_listener_named() {
    let (slow, asked, _gate) = Slow::new();
    let telemetry = builder().reporter(Mounting(Some(slow))).start().unwrap();
    let client = ask(&telemetry);
    asked.recv_timeout(LONG).unwrap();
    let deadline = Duration::from_millis(200);
    let began = Instant::now();
    let report = telemetry.shutdown(deadline).unwrap();
    assert!(began.elapsed() < deadline + SLACK, "{:?}", began.elapsed());
    assert_eq!(report.cut(), ["the admin listener took too long"]);
    assert_eq!(rest(client), "");
}

#[test]
fn all_that_hangs_at_once_is_named_within_one_deadline() {
    let (slow, asked, _gate) = Slow::new();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let hangs = released.clone();
    let (called, was_called) = mpsc::channel();
    let poll = Poll::new("poll", move || {
        // Of no interest after the first time.
        let _ = called.send(());
        // Until the sender is dropped.
        let _ = hangs.lock().unwrap().recv();
    });
    let (deaf, undead) = mpsc::channel::<()>();
    let undead = Mutex::new(undead);
    let telemetry = builder()
        .reporter(Mounting(Some(slow)))
        .reporter(Hanging)
        .poll(poll.every(Duration::from_millis(1)).timeout(LONG))
        .supervise(Child::task("task", |_| pending::<()>()).stop_within(LONG))
        .supervise(
            Child::thread("thread", move |_| {
                let _ = undead.lock().unwrap().recv();
            })
            .stop_within(LONG),
        )
        .start()
        .unwrap();
    let _client = ask(&telemetry);
    asked.recv_timeout(LONG).unwrap();
    was_called.recv_timeout(LONG).unwrap();
    let deadline = Duration::from_millis(600);
    let began = Instant::now();
    let report = telemetry.shutdown(deadline).unwrap();
    assert!(began.elapsed() < deadline + SLACK, "{:?}", began.elapsed());
    let mut cut = report.cut().to_vec();
    cut.sort();
    assert_eq!(
        cut,
        [
            "\"poll\" still runs, on a thread of its own",
            "the admin listener took too long",
            "the child \"telemetry/application/task\" took too long",
            "the child \"telemetry/application/thread\" took too long",
            "the poller took too long",
            "the reporter \"hanging\" took too long",
        ]
    );
    drop((release, deaf));
}

#[test]
fn check_that_was_called_just_before_the_end_is_waited_for_and_not_said_to_hang() {
    let (called, was_called) = mpsc::channel();
    let check = HealthCheck::blocking("late", move || {
        let _ = called.send(());
        thread::sleep(Duration::from_millis(200));
    });
    let telemetry = builder().check(check).start().unwrap();
    was_called.recv_timeout(LONG).unwrap();
    let report = telemetry.shutdown(LONG).unwrap();
    assert!(report.is_complete(), "{report:?}");
}

#[test]
fn readiness_has_turned_before_the_first_child_is_told_to_stop() {
    let phases: Arc<OnceLock<Phases>> = Arc::default();
    let (seen, at_the_stop) = mpsc::channel();
    let known = phases.clone();
    let child = Child::thread("looks", move |stop: Stop| {
        while !stop.wait(LONG) {}
        seen.send(known.get().map(Phases::current)).unwrap();
    });
    let telemetry = builder().supervise(child).start().unwrap();
    phases.set(telemetry.phases.clone()).unwrap();
    let phases = telemetry.phases.clone();
    assert!(telemetry.shutdown(LONG).unwrap().is_complete());
    assert_eq!(at_the_stop.recv().unwrap(), Some(Phase::Stopping));
    assert_eq!(phases.current(), Phase::Stopped);
}

#[test]
fn dropping_shuts_down_within_its_own_deadline() {
    let (deaf, undead) = mpsc::channel::<()>();
    let undead = Mutex::new(undead);
    let child = Child::thread("deaf", move |_| {
        let _ = undead.lock().unwrap().recv();
    });
    let telemetry = builder().supervise(child.stop_within(LONG)).start().unwrap();
    let (phases, tree) = (telemetry.phases.clone(), telemetry.tree.clone());
    until(&tree, "telemetry/application/deaf", ChildState::Running);
    let began = Instant::now();
    drop(telemetry);
    assert!(began.elapsed() < DROP_DEADLINE + SLACK, "{:?}", began.elapsed());
    assert_eq!(phases.current(), Phase::Stopped);
    assert_eq!(tree.cut(), ["the child \"telemetry/application/deaf\" took too long"]);
    drop(deaf);
}

#[test]
fn a_shutdown_without_time_returns_at_once_and_the_rest_ends_by_itself() {
    let telemetry = builder().start().unwrap();
    let address = telemetry.admin_address().unwrap();
    let tree = telemetry.tree.clone();
    let began = Instant::now();
    let report = telemetry.shutdown(Duration::ZERO).unwrap();
    assert!(began.elapsed() < GRACE + SLACK, "{report:?}");
    while TcpStream::connect(address).is_ok() {
        assert!(began.elapsed() < LONG, "{:?}", tree.info());
        thread::yield_now();
    }
}
