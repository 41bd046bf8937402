//! Every way in which a function's span ends, for every form of a future, on an executor with several
//! threads: once, as what it is, in the context that it was started in.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Waker};

use telemetry::SpanContext;
use tokio::runtime::Runtime;

telemetry::events! { span ended.work { metadata { id: u64 } } }

/// How often each outcome is brought about, in each form.
const ROUNDS: u64 = 40;

#[derive(Debug, Clone, Copy)]
enum Way {
    Ok,
    Err,
    Panic,
    /// Is pending for ever.
    Never,
}

type Ended = Result<(), &'static str>;
type Work = Pin<Box<dyn Future<Output = Ended> + Send>>;

async fn go(way: Way) -> Ended {
    tokio::task::yield_now().await;
    match way {
        Way::Ok => Ok(()),
        Way::Err => Err("as wanted"),
        Way::Panic => std::panic::resume_unwind(Box::new("as wanted")),
        Way::Never => pending().await,
    }
}

#[telemetry::span(ended.work, id)]
async fn of_arguments(id: u64, way: Way) -> Ended {
    go(way).await
}

/// An attribute that the macro does not know: the function stays `async`.
#[telemetry::span(ended.work, id)]
#[must_use = "it may have failed"]
async fn awaited(id: u64, way: Way) -> Ended {
    go(way).await
}

#[telemetry::span(ended.work, id)]
fn returned(id: u64, way: Way) -> impl Future<Output = Ended> + Send {
    go(way)
}

#[telemetry::span(ended.work, id)]
fn boxed(id: u64, way: Way) -> Pin<Box<dyn Future<Output = Ended> + Send>> {
    Box::pin(go(way))
}

const FORMS: [fn(u64, Way) -> Work; 4] = [
    |id, way| Box::pin(of_arguments(id, way)),
    |id, way| Box::pin(awaited(id, way)),
    |id, way| Box::pin(returned(id, way)),
    |id, way| boxed(id, way),
];

/// What was heard of each span: the phase or the kind, and the context.
static HEARD: Mutex<BTreeMap<u64, Vec<(&str, SpanContext)>>> = Mutex::new(BTreeMap::new());

/// The executor; the handlers are attached with it.
static EXECUTOR: LazyLock<Runtime> = LazyLock::new(|| {
    fn note(id: u64, what: &'static str, context: SpanContext) {
        HEARD.lock().unwrap().entry(id).or_default().push((what, context));
    }
    telemetry::attach("starts", &ended::work::start, (), |event, ()| {
        note(event.metadata.id, "start", event.metadata.span_context);
    })
    .unwrap();
    telemetry::attach("stops", &ended::work::stop, (), |event, ()| {
        note(event.metadata.id, event.metadata.result.as_str(), event.metadata.span_context);
    })
    .unwrap();
    telemetry::attach("exceptions", &ended::work::exception, (), |event, ()| {
        note(event.metadata.id, event.metadata.kind.as_str(), event.metadata.span_context);
    })
    .unwrap();
    tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap()
});

/// Runs `work` on every form so many times, each with an id of its own, all at once; each span must
/// have ended once with `end`, or never have started.
fn assert_ends<W: Future<Output = ()> + Send + 'static>(
    end: Option<&str>,
    way: Way,
    work: fn(Work) -> W,
) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let executor = &*EXECUTOR;
    let ids: Vec<u64> = (0..ROUNDS * 4).map(|_| NEXT.fetch_add(1, Ordering::Relaxed)).collect();
    let tasks: Vec<_> = ids
        .iter()
        .zip(FORMS.iter().cycle())
        .map(|(id, form)| executor.spawn(work(form(*id, way))))
        .collect();
    for task in tasks {
        // a panic of the task ends there
        _ = executor.block_on(task);
    }
    let heard = HEARD.lock().unwrap().clone();
    for (id, form) in ids.iter().zip((0..4).cycle()) {
        match (heard.get(id).map(Vec::as_slice), end) {
            (None, None) => {}
            (Some([("start", start), (ended, context)]), Some(end)) => {
                assert_eq!((*ended, context), (end, start), "form {form}");
            }
            (heard, _) => panic!("{heard:?} of form {form}, where {end:?} is expected"),
        }
    }
}

async fn finish(work: Work) {
    _ = work.await;
}

fn poll_once(work: &mut Work) {
    assert!(work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn value_is_a_stop() {
    assert_ends(Some("ok"), Way::Ok, finish);
}

#[test]
fn err_is_an_exception_of_kind_error() {
    assert_ends(Some("error"), Way::Err, finish);
}

#[test]
fn panic_is_an_exception_of_kind_panic() {
    assert_ends(Some("panic"), Way::Panic, finish);
}

#[test]
fn future_that_is_never_polled_has_no_span() {
    assert_ends(None, Way::Ok, |work| async move { drop(work) });
    // nor where a panic drops it
    assert_ends(None, Way::Ok, |work| async move {
        let _unpolled = work;
        std::panic::resume_unwind(Box::new("of the owner"));
    });
}

#[test]
fn future_that_is_dropped_midway_is_cancelled() {
    assert_ends(Some("cancelled"), Way::Never, |mut work| async move {
        poll_once(&mut work);
        tokio::task::yield_now().await;
        drop(work);
    });
}

#[test]
fn task_that_is_aborted_is_cancelled() {
    assert_ends(Some("cancelled"), Way::Never, |work| async move {
        let (say, said) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut work = work;
            poll_once(&mut work);
            _ = say.send(());
            _ = work.await;
        });
        said.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// The panic is the owner's: none of the span's own work has panicked.
#[test]
fn future_that_an_owners_panic_drops_midway_is_cancelled() {
    assert_ends(Some("cancelled"), Way::Never, |mut work| async move {
        poll_once(&mut work);
        std::panic::resume_unwind(Box::new("of the owner"));
    });
}

#[test]
fn branch_beside_one_that_panics_is_cancelled() {
    assert_ends(Some("cancelled"), Way::Never, |work| async move {
        tokio::select! {
            biased;
            _ = work => {}
            () = async { std::panic::resume_unwind(Box::new("of the other branch")) } => {}
        }
    });
}
