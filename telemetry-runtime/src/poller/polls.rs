//! What a runtime polls, added to, removed from and listed while it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::entry::{Entry, PollInfo};
use super::poll::Poll;
use crate::error::Error;

/// The polls of a running telemetry: [`Telemetry::polls`](crate::Telemetry::polls). Copies of it are
/// of the same ones.
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::{Poll, Telemetry};
///
/// telemetry::events! { event my_app.pool.size { measurements { idle: usize } } }
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let telemetry = Telemetry::builder().admin("127.0.0.1:0").start()?;
/// let poll = Poll::new("pool", || telemetry::execute!(my_app.pool.size, { idle: 7 }));
/// telemetry.polls().add(poll.every(Duration::from_secs(1)))?;
/// for poll in telemetry.polls().list() {
///     println!("{}: {} calls, {} missed, {:?}", poll.name, poll.calls, poll.missed, poll.last_failure);
/// }
/// assert!(telemetry.polls().remove("pool"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Polls {
    shared: Arc<Shared>,
}

struct Shared {
    /// The period of polls without one.
    every: Duration,
    table: Mutex<Table>,
    changed: Notify,
}

#[derive(Default)]
struct Table {
    entries: BTreeMap<Arc<str>, Arc<Entry>>,
    /// Those that have no task yet.
    new: Vec<Arc<Entry>>,
    is_closed: bool,
}

impl Polls {
    pub(super) fn new(every: Duration) -> Self {
        let shared = Shared { every, table: Mutex::default(), changed: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Adds a poll; its ticks count from now. One that was [removed](super::PollState::Removed) for
    /// its failures is replaced.
    ///
    /// # Errors
    /// [`Error::is_conflict`] where another has this name, [`Error::is_configuration`] where the poll
    /// has none or asks for no time at all, and when the runtime has stopped.
    pub fn add(&self, poll: Poll) -> Result<(), Error> {
        poll.check()?;
        let entry = Arc::new(Entry::new(poll, self.shared.every));
        let mut table = self.shared.table();
        if table.is_closed {
            return Err(Error::stopped());
        }
        if let Some(taken) = table.entries.get(&entry.name).filter(|taken| !taken.is_over()) {
            return Err(Error::conflict(format!(
                "two polls are called {:?}, at {} and at {}; give one of them another name",
                entry.name, taken.location, entry.location
            )));
        }
        table.entries.insert(entry.name.clone(), entry.clone());
        table.new.push(entry);
        drop(table);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Removes a poll; whether there was one of this name. A call that runs is cancelled if it is
    /// `async`, else it ends by itself.
    pub fn remove(&self, name: &str) -> bool {
        let removed = self.shared.table().entries.remove(name);
        removed.map(|entry| entry.remove()).is_some()
    }

    /// All polls, by name.
    pub fn list(&self) -> Vec<PollInfo> {
        self.shared.table().entries.values().map(|entry| entry.info()).collect()
    }

    /// Those that need a task where none has one.
    pub(super) fn open(&self) -> Vec<Arc<Entry>> {
        let mut table = self.shared.table();
        table.is_closed = false;
        table.new.clear();
        table.entries.values().filter(|entry| !entry.is_over()).cloned().collect()
    }

    /// Waits for polls that are added, and gives them.
    pub(super) async fn added(&self) -> Vec<Arc<Entry>> {
        self.shared.changed.notified().await;
        std::mem::take(&mut self.shared.table().new)
    }

    pub(super) fn close(&self) {
        self.shared.table().is_closed = true;
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Polls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.shared.table().entries.keys()).finish()
    }
}
