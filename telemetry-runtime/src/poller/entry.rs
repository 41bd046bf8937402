//! One poll of a runtime: what it is, and what has become of it so far.

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telemetry::{AnyEvent, OnFailure};
use tokio::sync::watch;

use super::failure::{PollFailure, PollFailureKind};
use super::poll::{Body, Poll};

/// Shared by the list of polls and the task that calls it.
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) every: Duration,
    initial_delay: Duration,
    pub(super) timeout: Duration,
    pub(super) on_failure: OnFailure,
    event: Option<&'static AnyEvent>,
    pub(super) location: &'static Location<'static>,
    pub(super) is_inline: bool,
    /// Locked while it is called.
    pub(super) body: Arc<Mutex<Body>>,
    progress: Mutex<Progress>,
    removed: watch::Sender<bool>,
}

/// What has become of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub(super) state: PollState,
    pub(super) calls: u64,
    pub(super) failures: u64,
    pub(super) failures_in_a_row: u64,
    pub(super) missed: u64,
    pub(super) backed_off: u64,
    pub(super) last_duration: Option<Duration>,
    pub(super) last_failure: Option<PollFailure>,
}

/// What a poll does at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PollState {
    /// It waits for its next tick.
    #[default]
    Waiting,
    /// It is being called.
    Running,
    /// Its call has taken too long, was reported as failed, and has not returned.
    Hanging,
    /// It failed, and is not called any more: [`OnFailure::Remove`].
    Removed,
}

/// A poll of a running telemetry, as [`Polls::list`](super::Polls::list) tells of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PollInfo {
    /// What its failures are reported under.
    pub name: String,
    /// The time from one tick to the next.
    pub every: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// What becomes of it when it fails.
    pub on_failure: OnFailure,
    /// What it does at this moment.
    pub state: PollState,
    /// How often it has been called, the call that runs included.
    pub calls: u64,
    /// How many of these calls failed.
    pub failures: u64,
    /// How many failed since one succeeded.
    pub failures_in_a_row: u64,
    /// Ticks that were left out because a call still ran, or because the runtime was late.
    pub missed: u64,
    /// Ticks that were left out after failures: [`OnFailure::Backoff`].
    pub backed_off: u64,
    /// How long the last call took that returned.
    pub last_duration: Option<Duration>,
    /// The last failure, also if later calls succeeded.
    pub last_failure: Option<PollFailure>,
    /// Where it is declared or made.
    pub location: &'static Location<'static>,
}

impl Entry {
    pub(super) fn new(poll: Poll, every: Duration) -> Self {
        let Poll { name, body, every: own, initial_delay, timeout, on_failure, event, location } =
            poll;
        Self {
            name: name.into(),
            every: own.unwrap_or(every),
            initial_delay,
            timeout,
            on_failure,
            event,
            location,
            is_inline: matches!(body, Body::Inline(_)),
            body: Arc::new(Mutex::new(body)),
            progress: Mutex::default(),
            removed: watch::Sender::new(false),
        }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_over(&self) -> bool {
        self.progress().state == PollState::Removed
    }

    /// The time from its task's start to the first tick. A task that takes the place of another
    /// waits for a whole period, or one that fails at once would be restarted without a rest.
    pub(super) fn first_tick(&self) -> Duration {
        if self.progress().calls == 0 { self.initial_delay } else { self.every }
    }

    /// Whether a call would be for anybody.
    pub(super) fn is_heard(&self) -> bool {
        self.event.is_none_or(AnyEvent::has_handlers)
    }

    /// Its task has panicked; another one follows.
    pub(super) fn interrupt(&self, error: &tokio::task::JoinError) {
        let mut progress = self.progress();
        progress.state = PollState::Waiting;
        progress.failures += 1;
        progress.failures_in_a_row += 1;
        progress.last_failure = Some(PollFailure::new(PollFailureKind::Panic, error.to_string()));
    }

    /// Ends its task.
    pub(super) fn remove(&self) {
        self.removed.send_replace(true);
    }

    /// Ready when it is removed.
    pub(super) async fn removal(&self) {
        // The sender is here, so that there is no error.
        let _ = self.removed.subscribe().wait_for(|removed| *removed).await;
    }

    pub(super) fn info(&self) -> PollInfo {
        let Progress {
            state,
            calls,
            failures,
            failures_in_a_row,
            missed,
            backed_off,
            last_duration,
            last_failure,
        } = self.progress().clone();
        PollInfo {
            name: self.name.to_string(),
            every: self.every,
            timeout: self.timeout,
            on_failure: self.on_failure,
            state,
            calls,
            failures,
            failures_in_a_row,
            missed,
            backed_off,
            last_duration,
            last_failure,
            location: self.location,
        }
    }
}
