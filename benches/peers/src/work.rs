//! What a span is put around: next to nothing, and a future that is pending once.

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::traffic::Request;

/// Something that the compiler cannot see through.
#[inline(never)]
pub fn work(request: &Request) -> u64 {
    black_box(request.bytes)
}

/// The same, a poll later.
pub async fn work_later(request: &Request) -> u64 {
    Pause(false).await;
    work(request)
}

/// Pending once.
pub struct Pause(pub bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Polls a future that is pending once to its end, where it stands: no executor, no allocation.
#[inline(always)]
pub fn poll_to_end<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
