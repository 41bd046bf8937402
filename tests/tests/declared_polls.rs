//! Polls that are declared with `#[poll]`.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use telemetry_runtime::{OnFailure, PollInfo, PollState, Telemetry};
use telemetry_tests::wait;

mod events {
    telemetry::events! {
        event polled.depth { measurements { total: u64 } }
    }
}
use events::polled;

static CALLS: AtomicU64 = AtomicU64::new(0);

#[telemetry::poll(every = "5ms")]
fn depth() {
    let total = CALLS.fetch_add(1, Ordering::SeqCst);
    telemetry::execute!(polled.depth, { total });
}

#[telemetry::poll(every = "10ms", initial_delay = "1ms", timeout = "2s", on_failure = backoff, name = "database size")]
fn database_size() -> io::Result<()> {
    Err(io::Error::other("no such file"))
}

/// What displays in no way is told by its `Debug`.
#[derive(Debug)]
struct Quiet;

#[telemetry::poll(every = "1h", on_failure = remove)]
async fn remote() -> Result<(), Quiet> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Err(Quiet)
}

#[telemetry::poll]
fn at_the_default_rate() {}

/// One test: what is declared runs in every runtime of the process.
#[test]
fn declared_polls_are_called_by_the_runtime_alone() {
    let captured = std::sync::Arc::new(AtomicU64::new(0));
    let highest = captured.clone();
    telemetry::attach("depths", &polled::depth, (), move |event, ()| {
        highest.fetch_max(event.measurements.total, Ordering::SeqCst);
    })
    .unwrap();
    let names: Vec<_> = telemetry::declared_polls().map(telemetry::DeclaredPoll::name).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(CALLS.load(Ordering::SeqCst), 0, "nothing is called before somebody says so");

    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|_| {})
        .poll_every(Duration::from_millis(3))
        .start()
        .unwrap();
    let polls = wait::until("calls", Duration::from_secs(30), || {
        let mut polls = telemetry.polls().list();
        polls.retain(|poll| !poll.name.starts_with("vm."));
        ensure!(polls.iter().all(|poll| poll.calls > 0), "{polls:?}");
        ensure!(polls.iter().all(|poll| poll.state != PollState::Running), "{polls:?}");
        ensure!(captured.load(Ordering::SeqCst) > 2);
        Ok(polls)
    })
    .unwrap();
    let poll = |name: &str| -> &PollInfo { polls.iter().find(|poll| poll.name == name).unwrap() };

    let depth = poll("declared_polls::depth");
    assert_eq!((depth.every, depth.on_failure), (Duration::from_millis(5), OnFailure::Retry));
    let place = depth.location;
    assert!(place.file().ends_with("declared_polls.rs"), "{place}");

    let size = poll("database size");
    assert_eq!((size.every, size.timeout), (Duration::from_millis(10), Duration::from_secs(2)));
    assert_eq!(size.last_failure.as_ref().unwrap().reason, "no such file");
    assert!(size.backed_off > 0);

    let remote = poll("declared_polls::remote");
    assert_eq!((remote.state, remote.calls), (PollState::Removed, 1));
    assert_eq!(remote.last_failure.as_ref().unwrap().reason, "Quiet");
    assert_eq!(poll("declared_polls::at_the_default_rate").every, Duration::from_millis(3));

    drop(telemetry);
    let calls = CALLS.load(Ordering::SeqCst);
    assert!(calls > 2);
    // a runtime that is started later calls them again
    let again = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start().unwrap();
    wait::until("more calls", Duration::from_secs(30), || {
        ensure!(CALLS.load(Ordering::SeqCst) > calls);
        Ok(())
    })
    .unwrap();
    drop(again);
}
