//! The spans in flight, as a viewer sees them. A process of its own: whether anybody watches is one
//! state, so all of it is one test.

use telemetry_runtime::spans::{self, LIMIT, SpanInFlight, SpanWatch};

telemetry::events! {
    span flown.far { metadata { id: u64, text: &str } stop { measurements { n: u32 } } }
    span flown.near;
}
use flown::far::Stop;

fn named(watch: &SpanWatch, name: &str) -> Vec<SpanInFlight> {
    watch.spans().into_iter().filter(|span| span.name == name).collect()
}

#[telemetry::span(flown.near)]
async fn near() {
    std::future::pending::<()>().await;
}

#[test]
fn spans_in_flight_are_seen_while_somebody_watches_and_cost_nothing_else() {
    assert!(!flown::far.has_handlers(), "nobody watches");
    let early = telemetry::start!(flown.far, { id: 1, text: "" });

    let watch = spans::watch().unwrap();
    let second = spans::watch().unwrap();
    let long = "ä".repeat(1_000);
    let outer = telemetry::start!(flown.far, { id: 2, text: &long });
    let context = outer.context().unwrap();
    let inner = context.scope(|| telemetry::start!(flown.far, { id: 3, text: "inner" }));

    let seen = named(&watch, "flown.far");
    assert_eq!(seen.len(), 2, "what began before is not seen: {seen:?}");
    assert_eq!(seen[0].context.span_id(), context.span_id());
    assert_eq!((seen[0].parent_id, &*seen[0].fields[0].1), (None, "2"));
    assert_eq!(seen[0].fields[1], ("text", "ä".repeat(128)));
    assert_eq!(seen[1].parent_id, Some(context.span_id()));
    assert_eq!(seen[1].context.trace_id(), context.trace_id());
    assert_eq!(seen[1].fields[1], ("text", "inner".to_owned()));
    assert!(seen[0].age >= seen[1].age);
    drop(watch);

    inner.stop(Stop { n: 1 });
    outer.fail(&"no way");
    early.stop(Stop { n: 1 });
    assert!(named(&second, "flown.far").is_empty(), "stop and exception end a span");

    let mut future = Box::pin(near());
    let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(cx).is_pending());
    assert_eq!(named(&second, "flown.near").len(), 1);
    drop(future);
    assert!(named(&second, "flown.near").is_empty(), "so does a drop");

    let many: Vec<_> =
        (0..LIMIT as u64 + 5).map(|id| telemetry::start!(flown.far, { id, text: "" })).collect();
    assert_eq!((named(&second, "flown.far").len(), second.not_kept()), (LIMIT, 5));
    for span in many {
        span.stop(Stop { n: 0 });
    }
    assert!(second.spans().is_empty());

    drop(second);
    assert!(!flown::far.has_handlers() && !flown::near.has_handlers(), "nobody watches any more");
    assert!(telemetry::handlers("flown").is_empty());
}
