//! The task of one poll, on the runtime's thread: it waits for ticks and for the calls' ends.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetry::OnFailure;
use tokio::sync::{oneshot, watch};

use super::call::{Ended, call};
use super::entry::{Entry, PollState};
use super::failure::{PollFailure, PollFailureKind, say_failed, say_recovered};
use super::schedule::Schedule;
use crate::log::Log;
use crate::panics;
use crate::worker::{Overdue, Unfinished, Worker};

pub(super) struct Task {
    entry: Arc<Entry>,
    worker: Worker,
    log: Log,
    stopping: watch::Receiver<bool>,
    schedule: Schedule,
}

/// Why a task waits no longer.
enum Woken {
    Removed,
    Stopping,
}

/// Whether there is a next call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Tick,
    Nothing,
}

type Called = Result<Ended, Unfinished<Ended>>;

impl Task {
    pub(super) fn new(
        entry: Arc<Entry>,
        worker: Worker,
        log: Log,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let schedule = Schedule::new(Instant::now(), entry.first_tick(), entry.every);
        Self { entry, worker, log, stopping, schedule }
    }

    /// Calls the poll until it is removed or everything stops.
    pub(super) async fn run(mut self) {
        loop {
            let next = self.schedule.next();
            tokio::select! {
                biased;
                _ = self.woken() => return,
                () = tick(next) => {}
            }
            let missed = self.schedule.pass(Instant::now());
            if !self.entry.is_heard() {
                self.schedule.rest(Instant::now() + UNHEARD);
                continue;
            }
            self.entry.progress().missed += missed;
            if self.call().await == Next::Nothing {
                return;
            }
        }
    }

    /// One call, to its end, or until everything stops and it does not return.
    async fn call(&mut self) -> Next {
        let entry = self.entry.clone();
        {
            let mut progress = entry.progress();
            progress.state = PollState::Running;
            progress.calls += 1;
        }
        // Dropped with this future: the call is cancelled then, if it can be.
        let (running, cancelled) = oneshot::channel();
        let body = entry.body.clone();
        let worker = self.worker.clone();
        let called = async {
            let call = move || call(&body, cancelled);
            if entry.is_inline {
                panics::catch(call).map_err(Unfinished::Panicked)
            } else {
                worker.run(entry.name.clone(), Some(entry.timeout), call).await
            }
        };
        let mut called = pin!(called);
        let mut running = Some(running);
        let called = loop {
            match self.miss_ticks_until(called.as_mut(), running.is_some()).await {
                Ok(called) => break called,
                Err(Woken::Removed) => return Next::Nothing,
                // A blocking one is waited for, at the longest for its timeout.
                Err(Woken::Stopping) => running = None,
            }
        };
        let is_stopping = running.is_none();
        drop(running);
        match self.settle(called) {
            Ok(_) if is_stopping => Next::Nothing,
            Ok(next) => next,
            Err(overdue) => self.outlast(overdue).await,
        }
    }

    /// Waits for a call that was given up: it is not made again before it has returned.
    async fn outlast(&mut self, overdue: Overdue<Ended>) -> Next {
        let removes = self.fail(&PollFailure::new(
            PollFailureKind::Timeout,
            format!("it has not returned within {:?}", self.entry.timeout),
        ));
        if removes == Next::Nothing {
            return removes;
        }
        let mut overdue = pin!(overdue);
        match self.miss_ticks_until(overdue.as_mut(), true).await {
            Ok(ended) => {
                let mut progress = self.entry.progress();
                progress.state = PollState::Waiting;
                if let Ok(Ended::Returned(_, took)) = ended {
                    progress.last_duration = Some(took);
                }
                Next::Tick
            }
            Err(Woken::Removed) => Next::Nothing,
            Err(Woken::Stopping) => {
                // One that was cancelled ends at once. One that was not is named by the worker.
                let _ = tokio::time::timeout(PARTING, overdue).await;
                Next::Nothing
            }
        }
    }

    /// Counts how the call ended.
    ///
    /// # Errors
    /// With the call, if it has not ended in time.
    fn settle(&mut self, called: Called) -> Result<Next, Overdue<Ended>> {
        let failure = match called {
            Ok(Ended::Returned(returned, took)) => {
                self.entry.progress().last_duration = Some(took);
                match returned {
                    Ok(()) => {
                        self.succeed();
                        return Ok(Next::Tick);
                    }
                    Err(reason) => PollFailure::new(PollFailureKind::Error, reason),
                }
            }
            Ok(Ended::Cancelled) | Err(Unfinished::Refused) => {
                self.entry.progress().state = PollState::Waiting;
                return Ok(Next::Tick);
            }
            Ok(Ended::StillRuns) => {
                let mut progress = self.entry.progress();
                progress.state = PollState::Waiting;
                progress.calls -= 1;
                progress.missed += 1;
                return Ok(Next::Tick);
            }
            Err(Unfinished::Panicked(panic)) => {
                PollFailure::new(PollFailureKind::Panic, panic.reason)
            }
            Err(Unfinished::Overdue(overdue)) => return Err(overdue),
        };
        Ok(self.fail(&failure))
    }

    fn succeed(&self) {
        let mut progress = self.entry.progress();
        progress.state = PollState::Waiting;
        let failures = std::mem::take(&mut progress.failures_in_a_row);
        drop(progress);
        if failures > 0 {
            say_recovered(&self.log, &self.entry.name, failures);
        }
    }

    /// Counts the failure, applies what the poll wants then, and tells of it.
    fn fail(&mut self, failure: &PollFailure) -> Next {
        let removes = self.entry.on_failure == OnFailure::Remove;
        let mut progress = self.entry.progress();
        progress.failures += 1;
        progress.failures_in_a_row += 1;
        progress.last_failure = Some(failure.clone());
        progress.state = match failure.kind {
            _ if removes => PollState::Removed,
            PollFailureKind::Timeout => PollState::Hanging,
            _ => PollState::Waiting,
        };
        if self.entry.on_failure == OnFailure::Backoff {
            progress.backed_off += self.schedule.back_off(progress.failures_in_a_row);
        }
        let is_first = progress.failures_in_a_row == 1;
        drop(progress);
        if is_first {
            say_failed(&self.log, &self.entry.name, failure, removes);
        }
        failure.execute(&self.entry.name);
        if removes { Next::Nothing } else { Next::Tick }
    }

    /// Waits for `ended`, counting the ticks that are due meanwhile.
    ///
    /// # Errors
    /// When the poll is removed or, where this is asked for, everything stops.
    async fn miss_ticks_until<T>(
        &mut self,
        mut ended: std::pin::Pin<&mut impl Future<Output = T>>,
        wakes_at_stop: bool,
    ) -> Result<T, Woken> {
        loop {
            let next = self.schedule.next();
            tokio::select! {
                biased;
                ended = ended.as_mut() => return Ok(ended),
                woken = self.woken(), if wakes_at_stop => return Err(woken),
                () = self.entry.removal(), if !wakes_at_stop => return Err(Woken::Removed),
                () = tick(next) => {
                    let missed = 1 + self.schedule.pass(Instant::now());
                    self.entry.progress().missed += missed;
                }
            }
        }
    }

    async fn woken(&self) -> Woken {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            biased;
            () = self.entry.removal() => Woken::Removed,
            // An error means that the sender is gone, which is a stop too.
            _ = stopping.wait_for(|stop| *stop) => Woken::Stopping,
        }
    }
}

/// How long it takes at the most to notice that somebody listens. Looking wakes the runtime's thread.
const UNHEARD: Duration = Duration::from_secs(1);

/// How long a call that was given up may take to end when everything stops.
const PARTING: Duration = Duration::from_millis(100);

/// Ready at the tick; never if there is none.
async fn tick(next: Option<Instant>) {
    match next {
        Some(next) => tokio::time::sleep_until(next.into()).await,
        None => std::future::pending().await,
    }
}
