//! What the runtime measures of the application's Tokio runtimes.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, ensure};
use telemetry_runtime::{Builder, PollInfo, Telemetry, vm};
use telemetry_tests::wait;
use tokio::runtime::{Handle, Runtime};

const LIMIT: Duration = Duration::from_secs(30);

/// Tells what an event says of the Tokio runtime of this name.
macro_rules! hear {
    ($event:path, $name:expr) => {{
        let (told, heard) = mpsc::channel();
        let name: &'static str = $name;
        let id = format!("{} of {name}", stringify!($event));
        telemetry::attach(&id, &$event, name, move |event, name| {
            if event.metadata.runtime == *name {
                // the test may have heard enough
                let _ = told.send(*event.measurements);
            }
        })
        .unwrap();
        heard
    }};
}

fn executor(name: &str, workers: usize) -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(workers).name(name).build().unwrap()
}

fn builder() -> Builder {
    let every = Duration::from_millis(10);
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).poll_every(every)
}

/// Receives until it is as it should be.
#[track_caller]
fn wait_for<T>(heard: &mpsc::Receiver<T>, is: impl Fn(&T) -> bool) -> T {
    loop {
        let next = heard.recv_timeout(LIMIT).unwrap();
        if is(&next) {
            return next;
        }
    }
}

/// Blocks a worker until the sender is dropped.
fn block(executor: &Runtime) -> mpsc::Sender<()> {
    let (blocked, until) = mpsc::channel::<()>();
    let (begins, begun) = mpsc::channel();
    executor.spawn(async move {
        begins.send(()).unwrap();
        // an error means that the sender is gone: that is the word
        let _ = until.recv();
    });
    begun.recv_timeout(LIMIT).unwrap();
    blocked
}

#[test]
fn workers_tasks_and_queue_are_those_of_the_runtime() {
    let executor = executor("two", 2);
    let heard = hear!(vm::tokio, "two");
    let (told, counts) = mpsc::channel();
    telemetry::attach("counts", &vm::system_counts, (), move |event, ()| {
        // the test may have heard enough
        let _ = told.send(event.measurements.tasks);
    })
    .unwrap();
    let telemetry = builder().tokio(executor.handle().clone()).start().unwrap();
    wait_for(&heard, |tokio| tokio.workers == 2 && tokio.alive_tasks == 0);
    let tasks: Vec<_> = (0..10).map(|_| executor.spawn(std::future::pending::<()>())).collect();
    let idle = wait_for(&heard, |tokio| tokio.alive_tasks == 10 && tokio.queue_depth == 0);
    assert!(idle.busy.is_some() && idle.busiest >= idle.busy);
    wait_for(&counts, |tasks| tasks.is_some_and(|tasks| tasks >= 10));

    let first = block(&executor);
    let second = block(&executor);
    let queued: Vec<_> = (0..5).map(|_| executor.spawn(std::future::ready(()))).collect();
    wait_for(&heard, |tokio| tokio.queue_depth == 5 && tokio.alive_tasks == 17);
    drop((first, second));
    wait_for(&heard, |tokio| tokio.queue_depth == 0 && tokio.alive_tasks == 10);
    drop((tasks, queued, telemetry));
}

#[test]
fn worker_that_was_blocked_is_busiest() {
    let executor = executor("blocked", 2);
    let heard = hear!(vm::tokio, "blocked");
    let telemetry = builder().tokio(executor.handle().clone()).start().unwrap();
    let blocked = block(&executor);
    for _ in 0..5 {
        heard.recv_timeout(LIMIT).unwrap();
    }
    drop(blocked);
    // Tokio counts the time when the worker is done
    let busy = wait_for(&heard, |tokio| tokio.busiest > Some(0.9));
    assert!(busy.busy <= busy.busiest);
    drop(telemetry);
}

fn poll(telemetry: &Telemetry, name: &str, is: impl Fn(&PollInfo) -> bool) -> PollInfo {
    wait::until(name, LIMIT, || -> Result<PollInfo> {
        let polls = telemetry.polls().list();
        let found = polls.into_iter().find(|poll| poll.name == name).unwrap();
        ensure!(is(&found), "{found:?}");
        Ok(found)
    })
    .unwrap()
}

#[test]
fn event_loop_that_is_blocked_lags() {
    let executor = executor("lagging", 1);
    let heard = hear!(vm::event_loop, "lagging");
    let telemetry = builder().tokio(executor.handle().clone()).start().unwrap();
    wait_for(&heard, |event| event.lag < Duration::from_millis(100));
    let name = "vm.event_loop lagging";
    let blocked = block(&executor);
    let before = poll(&telemetry, name, |_| true);
    poll(&telemetry, name, |probe| probe.calls >= before.calls + 5);
    drop(blocked);
    wait_for(&heard, |event| event.lag > Duration::from_millis(200));
}

#[test]
fn runtime_that_has_ended_is_a_failure_that_backs_off() {
    let executor = executor("ended", 1);
    let _heard = hear!(vm::event_loop, "ended");
    let telemetry = builder().tokio(executor.handle().clone()).start().unwrap();
    drop(executor);
    let probe = poll(&telemetry, "vm.event_loop ended", |probe| probe.failures_in_a_row >= 2);
    assert_eq!(probe.last_failure.unwrap().reason, "this Tokio runtime has ended");
    assert!(probe.backed_off >= 3, "left out");
}

#[tokio::test]
async fn runtime_around_the_start_is_found() {
    let heard = hear!(vm::event_loop, "main");
    let (telemetry, polls) = {
        let telemetry = builder().start().unwrap();
        let names = telemetry.polls().list().into_iter().map(|poll| poll.name);
        let polls: Vec<String> = names.filter(|name| name.contains(' ')).collect();
        (telemetry, polls)
    };
    assert_eq!(polls, ["vm.event_loop main", "vm.tokio main"]);
    tokio::task::spawn_blocking(move || heard.recv_timeout(LIMIT).unwrap()).await.unwrap();
    // dropping it waits for the runtime's thread, which waits for this one
    tokio::task::spawn_blocking(move || drop(telemetry)).await.unwrap();
}

#[test]
fn runtimes_have_their_own_names_or_numbers_and_stand_once() {
    let (first, second) = (executor("named", 1), Runtime::new().unwrap());
    let twice = first.handle().clone();
    let handles: [Handle; 3] = [second.handle().clone(), first.handle().clone(), twice];
    let builder = handles.into_iter().fold(builder(), Builder::tokio);
    let telemetry = builder.start().unwrap();
    let names = telemetry.polls().list().into_iter().map(|poll| poll.name);
    let names: Vec<String> = names.filter(|name| name.starts_with("vm.tokio")).collect();
    assert_eq!(names, ["vm.tokio main", "vm.tokio named"]);
}
