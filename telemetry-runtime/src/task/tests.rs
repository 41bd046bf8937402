// The elements in the distributed slice.
#![allow(unsafe_code)]

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use telemetry::SpanContext;

use super::*;

fn find(name: &str) -> Option<TaskInfo> {
    tasks().into_iter().find(|task| task.name == name)
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_task_is_listed_from_its_making_until_it_ends() {
    let line = line!() + 1;
    let mut ready = pin!(tracked("ends", async { 5 }));
    let info = find("ends").unwrap();
    assert_eq!((info.location.file(), info.location.line()), (file!(), line));
    assert_eq!((info.polls, info.state), (0, TaskState::Scheduled));
    assert_eq!(poll(ready.as_mut()), Poll::Ready(5));
    assert!(find("ends").is_none());

    let dropped = tracked("is dropped", pending::<()>());
    assert!(find("is dropped").is_some());
    drop(dropped);
    assert!(find("is dropped").is_none());

    {
        let mut panics = pin!(tracked("panics", async { panic!("on purpose") }));
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let Poll::Pending = poll(panics.as_mut());
        }));
        assert!(unwound.is_err());
        assert_eq!(find("panics").unwrap().polls, 1);
    }
    assert!(find("panics").is_none());
}

#[test]
fn time_is_busy_scheduled_or_idle_and_all_of_it_is_one_of_them() {
    const BUSY: Duration = Duration::from_millis(20);
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let keep = kept.clone();
    let mut task = pin!(tracked(
        "times",
        poll_fn(move |cx| {
            let began = Instant::now();
            while began.elapsed() < BUSY {
                std::hint::spin_loop();
            }
            *keep.lock().unwrap() = Some(cx.waker().clone());
            assert_eq!(find("times").unwrap().state, TaskState::Running);
            Poll::<()>::Pending
        })
    ));
    assert!(poll(task.as_mut()).is_pending());
    let idle = find("times").unwrap();
    assert_eq!((idle.polls, idle.state), (1, TaskState::Idle));
    assert!(idle.busy >= BUSY * 9 / 10 && idle.longest_poll == idle.busy, "{idle:?}");
    while find("times").unwrap().idle < BUSY {
        std::hint::spin_loop();
    }
    kept.lock().unwrap().take().unwrap().wake();
    while find("times").unwrap().scheduled < BUSY {
        std::hint::spin_loop();
    }
    let woken = find("times").unwrap();
    assert_eq!(woken.state, TaskState::Scheduled);
    assert!(poll(task.as_mut()).is_pending());
    let info = find("times").unwrap();
    assert_eq!((info.polls, info.self_wakes, info.state), (2, 0, TaskState::Idle));
    assert!(info.scheduled >= BUSY && info.busy >= BUSY * 9 / 5, "{info:?}");
    let sum = info.busy + info.scheduled + info.idle;
    assert!(sum.abs_diff(info.age) < Duration::from_micros(1), "{info:?}");
}

#[test]
fn a_task_that_wakes_itself_is_scheduled_from_the_end_of_its_poll() {
    let mut task = pin!(tracked(
        "wakes itself",
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(5) {}
            Poll::<()>::Pending
        })
    ));
    for _ in 0..3 {
        assert!(poll(task.as_mut()).is_pending());
    }
    let info = find("wakes itself").unwrap();
    assert_eq!((info.polls, info.self_wakes, info.state), (3, 2, TaskState::Scheduled));
    let sum = info.busy + info.scheduled + info.idle;
    assert!(sum.abs_diff(info.age) < Duration::from_micros(1), "no time counts twice: {info:?}");
}

/// Counts its wakes.
#[derive(Default)]
struct Counting {
    wakes: AtomicU32,
}

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_wake_is_passed_on_to_the_waker_of_the_last_poll() {
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let keep = kept.clone();
    let mut task = pin!(tracked(
        "moves",
        poll_fn(move |cx| {
            keep.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
            Poll::<()>::Pending
        })
    ));
    let counters: [Arc<Counting>; 3] = Default::default();
    let executors = counters.clone().map(Waker::from);
    let wakes = || counters.each_ref().map(|counter| counter.wakes.load(Ordering::Relaxed));
    let mut expected = [0, 0, 0];
    for executor in [0, 0, 1, 2, 2, 0, 1, 1, 0] {
        assert!(task.as_mut().poll(&mut Context::from_waker(&executors[executor])).is_pending());
        kept.lock().unwrap().as_ref().unwrap().wake_by_ref();
        expected[executor] += 1;
        assert_eq!(wakes(), expected);
    }
}

telemetry::events! {
    event t.worked;
    span t.outer;
    span t.inner;
}

#[test]
fn a_task_takes_the_span_and_the_capture_along() {
    let heard = telemetry::testing::capture(&[&t::worked, &t::outer::start, &t::inner::start]);
    let outer = telemetry::start!(t.outer);
    let context = outer.context().unwrap();
    let task = context.scope(|| {
        tracked("in the span", async {
            let inner = telemetry::start!(t.inner);
            assert_eq!(
                inner.context().unwrap().parent_id(),
                SpanContext::current().map(|c| c.span_id())
            );
            telemetry::execute!(t.worked);
            inner.stop();
            pending::<()>().await;
        })
    });
    assert_eq!(find("in the span").unwrap().parent, Some(context));
    outer.stop();
    let mut task = Box::pin(task);
    std::thread::spawn(move || {
        assert!(poll(task.as_mut()).is_pending());
        assert_eq!(SpanContext::current(), None);
    })
    .join()
    .unwrap();
    assert_eq!(heard.of(&t::inner::start).len(), 1);
    assert_eq!(heard.of(&t::worked).len(), 1);
}

#[test]
fn what_a_dropped_task_does_is_within_its_place() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            telemetry::execute!(t.worked);
        }
    }
    let heard = telemetry::testing::capture(&[&t::worked]);
    let last = Last;
    let task = tracked("says goodbye", async move {
        let _last = &last;
        pending::<()>().await;
    });
    let mut task = Box::pin(task);
    assert!(poll(task.as_mut()).is_pending());
    std::thread::spawn(move || drop(task)).join().unwrap();
    assert_eq!(heard.of(&t::worked).len(), 1);
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_spawned_task_has_tokios_id() {
    let task = spawn("on tokio", pending::<()>());
    while find("on tokio").is_some_and(|info| info.tokio_id.is_none()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(find("on tokio").unwrap().tokio_id, Some(task.id()));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert!(find("on tokio").is_none());
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_spawned_task_knows_where_and_in_which_span_it_was_spawned() {
    let _heard = telemetry::testing::capture(&[&t::outer::start]);
    let outer = telemetry::start!(t.outer);
    let context = outer.context().unwrap();
    let line = line!() + 1;
    let task = context.scope(|| spawn("from a span", pending::<()>()));
    let info = find("from a span").unwrap();
    assert_eq!((info.location.file(), info.location.line()), (file!(), line));
    assert_eq!((info.parent, info.state), (Some(context), TaskState::Scheduled));
    outer.stop();
    while find("from a span").is_some_and(|info| info.state != TaskState::Idle) {
        tokio::task::yield_now().await;
    }
    assert_eq!(find("from a span").unwrap().parent, Some(context), "though the span is over");
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}
