//! The runtime beside the program's executor: blocked, absent, or another one.

use std::sync::Barrier;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_executor::ThreadPoolBuilder;
use telemetry::{SpanContext, WithContext as _};
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::task::{TaskState, tracked};
use telemetry_runtime::{Telemetry, tasks};
use telemetry_tests::http;

telemetry::events! { event beside.executed; span beside.request; }
telemetry::metrics! { counter(beside.executed.count); }

const LIMIT: Duration = Duration::from_secs(30);
const WORKERS: usize = 2;

fn start() -> Telemetry {
    let builder = Telemetry::builder().admin("127.0.0.1:0").log(|_| {});
    builder.reporter(Prometheus::new()).start().unwrap()
}

fn scrape(telemetry: &Telemetry) -> String {
    let url = format!("http://{}/metrics", telemetry.admin_address().unwrap());
    let response = http::get(&url, &[]).unwrap();
    assert_eq!(response.status, 200);
    response.body
}

#[test]
fn scrapes_are_answered_while_every_worker_of_tokio_is_blocked() {
    let telemetry = start();
    let executor =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).build().unwrap();
    let all_blocked = std::sync::Arc::new(Barrier::new(WORKERS + 1));
    let mut blocked = Vec::new();
    for _ in 0..WORKERS {
        let (release, released) = mpsc::channel::<()>();
        let all_blocked = all_blocked.clone();
        executor.spawn(async move {
            telemetry::execute!(beside.executed);
            all_blocked.wait();
            // until the sender is dropped
            let _ = released.recv();
        });
        blocked.push(release);
    }
    all_blocked.wait();
    let began = Instant::now();
    let page = scrape(&telemetry);
    assert!(began.elapsed() < LIMIT);
    assert!(page.contains("# TYPE beside_executed_total counter\n"), "{page}");
    // nor does the shutdown need the workers
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    drop(blocked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_tokio_it_starts_and_stops() {
    let telemetry = start();
    let spawned = telemetry_runtime::spawn("beside tokio", async { tasks().len() });
    assert!(spawned.await.unwrap() > 0);
    let page = tokio::task::spawn_blocking(move || {
        let page = scrape(&telemetry);
        assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
        page
    });
    assert!(page.await.unwrap().contains("beside_executed"));
}

#[test]
fn tasks_of_another_executor_are_tracked_and_it_may_be_blocked() {
    let telemetry = start();
    telemetry::attach("beside-request", &beside::request::start, (), |_, ()| {}).unwrap();
    let executor = ThreadPoolBuilder::new().pool_size(1).create().unwrap();
    let span = telemetry::start!(beside.request);
    let context = span.context().unwrap();
    let (say, said) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let task = async move {
        say.send(SpanContext::current()).unwrap();
        // until the sender is dropped
        let _ = released.recv();
    };
    executor.spawn_ok(context.scope(|| tracked("elsewhere", task)));
    let queued = async {}.with_context(context);
    executor.spawn_ok(tracked("queued elsewhere", queued));

    assert_eq!(said.recv_timeout(LIMIT).unwrap(), Some(context));
    let state = |name: &str| {
        let tasks = tasks();
        let task = tasks.iter().find(|task| task.name == name).unwrap();
        (task.state, task.parent)
    };
    assert_eq!(state("elsewhere"), (TaskState::Running, Some(context)));
    assert_eq!(state("queued elsewhere"), (TaskState::Scheduled, None));
    scrape(&telemetry);
    drop(release);
    span.stop();
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    telemetry::detach("beside-request").unwrap();
}

#[test]
fn several_instances_in_one_process_stand_alone() {
    let first = start();
    let second = start();
    assert_ne!(first.admin_address(), second.admin_address());
    assert!(first.shutdown(LIMIT).unwrap().is_complete());
    scrape(&second);
    let tree = second.supervision();
    let parts: Vec<&str> = tree.children.iter().map(|child| &*child.name).collect();
    assert_eq!(parts, ["admin", "health", "store", "reporters", "poller", "application"]);
    assert!(second.shutdown(LIMIT).unwrap().is_complete());
}
