//! Random programs of spans: nested, failing, panicking, cancelled, migrating between threads.
//!
//! Whatever a program does, each start has exactly one terminal event with its context, parents are
//! those of the program, and a span's time lies within its parent's.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use proptest::prelude::*;
use telemetry::{SpanContext, WithContext as _};

telemetry::events! {
    span program.run { metadata { id: u32 } }
}

/// One span of a program.
#[derive(Debug, Clone)]
struct Node {
    form: Form,
    end: End,
    /// How often it gives way to others before its children, where it is async.
    pauses: u8,
    children: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Sync,
    Async,
    /// A task of its own, which may run on another thread.
    Spawned,
    Guard,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Ok,
    Err,
    Panic,
    /// Dropped by its parent after so many polls, if it is async.
    Cancel(u8),
}

fn node() -> impl Strategy<Value = Node> {
    let form =
        prop_oneof![Just(Form::Sync), Just(Form::Async), Just(Form::Spawned), Just(Form::Guard)];
    let end = prop_oneof![
        4 => Just(End::Ok),
        1 => Just(End::Err),
        1 => Just(End::Panic),
        1 => (0..4_u8).prop_map(End::Cancel),
    ];
    let leaf = (form, end, 0..3_u8).prop_map(|(form, end, pauses)| Node {
        form,
        end,
        pauses,
        children: Vec::new(),
    });
    leaf.prop_recursive(4, 24, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 1..4))
            .prop_map(|(node, children)| Node { children, ..node })
    })
}

/// What was heard of one span.
#[derive(Debug, Default)]
struct Heard {
    starts: Vec<(SpanContext, Duration)>,
    ends: Vec<(SpanContext, Duration, &'static str)>,
}

/// By the id of the node.
static HEARD: Mutex<BTreeMap<u32, Heard>> = Mutex::new(BTreeMap::new());
/// Which spans ran directly inside which, as the program itself saw it.
static PARENTS: Mutex<Vec<(u32, Option<u64>)>> = Mutex::new(Vec::new());

fn listen() {
    telemetry::attach("starts", &program::run::start, (), |event, ()| {
        let start = (event.metadata.span_context, event.measurements.monotonic_time);
        HEARD.lock().unwrap().entry(event.metadata.id).or_default().starts.push(start);
    })
    .unwrap();
    telemetry::attach("stops", &program::run::stop, (), |event, ()| {
        let end = (event.metadata.span_context, event.measurements.monotonic_time, "stop");
        HEARD.lock().unwrap().entry(event.metadata.id).or_default().ends.push(end);
    })
    .unwrap();
    telemetry::attach("exceptions", &program::run::exception, (), |event, ()| {
        let kind = event.metadata.kind.as_str();
        let end = (event.metadata.span_context, event.measurements.monotonic_time, kind);
        HEARD.lock().unwrap().entry(event.metadata.id).or_default().ends.push(end);
    })
    .unwrap();
}

/// How spans have ended and how deep they were nested, in all programs together.
static SEEN: Mutex<BTreeMap<&str, u32>> = Mutex::new(BTreeMap::new());

/// The ids of nodes, in the order in which they are met.
struct Ids(Mutex<u32>);

impl Ids {
    fn next(&self) -> u32 {
        let mut id = self.0.lock().unwrap();
        *id += 1;
        *id
    }
}

type Ended = Result<(), &'static str>;

fn note_parent(id: u32) {
    let parent = SpanContext::current().map(|context| context.span_id());
    PARENTS.lock().unwrap().push((id, parent));
}

#[telemetry::span(program.run, id)]
fn sync(id: u32, node: &Node, ids: &'static Ids) -> Ended {
    for child in &node.children {
        run_sync(child, ids);
    }
    finish(node.end)
}

#[telemetry::span(program.run, id)]
async fn asynchronous(id: u32, node: &Node, ids: &'static Ids) -> Ended {
    for _ in 0..node.pauses {
        tokio::task::yield_now().await;
    }
    for child in &node.children {
        run(child, ids).await;
    }
    finish(node.end)
}

fn finish(end: End) -> Ended {
    match end {
        End::Ok | End::Cancel(_) => Ok(()),
        End::Err => Err("failed"),
        End::Panic => resume_unwind(Box::new("on purpose")),
    }
}

/// Where nothing can be awaited, everything is a function or a guard.
fn run_sync(node: &Node, ids: &'static Ids) {
    let id = ids.next();
    note_parent(id);
    let work = || {
        if node.form == Form::Guard {
            guard(id, node, || node.children.iter().for_each(|child| run_sync(child, ids)));
        } else {
            _ = sync(id, node, ids);
        }
    };
    _ = catch_unwind(AssertUnwindSafe(work));
}

fn guard(id: u32, node: &Node, work: impl FnOnce()) {
    let span = telemetry::start!(program.run, { id });
    span.context().expect("somebody listens").scope(work);
    match node.end {
        End::Ok => span.stop(),
        End::Err => span.fail(&"failed"),
        End::Panic => resume_unwind(Box::new("on purpose")),
        End::Cancel(_) => drop(span),
    }
}

fn run<'n>(node: &'n Node, ids: &'static Ids) -> Pin<Box<dyn Future<Output = ()> + Send + 'n>> {
    Box::pin(async move {
        if matches!(node.form, Form::Sync | Form::Guard) {
            run_sync(node, ids);
            return;
        }
        let id = ids.next();
        note_parent(id);
        let limit = match node.end {
            End::Cancel(polls) => Some(polls),
            _ => None,
        };
        if node.form == Form::Spawned {
            let node = node.clone();
            let work = async move {
                Limited { work: Box::pin(asynchronous(id, &node, ids)), limit }.await;
            };
            // a panic of the task ends there
            _ = tokio::spawn(work.with_context(SpanContext::current())).await;
        } else {
            Limited { work: Box::pin(asynchronous(id, node, ids)), limit }.await;
        }
    })
}

/// Drops its work after so many polls, and keeps its panics.
struct Limited<'n> {
    work: Pin<Box<dyn Future<Output = Ended> + Send + 'n>>,
    limit: Option<u8>,
}

impl Future for Limited<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.limit {
            Some(0) => return Poll::Ready(()),
            Some(polls) => *polls -= 1,
            None => {}
        }
        let polled = catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) | Err(_) => Poll::Ready(()),
        }
    }
}

fn check(program: &Node) -> Result<(), TestCaseError> {
    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    let parents: BTreeMap<u32, Option<u64>> =
        std::mem::take(&mut *PARENTS.lock().unwrap()).into_iter().collect();
    let by_span: BTreeMap<u64, (Duration, Duration)> = heard
        .values()
        .filter_map(|heard| {
            let (context, start) = heard.starts.first()?;
            Some((context.span_id(), (*start, heard.ends.first()?.1)))
        })
        .collect();
    for (id, heard) in &heard {
        prop_assert_eq!(heard.starts.len(), 1, "{} in {:?}", id, program);
        prop_assert_eq!(heard.ends.len(), 1, "{} in {:?}", id, program);
        let (context, start) = heard.starts[0];
        let (ended, end, kind) = heard.ends[0];
        *SEEN.lock().unwrap().entry(kind).or_default() += 1;
        if context.parent_id().is_some() {
            *SEEN.lock().unwrap().entry("nested").or_default() += 1;
        }
        prop_assert_eq!(context, ended, "one context");
        prop_assert!(start <= end, "time goes on");
        prop_assert_eq!(context.parent_id(), parents[id], "parent of {} in {:?}", id, program);
        if let Some((parent_start, parent_end)) =
            context.parent_id().and_then(|parent| by_span.get(&parent))
        {
            prop_assert!(*parent_start <= start, "starts within its parent");
            // a task goes on when who waits for it is cancelled
            let spawned = contains_spawned(program);
            prop_assert!(end <= *parent_end || spawned, "ends within its parent: {:?}", program);
        }
    }
    Ok(())
}

fn contains_spawned(node: &Node) -> bool {
    node.form == Form::Spawned || node.children.iter().any(contains_spawned)
}

/// Waits until what was spawned and left alone has ended: every start has an end.
async fn settle() {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let settled =
        || HEARD.lock().unwrap().values().all(|heard| heard.starts.len() == heard.ends.len());
    while !settled() && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
}

#[test]
fn every_start_has_one_end_whatever_the_program_does() {
    listen();
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap();
    let cases = if cfg!(long_tests) { 5_000 } else { 300 };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&node(), |program| {
        let ids: &'static Ids = Box::leak(Box::new(Ids(Mutex::new(0))));
        let task = program.clone();
        executor.block_on(async move {
            tokio::spawn(async move { run(&task, ids).await }).await.unwrap();
            settle().await;
        });
        check(&program)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let seen = SEEN.lock().unwrap();
    for kind in ["stop", "error", "panic", "cancelled", "nested"] {
        assert!(seen.get(kind).is_some_and(|count| *count > 50), "too few of {kind}: {seen:?}");
    }
}
