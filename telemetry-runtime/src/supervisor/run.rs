//! One run of a child: a task or a thread that says in the end how it went.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::child::Running;
use super::node::Node;
use super::outcome::{Failure, Outcome};
use crate::panics;
use crate::stop::{Stop, never};
use crate::task::tracked_at;

/// The end of a run.
pub(super) struct Exit {
    pub(super) child: usize,
    pub(super) run: u64,
    pub(super) outcome: Outcome,
}

/// A run as its supervisor holds it.
#[derive(Debug)]
pub(super) struct Run {
    stop: Stop,
    node: Arc<Node>,
    is_abandoned: Arc<AtomicBool>,
    /// Of a task.
    task: Option<AbortHandle>,
    /// The clock's reading at its start.
    pub(super) started: u64,
}

/// What a run has of its own before it begins: it says how it ended, whatever happens.
pub(super) struct Ending {
    exit: Option<Exit>,
    exits: UnboundedSender<Exit>,
    node: Arc<Node>,
    is_abandoned: Arc<AtomicBool>,
}

impl Run {
    pub(super) fn new(
        child: usize,
        run: u64,
        node: Arc<Node>,
        exits: UnboundedSender<Exit>,
    ) -> (Self, Ending) {
        let is_abandoned = Arc::new(AtomicBool::new(false));
        // What is left where it is dropped unfinished.
        let outcome = Err(Failure::error("it was dropped"));
        let ending = Ending {
            exit: Some(Exit { child, run, outcome }),
            exits,
            node: node.clone(),
            is_abandoned: is_abandoned.clone(),
        };
        let started = telemetry::__private::now();
        (Self { stop: Stop::unsaid(), node, is_abandoned, task: None, started }, ending)
    }

    pub(super) fn stop_word(&self) -> Stop {
        self.stop.clone()
    }

    /// Runs a task on the executor of this thread.
    pub(super) fn spawn(&mut self, task: Running, ending: Ending) {
        let task = Caught { task: Some(task), node: self.node.clone() };
        let task = async move { ending.say(task.await) };
        let task = tracked_at(self.node.path().to_string().into(), self.node.location(), task);
        self.task = Some(tokio::spawn(task).abort_handle());
    }

    /// Runs a thread.
    pub(super) fn spawn_thread(
        &mut self,
        body: Arc<dyn Fn(Stop) -> Outcome + Send + Sync>,
        ending: Ending,
    ) {
        let stop = self.stop.clone();
        // Where no thread is to be had, the closure is dropped and its ending says so.
        let mut ending = ending;
        if let Some(exit) = &mut ending.exit {
            exit.outcome = Err(Failure::error("no thread could be started for it"));
        }
        let _ = std::thread::Builder::new().name(self.node.name().to_owned()).spawn(move || {
            let outcome = panics::catch(|| {
                let outcome = body(stop);
                drop(body);
                outcome
            });
            ending.say(outcome.unwrap_or_else(|panic| Err(panic.into())));
        });
    }

    pub(super) fn tell_to_stop(&self, until: Option<Instant>) {
        self.stop.say(until.unwrap_or_else(never));
    }

    /// Leaves the run to itself: a task is dropped as soon as it does not run, a thread has been told.
    pub(super) fn abandon(self) {
        self.stop.say(Instant::now());
        self.node.count_abandoned();
        self.is_abandoned.store(true, Ordering::Release);
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Ending {
    fn say(mut self, outcome: Outcome) {
        if let Some(exit) = &mut self.exit {
            exit.outcome = outcome;
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.is_abandoned.load(Ordering::Acquire) {
            self.node.discount_abandoned();
        }
        if let Some(exit) = self.exit.take() {
            // The supervisor may have ended before an abandoned child.
            let _ = self.exits.send(exit);
        }
    }
}

/// A task whose panics are its outcome, in its polls and when it is dropped.
struct Caught {
    task: Option<Running>,
    node: Arc<Node>,
}

impl Future for Caught {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Self { task, node } = &mut *self;
        let Some(running) = task else { return Poll::Ready(Ok(())) };
        let _polled = node.poll();
        let outcome = match panics::catch(|| running.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => outcome,
            Err(panic) => Err(panic.into()),
        };
        let dropped = panics::catch(|| drop(task.take())).map_err(Failure::from);
        Poll::Ready(outcome.and(dropped))
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            let _polled = self.node.poll();
            // Nobody waits for it any more.
            let _ = panics::catch(|| drop(task));
        }
    }
}
