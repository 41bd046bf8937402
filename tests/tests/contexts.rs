//! Span contexts: who is whose child, across threads, tasks and processes.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use telemetry::{AnyEvent, SpanContext, WithContext as _};
use telemetry_tests::futures::{block_on, pause};

telemetry::events! {
    span crossing.outer;
    span crossing.thread;
    span crossing.task;
    span crossing.given;
    span lazy.grandparent;
    span lazy.silent;
    span lazy.child;
    span lazy.deaf;
    span raced.work { metadata { id: u64 } }
}

/// Makes somebody listen, who does nothing.
fn listen(id: &str, events: &[&'static AnyEvent]) {
    telemetry::attach_many(id, events, (), |_, ()| {}).unwrap();
}

fn current() -> SpanContext {
    SpanContext::current().expect("a span runs here")
}

fn assert_child(child: SpanContext, parent: SpanContext) {
    assert_eq!(child.trace_id(), parent.trace_id());
    assert_eq!(child.parent_id(), Some(parent.span_id()));
    assert_ne!(child.span_id(), parent.span_id());
}

fn executor() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap()
}

#[telemetry::span(crossing.outer)]
fn over_a_thread() -> (SpanContext, SpanContext, Option<SpanContext>) {
    #[telemetry::span(crossing.thread)]
    fn inside() -> SpanContext {
        current()
    }

    let outer = current();
    let carried = thread::spawn(move || {
        let inside = outer.scope(inside);
        (inside, SpanContext::current())
    });
    let (inside, after) = carried.join().unwrap();
    (outer, inside, after)
}

#[telemetry::span(crossing.outer)]
async fn over_tasks() -> (SpanContext, Vec<SpanContext>) {
    #[telemetry::span(crossing.task)]
    async fn inside() -> SpanContext {
        let first = current();
        for _ in 0..3 {
            tokio::task::yield_now().await;
            assert_eq!(current(), first, "whichever thread polls");
        }
        first
    }

    let tasks: Vec<_> =
        (0..20).map(|_| tokio::spawn(inside().with_context(SpanContext::current()))).collect();
    let mut inside = Vec::new();
    for task in tasks {
        inside.push(task.await.unwrap());
    }
    (current(), inside)
}

#[test]
fn contexts_cross_threads_and_tasks() {
    listen(
        "crossing",
        &[&crossing::outer::start, &crossing::thread::start, &crossing::task::start],
    );
    let (outer, inside, after) = over_a_thread();
    assert_child(inside, outer);
    assert_eq!(after, None, "the scope has ended");
    let (outer, inside) = executor().block_on(over_tasks());
    assert_eq!(inside.len(), 20);
    for inside in inside {
        assert_child(inside, outer);
    }
    assert_eq!(SpanContext::current(), None);
}

#[telemetry::span(crossing.given, parent = context)]
fn given(context: Option<SpanContext>) -> SpanContext {
    current()
}

#[telemetry::span(crossing.given, parent = context)]
async fn given_async(context: Option<SpanContext>) -> SpanContext {
    pause().await;
    current()
}

#[test]
fn given_context_wins_over_the_current_one() {
    listen("given", &[&crossing::given::stop]);
    let remote: SpanContext =
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    let local = given(None);
    assert_eq!(local.parent_id(), None, "nothing runs around it");
    local.scope(|| {
        assert_child(given(Some(remote)), remote);
        assert_child(block_on(given_async(Some(remote))), remote);
        let span = telemetry::start!(crossing.given, {}, parent = remote);
        assert_child(span.context().unwrap(), remote);
        span.stop();
        // none given, the current one
        assert_child(given(None), local);
        assert_child(block_on(given_async(None)), local);
    });
}

#[test]
fn traceparent_goes_out_and_comes_in() {
    listen("given-out", &[&crossing::given::stop]);
    let sent = given(None);
    let header = sent.to_string();
    let (trace, span) = (format!("{:032x}", sent.trace_id()), format!("{:016x}", sent.span_id()));
    assert_eq!(header, format!("00-{trace}-{span}-01"));
    // the other process
    let received: SpanContext = header.parse().unwrap();
    let child = received.scope(|| block_on(given_async(SpanContext::current())));
    assert_child(child, sent);
    assert!(child.to_string().starts_with(&format!("00-{trace}-")), "one trace: {child}");
}

#[telemetry::span(lazy.grandparent)]
fn grandparent(work: impl FnOnce() -> SpanContext) -> (SpanContext, SpanContext) {
    (current(), work())
}

#[telemetry::span(lazy.silent)]
fn silent(work: impl FnOnce() -> SpanContext) -> SpanContext {
    work()
}

#[telemetry::span(lazy.silent)]
async fn silent_async() -> SpanContext {
    pause().await;
    child_async().await
}

#[telemetry::span(lazy.child)]
fn child() -> SpanContext {
    current()
}

#[telemetry::span(lazy.child)]
async fn child_async() -> SpanContext {
    pause().await;
    current()
}

#[test]
fn children_hang_on_the_nearest_span_that_somebody_listens_to() {
    listen("grandparent", &[&lazy::grandparent::exception]);
    listen("child", &[&lazy::child::start]);
    for work in [|| silent(child), || silent(|| silent(child)), || block_on(silent_async())] {
        let (grandparent, child) = grandparent(work);
        assert_child(child, grandparent);
    }
    let (grandparent, child) = grandparent(|| {
        let silent = telemetry::start!(lazy.silent);
        assert_eq!(silent.context(), None);
        let child = child();
        silent.stop();
        child
    });
    assert_child(child, grandparent);
    assert_eq!(silent(child_with_nobody_around).parent_id(), None);
}

fn child_with_nobody_around() -> SpanContext {
    child()
}

#[telemetry::span(lazy.deaf)]
async fn deaf() -> Option<SpanContext> {
    pause().await;
    SpanContext::current()
}

#[test]
fn span_that_nobody_listens_to_has_no_context() {
    assert_eq!(block_on(deaf()), None);
    assert_eq!(telemetry::start!(lazy.deaf).context(), None);
    // one handler on any of the three events is enough
    listen("deaf", &[&lazy::deaf::exception]);
    assert!(block_on(deaf()).is_some());
    telemetry::detach("deaf").unwrap();
    assert_eq!(block_on(deaf()), None);
}

static RACED: Mutex<BTreeMap<u64, Vec<(&str, SpanContext)>>> = Mutex::new(BTreeMap::new());

#[telemetry::span(raced.work, id)]
async fn work(id: u64, pauses: u64) {
    for _ in 0..pauses {
        tokio::task::yield_now().await;
    }
}

/// Two branches that end at nearly the same time; one wins, or is taken away with its task.
async fn race(id: u64) {
    tokio::select! {
        () = work(2 * id, id % 5) => {}
        () = work(2 * id + 1, (id / 5) % 5) => {}
    }
}

#[test]
fn every_branch_of_a_race_ends_once() {
    fn note(id: u64, what: &'static str, context: SpanContext) {
        RACED.lock().unwrap().entry(id).or_default().push((what, context));
    }
    telemetry::attach("race-starts", &raced::work::start, (), |event, ()| {
        note(event.metadata.id, "start", event.metadata.span_context);
    })
    .unwrap();
    telemetry::attach("race-stops", &raced::work::stop, (), |event, ()| {
        note(event.metadata.id, "stop", event.metadata.span_context);
    })
    .unwrap();
    telemetry::attach("race-exceptions", &raced::work::exception, (), |event, ()| {
        note(event.metadata.id, event.metadata.kind.as_str(), event.metadata.span_context);
    })
    .unwrap();
    executor().block_on(async {
        let tasks: Vec<_> = (0..500).map(|id| (id, tokio::spawn(race(id)))).collect();
        for (id, task) in tasks {
            if id % 7 == 0 {
                task.abort();
            }
            let aborted = task.await.is_err();
            assert!(!aborted || id % 7 == 0, "{id}");
        }
    });
    let raced = RACED.lock().unwrap();
    let count = |what| raced.values().filter(|heard| heard[1].0 == what).count();
    assert!(count("stop") > 300 && count("cancelled") > 100, "{raced:?}");
    for (id, heard) in &*raced {
        assert_eq!(heard.len(), 2, "{id}: {heard:?}");
        assert_eq!((heard[0].0, heard[0].1), ("start", heard[1].1), "{id}");
    }
}
