//! The future of a tracked task.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;
use telemetry::SpanContext;
use telemetry::testing::Scope;

use super::record::Record;
use super::registry::{self, Listed};

pin_project! {
    /// A future that is tracked as a task; made by [`tracked`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Tracked<F> {
        // `None` once it is dropped.
        #[pin]
        future: Option<F>,
        place: Place,
        // `None` where it is not listed, and once it has ended.
        seat: Option<Seat>,
    }

    impl<F> PinnedDrop for Tracked<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.place.run(|| this.future.set(None));
        }
    }
}

/// Tracks a future as a task, on whatever executor it is polled.
///
/// Futures inside one that is tracked already may be tracked too, as parts of it.
#[track_caller]
pub fn tracked<F: Future>(name: impl Into<Cow<'static, str>>, future: F) -> Tracked<F> {
    tracked_at(name.into(), Location::caller(), future)
}

/// [`tracked`], for who was called from elsewhere.
pub(crate) fn tracked_at<F: Future>(
    name: Cow<'static, str>,
    location: &'static Location<'static>,
    future: F,
) -> Tracked<F> {
    let place = Place { context: SpanContext::current(), scope: Scope::current() };
    let size = size_of::<F>();
    let listed = registry::enter(|id| Record::new(id, name, location, place.context, size));
    Tracked {
        future: Some(future),
        place,
        seat: listed.map(|listed| Seat { waker: Waker::from(listed.record().clone()), listed }),
    }
}

/// What a task takes along from where it was spawned.
struct Place {
    context: Option<SpanContext>,
    scope: Option<Scope>,
}

impl Place {
    fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        match (self.context, self.scope) {
            (None, None) => work(),
            (Some(context), None) => context.scope(work),
            (None, Some(scope)) => scope.run(work),
            (Some(context), Some(scope)) => scope.run(|| context.scope(work)),
        }
    }
}

/// The record and what wakes by way of it. Kept, so that a poll makes none.
struct Seat {
    waker: Waker,
    listed: Listed,
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let Some(Seat { waker, listed }) = this.seat else {
            return this.place.run(|| future.poll(cx));
        };
        let polled = {
            let _polling = listed.record().poll(cx.waker());
            this.place.run(|| future.poll(&mut Context::from_waker(waker)))
        };
        if polled.is_ready() {
            *this.seat = None;
        }
        polled
    }
}

impl<F> fmt::Debug for Tracked<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.seat.as_ref().map(|seat| seat.listed.record().info());
        f.debug_struct("Tracked").field("task", &task).finish_non_exhaustive()
    }
}
