//! Random programs of spans: nested, failing, panicking, cancelled, migrating between threads.
//!
//! Whatever a program does, each start has exactly one terminal event with its context, parents are
//! those of the program, and a span's time lies within its parent's.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
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
    /// A function that is not `async` and returns its future in a box.
    Boxed,
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
    let form = prop_oneof![
        Just(Form::Sync),
        Just(Form::Async),
        Just(Form::Boxed),
        Just(Form::Spawned),
        Just(Form::Guard),
    ];
    let end = prop_oneof![
        4 => Just(End::Ok),
        1 => Just(End::Err),
        1 => Just(End::Panic),
        2 => (0..4_u8).prop_map(End::Cancel),
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
    starts: Vec<Start>,
    ends: Vec<Ending>,
}

#[derive(Debug)]
struct Start {
    context: SpanContext,
    time: Duration,
    thread: ThreadId,
}

#[derive(Debug)]
struct Ending {
    context: SpanContext,
    time: Duration,
    duration: Duration,
    thread: ThreadId,
    kind: &'static str,
}

/// By the id of the node.
static HEARD: Mutex<BTreeMap<u32, Heard>> = Mutex::new(BTreeMap::new());
/// What the program itself knows of each node.
static KNOWN: Mutex<BTreeMap<u32, Known>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Clone, Copy)]
struct Known {
    /// The span that it is run in.
    parent: Option<u64>,
    form: Form,
}

fn listen() {
    fn heard(id: u32, note: impl FnOnce(&mut Heard)) {
        note(HEARD.lock().unwrap().entry(id).or_default());
    }
    telemetry::attach("starts", &program::run::start, (), |event, ()| {
        let start = Start {
            context: event.metadata.span_context,
            time: event.measurements.monotonic_time,
            thread: thread::current().id(),
        };
        heard(event.metadata.id, |heard| heard.starts.push(start));
    })
    .unwrap();
    telemetry::attach("stops", &program::run::stop, (), |event, ()| {
        let end = Ending {
            context: event.metadata.span_context,
            time: event.measurements.monotonic_time,
            duration: event.measurements.duration,
            thread: thread::current().id(),
            kind: "stop",
        };
        heard(event.metadata.id, |heard| heard.ends.push(end));
    })
    .unwrap();
    telemetry::attach("exceptions", &program::run::exception, (), |event, ()| {
        let end = Ending {
            context: event.metadata.span_context,
            time: event.measurements.monotonic_time,
            duration: event.measurements.duration,
            thread: thread::current().id(),
            kind: event.metadata.kind.as_str(),
        };
        heard(event.metadata.id, |heard| heard.ends.push(end));
    })
    .unwrap();
}

/// What has happened how often, in all programs together.
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

fn saw(what: &'static str) {
    *SEEN.lock().unwrap().entry(what).or_default() += 1;
}

fn note(id: u32, form: Form) {
    let parent = SpanContext::current().map(|context| context.span_id());
    KNOWN.lock().unwrap().insert(id, Known { parent, form });
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
        hop().await;
    }
    for child in &node.children {
        run(child, ids).await;
    }
    finish(node.end)
}

#[telemetry::span(program.run, id)]
fn boxed<'n>(
    id: u32,
    node: &'n Node,
    ids: &'static Ids,
) -> Pin<Box<dyn Future<Output = Ended> + Send + 'n>> {
    Box::pin(async move {
        for child in &node.children {
            run(child, ids).await;
        }
        for _ in 0..node.pauses {
            hop().await;
        }
        finish(node.end)
    })
}

/// Is pending once. The task is woken by a thread of its own, so that any worker may go on with it.
async fn hop() {
    static WAKING: LazyLock<Sender<Waker>> = LazyLock::new(|| {
        let (sender, wakers) = channel::<Waker>();
        thread::spawn(move || wakers.iter().for_each(Waker::wake));
        sender
    });
    let mut hopped = false;
    poll_fn(|cx| {
        if hopped {
            return Poll::Ready(());
        }
        hopped = true;
        WAKING.send(cx.waker().clone()).unwrap();
        Poll::Pending
    })
    .await;
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
    // whatever it would be elsewhere
    note(id, Form::Sync);
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
        note(id, node.form);
        let limit = match node.end {
            End::Cancel(polls) => Some(polls),
            _ => None,
        };
        match node.form {
            Form::Spawned => {
                let node = node.clone();
                let work = async move {
                    Limited { work: Box::pin(asynchronous(id, &node, ids)), limit }.await;
                };
                // a panic of the task ends there
                _ = tokio::spawn(work.with_context(SpanContext::current())).await;
            }
            Form::Boxed => Limited { work: boxed(id, node, ids), limit }.await,
            _ => Limited { work: Box::pin(asynchronous(id, node, ids)), limit }.await,
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
    let known = std::mem::take(&mut *KNOWN.lock().unwrap());
    let times: BTreeMap<u64, (Duration, Duration)> = heard
        .values()
        .filter_map(|heard| {
            let (start, end) = (heard.starts.first()?, heard.ends.first()?);
            Some((start.context.span_id(), (start.time, end.time)))
        })
        .collect();
    for (id, heard) in &heard {
        let Heard { starts, ends } = heard;
        prop_assert!(starts.len() == 1 && ends.len() == 1, "{id}: {heard:?} in {program:?}");
        let (start, end, known) = (&starts[0], &ends[0], known[id]);
        prop_assert_eq!(start.context, end.context);
        prop_assert_eq!(end.time.checked_sub(start.time), Some(end.duration));
        prop_assert_eq!(start.context.parent_id(), known.parent, "{} in {:?}", id, program);
        saw(end.kind);
        if start.thread != end.thread {
            saw("migrated");
        }
        let Some(parent) = start.context.parent_id() else { continue };
        saw("nested");
        let (parent_start, parent_end) = times[&parent];
        prop_assert!(parent_start <= start.time, "starts within its parent");
        // a task goes on when who waits for it is cancelled
        let is_within = end.time <= parent_end;
        prop_assert!(is_within || known.form == Form::Spawned, "{} in {:?}", id, program);
    }
    Ok(())
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
    // How many tasks go on on another thread is up to the executor, and to who else uses the machine: so
    // there may be more cases than these.
    for _ in 0..MOST_ROUNDS {
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
        if too_few().is_none() {
            return;
        }
    }
    panic!("too few of {:?}: {:?}", too_few(), SEEN.lock().unwrap());
}

const MOST_ROUNDS: usize = 20;

/// What has not happened often enough for the programs to be worth their run.
fn too_few() -> Option<&'static str> {
    let seen = SEEN.lock().unwrap();
    let happens = ["stop", "error", "panic", "cancelled", "nested", "migrated"];
    happens.into_iter().find(|what| seen.get(what).is_none_or(|count| *count <= 50))
}
