//! The task of one check, on the telemetry runtime's thread: it waits for its times and for its runs.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::entry::Entry;
use super::health::Health;
use super::notice;
use super::run::{Leftover, Place, run};

pub(super) struct Task {
    pub(super) health: Health,
    pub(super) entry: Arc<Entry>,
    pub(super) place: Place,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Task {
    /// Runs the check until it is removed or everything stops.
    pub(super) async fn run(mut self) {
        let mut next = Instant::now().checked_add(self.entry.check.initial_delay);
        loop {
            let entry = self.entry.clone();
            tokio::select! {
                biased;
                () = entry.removal() => return,
                () = stopped(&mut self.stopping) => return,
                () = at(next) => {}
            }
            next = Instant::now().checked_add(entry.pause());
            if !self.run_once().await {
                return;
            }
            next = self.pass(next);
        }
    }

    /// Gives whether there is a next run.
    async fn run_once(&mut self) -> bool {
        let entry = self.entry.clone();
        notice::execute_start(&entry);
        let body = entry.check.body.clone();
        let running = run(entry.name().clone(), body, entry.timeout, &self.place);
        let ran = tokio::select! {
            biased;
            ran = running => ran,
            () = entry.removal() => return false,
            () = stopped(&mut self.stopping) => return false,
        };
        let Some((ran, leftover)) = ran else { return false };
        self.health.settle(&entry, &ran);
        match leftover {
            Some(leftover) => self.outlast(leftover).await,
            None => true,
        }
    }

    /// Waits for a run that was given up: there is no other before it has returned.
    async fn outlast(&mut self, leftover: Leftover) -> bool {
        tokio::select! {
            biased;
            () = leftover => true,
            () = self.entry.removal() => false,
            () = stopped(&mut self.stopping) => false,
        }
    }

    /// Leaves out, and counts, what was due while a run went on.
    fn pass(&self, next: Option<Instant>) -> Option<Instant> {
        let now = Instant::now();
        let mut due = next?;
        while due <= now {
            self.entry.progress().skipped += 1;
            due = due.checked_add(self.entry.pause())?;
        }
        Some(due)
    }
}

/// Ready when everything stops: a sender that is gone says so too.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stops| *stops).await;
}

/// Ready at that time; never if no clock reaches it.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
