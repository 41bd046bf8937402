//! Measurements that nobody executes: functions that are called at a fixed rate.
//!
//! Each poll has a task on the runtime's thread that waits for its ticks; the call itself runs on a
//! thread of the [worker](crate::worker), so that one that is slow, hangs or panics delays no other.
//! A tick that is due while the call before still runs is left out and counted, never queued. A call
//! that takes longer than its timeout has failed: an `async` one is cancelled, a blocking one keeps
//! its thread, as no thread can be ended from without, and is called again only after it has returned.
//!
//! While no poll is due this costs nothing; a tick costs a timer and a hand-over to another thread,
//! some microseconds.

mod call;
mod entry;
mod failure;
mod poll;
mod polls;
mod schedule;
mod task;

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use telemetry::DeclaredPoll;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::entry::Entry;
pub use self::entry::{PollInfo, PollState};
pub use self::failure::{PollFailure, PollFailureKind};
pub use self::poll::{Poll, PollReturn};
pub use self::polls::Polls;
use self::task::Task;
use crate::config::Variable;
use crate::error::Error;
use crate::log::Log;
use crate::worker::Worker;

/// The period of polls that do not say it themselves.
pub(crate) static EVERY: Variable<Duration> = Variable::new(
    "TELEMETRY_POLL_EVERY",
    || Duration::from_secs(10),
    "The period of polls that have none of their own.",
)
.within(|| Duration::from_millis(1)..=Duration::from_hours(24));

/// Calls the polls. It may be run again after it was dropped or has ended: what is polled is in
/// [`Polls`].
#[derive(Debug)]
pub(crate) struct Poller {
    polls: Polls,
}

impl Poller {
    /// The declared polls, and those of the builder. `every` is the period of polls without one.
    ///
    /// # Errors
    /// Where one cannot be kept, or two have one name.
    pub(crate) fn new(
        declared: impl Iterator<Item = &'static DeclaredPoll>,
        added: Vec<Poll>,
        every: Duration,
    ) -> Result<Self, Error> {
        if every.as_millis() == 0 {
            return Err(Error::configuration(format!(
                "the period given to `.poll_every(…)` is {every:?}; the shortest is 1ms"
            )));
        }
        let polls = Polls::new(every);
        let mut versions: HashMap<&str, &str> = HashMap::new();
        for one in declared {
            let mut poll = Poll::from(one);
            // Two versions of a library in one program both measure what they have.
            let version = versions.entry(one.name()).or_insert(one.crate_version());
            if *version != one.crate_version() {
                poll.name = format!("{} {}", one.name(), one.crate_version());
            }
            polls.add(poll)?;
        }
        for poll in added {
            polls.add(poll)?;
        }
        Ok(Self { polls })
    }

    pub(crate) fn polls(&self) -> &Polls {
        &self.polls
    }

    /// Calls what is polled until `stopped` is ready, then waits for the calls that run, each at the
    /// longest for its timeout.
    pub(crate) async fn run(&self, worker: &Worker, log: &Log, stopped: impl Future<Output = ()>) {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut entries: HashMap<tokio::task::Id, Arc<Entry>> = HashMap::new();
        let mut new = self.polls.open();
        let mut stopped = pin!(stopped);
        loop {
            for entry in new.drain(..) {
                let (worker, log) = (worker.clone(), log.clone());
                let task = Task::new(entry.clone(), worker, log, stopping.clone());
                entries.insert(tasks.spawn(task.run()).id(), entry);
            }
            tokio::select! {
                biased;
                () = &mut stopped => break,
                added = self.polls.added() => new = added,
                Some(ended) = tasks.join_next_with_id() => match ended {
                    Ok((id, ())) => {
                        entries.remove(&id);
                    }
                    // The system gave no thread, which Tokio panics for.
                    Err(error) => if let Some(entry) = entries.remove(&error.id()) {
                        entry.interrupt(&error);
                        new.push(entry);
                    },
                },
            }
        }
        self.polls.close();
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
    }
}
