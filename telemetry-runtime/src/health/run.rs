//! One run of a check: where it cannot harm anybody, and never for longer than its time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::health_check::{Asking, Body};
use super::progress::Ran;
use super::readiness::{CheckReason, CheckStatus};
use super::redaction::redacted;
use super::verdict::Verdict;
use super::view::View;
use crate::panics::{self, Panic};
use crate::worker::{Unfinished, Worker};

/// What is left of a run that took too long: ready when it has returned.
pub(super) type Leftover = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where checks are run.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) worker: Worker,
    pub(super) view: Option<View>,
}

/// How a run ended.
enum Ended {
    Found(Verdict),
    Panicked(Panic),
    /// The runtime that it should run on has ended.
    Refused,
    Overdue(Leftover),
}

/// Runs it once. `None` where the telemetry runtime is about to stop and gives it no thread.
pub(super) async fn run(
    name: Arc<str>,
    body: Body,
    limit: Duration,
    place: &Place,
) -> Option<(Ran, Option<Leftover>)> {
    let began = Instant::now();
    let ended = match body {
        Body::Inside(ask) => {
            let view = place.view.as_ref()?;
            match panics::catch(|| ask(view)) {
                Ok(verdict) => Ended::Found(verdict),
                Err(panic) => Ended::Panicked(panic),
            }
        }
        Body::Blocking(ask) => {
            on_a_thread(name, limit, &place.worker, move || Some(ask(limit))).await?
        }
        Body::Async(ask, Some(runtime)) => on_a_runtime(&runtime, limit, ask).await,
        Body::Async(ask, None) => {
            // Dropped with this future, or when it is over: the run is cancelled then.
            let (_running, cancelled) = oneshot::channel::<()>();
            let call = move || {
                Handle::current().block_on(async {
                    tokio::select! {
                        biased;
                        _ = cancelled => None,
                        verdict = async { ask().await } => Some(verdict),
                    }
                })
            };
            on_a_thread(name, limit, &place.worker, call).await?
        }
    };
    let duration = began.elapsed();
    let ran = |status, reason, message: Option<String>| Ran {
        status,
        reason,
        message: message.map(|message| redacted(&message).into()),
        duration,
    };
    let failed = |reason, message| ran(CheckStatus::Fail, Some(reason), Some(message));
    Some(match ended {
        Ended::Found(Verdict::Pass) => (ran(CheckStatus::Pass, None, None), None),
        Ended::Found(Verdict::Warn(message)) => {
            (ran(CheckStatus::Warn, Some(CheckReason::Warning), Some(message)), None)
        }
        Ended::Found(Verdict::Fail(message)) => (failed(CheckReason::Error, message), None),
        Ended::Panicked(panic) => (failed(CheckReason::Panic, panic.reason), None),
        Ended::Refused => {
            let message = "the Tokio runtime that it runs on has ended".into();
            (failed(CheckReason::Error, message), None)
        }
        Ended::Overdue(leftover) => {
            (failed(CheckReason::Timeout, format!("no answer within {limit:?}")), Some(leftover))
        }
    })
}

async fn on_a_thread(
    name: Arc<str>,
    limit: Duration,
    worker: &Worker,
    call: impl FnOnce() -> Option<Verdict> + Send + 'static,
) -> Option<Ended> {
    match worker.run(name, Some(limit), call).await {
        Ok(Some(verdict)) => Some(Ended::Found(verdict)),
        Ok(None) | Err(Unfinished::Refused) => None,
        Err(Unfinished::Panicked(panic)) => Some(Ended::Panicked(panic)),
        Err(Unfinished::Overdue(overdue)) => Some(Ended::Overdue(Box::pin(async move {
            // Whatever it found in the end is too old.
            let _ = overdue.await;
        }))),
    }
}

async fn on_a_runtime(
    runtime: &Handle,
    limit: Duration,
    ask: Arc<dyn Fn() -> Asking + Send + Sync>,
) -> Ended {
    let asking = async move { Caught(panics::catch(|| ask()).map_err(Some)).await };
    let mut task = Task(runtime.spawn(asking));
    match tokio::time::timeout(limit, &mut task.0).await {
        Ok(Ok(Ok(verdict))) => Ended::Found(verdict),
        Ok(Ok(Err(panic))) => Ended::Panicked(panic),
        Ok(Err(_)) => Ended::Refused,
        Err(_) => {
            task.0.abort();
            Ended::Overdue(Box::pin(async move {
                let _ = (&mut task.0).await;
            }))
        }
    }
}

/// Cancelled when nobody waits for it any more.
struct Task(JoinHandle<Result<Verdict, Panic>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A run whose panics are values, from its beginning on.
struct Caught(Result<Asking, Option<Panic>>);

impl Future for Caught {
    type Output = Result<Verdict, Panic>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Ok(asking) => match panics::catch(|| asking.as_mut().poll(cx)) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            },
            Err(panic) => panic.take().map_or(Poll::Pending, |panic| Poll::Ready(Err(panic))),
        }
    }
}
