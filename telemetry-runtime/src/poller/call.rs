//! One call of a poll, on a thread where it may block.

use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::poll::{Body, Returned};

/// How a call ended.
pub(super) enum Ended {
    Returned(Returned, Duration),
    /// It was told to: nobody waits for it any more.
    Cancelled,
    /// A call that was given up has not returned.
    StillRuns,
}

/// Calls the body: on a thread that may block, within a Tokio context, unless it is inline. Losing the other end of
/// `cancelled` cancels a future.
pub(super) fn call(body: &Mutex<Body>, cancelled: oneshot::Receiver<()>) -> Ended {
    let mut body = match body.try_lock() {
        Ok(body) => body,
        // The body is the user's, who may go on after a panic.
        Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        Err(TryLockError::WouldBlock) => return Ended::StillRuns,
    };
    let began = Instant::now();
    let returned = match &mut *body {
        Body::Blocking(call) | Body::Inline(call) => Some(call()),
        Body::Async(call) => Handle::current().block_on(async {
            tokio::select! {
                biased;
                _ = cancelled => None,
                returned = async { call().await } => Some(returned),
            }
        }),
    };
    returned.map_or(Ended::Cancelled, |returned| Ended::Returned(returned, began.elapsed()))
}
