//! What tests see: captures and test snapshots.

use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry::testing::{Scope, capture};
use telemetry_runtime::testing::snapshot;

mod events {
    telemetry::events! {
        event t.placed { measurements { amount_cents: u64 } metadata { user_id: u64, note: Option<&str> } }
        event t.other;
        event t.second;
        span t.worked { metadata { name: &str } }
    }
}
use events::t;

telemetry::metrics! {
    counter(t.placed.count, tags = [user_id]);
    sum(t.placed.amount_cents);
    distribution(t.worked.stop.duration, buckets = [1]);
}

fn place(amount_cents: u64) {
    telemetry::execute!(t.placed, { amount_cents }, { user_id: 7, note: None });
}

#[test]
fn a_capture_keeps_types_and_names() {
    let captured = capture(&[&t::placed, &t::worked::stop]);
    place(2999);
    telemetry::start!(t.worked, { name: "sweep" }).stop();
    let placed = captured.of(&t::placed);
    assert_eq!(placed[0].measurements.amount_cents, 2999);
    assert_eq!(placed[0].metadata["user_id"], "7");
    assert_eq!(placed[0].metadata.get("note"), Some(""));
    assert_eq!(placed[0].metadata.get("nothing"), None);
    let stopped = captured.of(&t::worked::stop);
    assert_eq!(stopped[0].metadata["name"], "sweep");
    assert_eq!(captured.names(), ["t.placed", "t.worked.stop"]);
}

#[test]
fn tests_side_by_side_never_hear_each_other() {
    std::thread::scope(|threads| {
        for amount in 1..=4_u64 {
            threads.spawn(move || {
                let captured = capture(&[&t::placed]);
                for _ in 0..100 {
                    place(amount);
                }
                let placed = captured.of(&t::placed);
                assert_eq!(placed.len(), 100);
                assert!(placed.iter().all(|one| one.measurements.amount_cents == amount));
                assert_eq!(snapshot().value("t.placed.count", &["7"]), 100);
                let amount = i64::try_from(amount).unwrap();
                assert_eq!(snapshot().value("t.placed.amount_cents", &[]), amount * 100);
            });
        }
    });
}

#[test]
fn threads_are_heard_if_they_are_handed_the_scope() {
    let captured = capture(&[&t::placed]);
    let scope = captured.scope();
    std::thread::scope(|threads| {
        threads.spawn(|| scope.run(|| place(1)));
        threads.spawn(|| place(2));
    });
    let placed = captured.of(&t::placed);
    assert_eq!(placed.len(), 1, "{placed:?}");
    assert_eq!(placed[0].measurements.amount_cents, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_heard_if_they_are_handed_the_scope() {
    let captured = capture(&[&t::placed]);
    let scope = captured.scope();
    let heard = tokio::spawn(scope.with(async {
        place(1);
        tokio::task::yield_now().await;
        place(2);
    }));
    let unheard = tokio::spawn(async { place(3) });
    heard.await.unwrap();
    unheard.await.unwrap();
    let amounts: Vec<u64> =
        captured.of(&t::placed).iter().map(|one| one.measurements.amount_cents).collect();
    assert_eq!(amounts, [1, 2]);
}

#[test]
fn a_second_capture_shares_the_scope_whichever_ends_first() {
    let first = capture(&[&t::placed]);
    let second = capture(&[&t::second]);
    assert_eq!(first.scope(), second.scope());
    drop(first);
    telemetry::execute!(t.second);
    assert_eq!(second.of(&t::second).len(), 1);
    drop(second);
    assert_eq!(Scope::current(), None);
    assert_eq!(telemetry::handlers("t.second").len(), 0);
}

#[test]
fn a_missing_execution_is_told_with_what_there_was_instead() {
    let captured = capture(&[&t::placed, &t::other]);
    place(5);
    let message = |work: &dyn Fn()| {
        let payload = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let text = message(&|| drop(captured.of(&t::other)[0].metadata.clone()));
    assert!(text.contains("`t.other` was executed 0 times, and not 1"), "{text}");
    assert!(text.contains(r#"t.placed {"amount_cents": "5"}"#), "{text}");
    let text = message(&|| drop(captured.of(&t::placed)[0].metadata["usr"].clone()));
    assert!(text.contains("no field `usr`") && text.contains("user_id"), "{text}");
    let text = message(&|| {
        snapshot().value("t.placed.cout", &[]);
    });
    assert!(text.contains("\"t.placed.cout\"") && text.contains("t.placed.count"), "{text}");
}

#[test]
fn a_snapshot_without_a_capture_says_what_to_do() {
    let payload = catch_unwind(snapshot).unwrap_err();
    assert!(payload.downcast_ref::<&str>().unwrap().contains("testing::capture"));
}
