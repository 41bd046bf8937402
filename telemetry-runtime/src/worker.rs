//! Work that blocks: on threads of its own, so that it delays neither the runtime's thread nor other
//! work of its kind.
//!
//! Usually one or two threads serve everything, one piece after the other. Work that waits for its
//! turn longer than [`PATIENCE`] gets a thread beyond that, so that work which hangs delays other work
//! by no more. What hangs keeps its thread until it ends, as no thread can be ended from without;
//! who starts the same work only after the last one has ended has one such thread at the most.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::panics::{self, Panic};

/// Pieces of work at a time, unless some of them take long.
const PLACES: usize = 2;
/// How long work waits for a place before it goes without.
const PATIENCE: Duration = Duration::from_millis(20);
/// Threads at a time, whatever happens: what the runtime's executor is built with.
pub(crate) const THREADS: usize = 64;

/// Runs what blocks. Copies of it share their threads. To be used on the runtime's thread.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    places: Arc<Semaphore>,
    running: Arc<Running>,
}

/// The names of the pieces of work that have a thread, by their number.
#[derive(Debug, Default)]
struct Running {
    names: Mutex<BTreeMap<u64, Arc<str>>>,
    numbers: AtomicU64,
    ended: Condvar,
}

/// Why a piece of work has no value.
pub(crate) enum Unfinished<T> {
    /// It panicked.
    Panicked(Panic),
    /// It has not ended within its time, and goes on.
    Overdue(Overdue<T>),
    /// The runtime stops, and gave it no thread any more.
    Refused,
}

/// Work that goes on past its time: ready when it ends after all. Dropping this changes nothing.
pub(crate) struct Overdue<T> {
    handle: JoinHandle<Result<T, Panic>>,
}

impl Worker {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), running: Arc::default() }
    }

    /// Runs `work` on a thread where it may block, and waits for it, at the longest for `limit` from
    /// its turn on. When this is dropped, the work goes on.
    ///
    /// # Errors
    /// When it panics or takes longer.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        name: impl Into<Arc<str>>,
        limit: Option<Duration>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished<T>> {
        let name = name.into();
        // Given back when this returns or is dropped, though the work may still run. The semaphore
        // is never closed.
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let running = self.running.clone();
        let mut handle = tokio::task::spawn_blocking(move || {
            let _entry = running.enter(name);
            panics::catch(work)
        });
        let joined = match limit {
            Some(limit) => tokio::time::timeout(limit, &mut handle).await,
            None => Ok((&mut handle).await),
        };
        drop(place);
        match joined {
            Ok(Ok(ended)) => ended.map_err(Unfinished::Panicked),
            Ok(Err(_)) => Err(Unfinished::Refused),
            Err(_) => Err(Unfinished::Overdue(Overdue { handle })),
        }
    }

    /// The names of what has a thread at this moment.
    pub(crate) fn running(&self) -> Vec<Arc<str>> {
        self.running.lock().values().cloned().collect()
    }

    /// Blocks until nothing has a thread any more, at the longest for `limit`; gives whether that is so.
    pub(crate) fn wait_idle(&self, limit: Duration) -> bool {
        let Running { ended, .. } = &*self.running;
        let waited =
            ended.wait_timeout_while(self.running.lock(), limit, |names| !names.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }
}

impl Running {
    fn enter(self: Arc<Self>, name: Arc<str>) -> Entry {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, name);
        Entry { number, running: self }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<str>>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In the list of what runs until it is dropped.
struct Entry {
    number: u64,
    running: Arc<Running>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().remove(&self.number);
        self.running.ended.notify_all();
    }
}

impl<T> Future for Overdue<T> {
    type Output = Result<T, Unfinished<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(cx).map(|joined| match joined {
            Ok(ended) => ended.map_err(Unfinished::Panicked),
            Err(_) => Err(Unfinished::Refused),
        })
    }
}

impl<T> fmt::Debug for Unfinished<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panic) => write!(f, "Panicked({panic})"),
            Self::Overdue(_) => f.write_str("Overdue"),
            Self::Refused => f.write_str("Refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn work_gives_its_value_or_its_panic() {
        let worker = Worker::new();
        assert_eq!(worker.run("sum", None, || 1 + 1).await.unwrap(), 2);
        let failed = worker.run("broken", Some(LONG), || panic!("no disk")).await;
        let Err::<(), _>(Unfinished::Panicked(panic)) = failed else { panic!("{failed:?}") };
        assert_eq!(panic.reason, "no disk");
        assert!(worker.running().is_empty());
    }

    #[tokio::test]
    async fn work_that_hangs_delays_no_other_and_is_named_until_it_ends() {
        let worker = Worker::new();
        let mut hanging = Vec::new();
        let mut senders = Vec::new();
        for _ in 0..2 * PLACES {
            let (release, released) = mpsc::channel::<()>();
            senders.push(release);
            let worker = worker.clone();
            hanging.push(tokio::spawn(async move {
                worker.run("hangs", None, move || released.recv().is_err()).await
            }));
        }
        // What is spawned has not begun yet.
        while worker.running().is_empty() {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        assert_eq!(worker.run("quick", Some(LONG), || 7).await.unwrap(), 7);
        assert!(began.elapsed() < LONG / 2);
        assert_eq!(*worker.running()[0], *"hangs");
        senders.clear();
        for run in hanging {
            assert!(run.await.unwrap().unwrap());
        }
        assert!(worker.running().is_empty());
    }

    #[tokio::test]
    async fn work_that_ends_is_waited_for_and_work_that_hangs_for_no_longer_than_the_limit() {
        let worker = Worker::new();
        assert!(worker.wait_idle(Duration::ZERO));
        let (release, released) = mpsc::channel::<()>();
        let late =
            worker.run("late", Some(Duration::from_millis(1)), move || released.recv()).await;
        assert!(late.is_err());
        while worker.running().is_empty() {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        assert!(!worker.wait_idle(Duration::from_millis(20)));
        assert!(began.elapsed() >= Duration::from_millis(20));
        let waits = std::thread::spawn(move || worker.wait_idle(LONG));
        drop(release);
        assert!(waits.join().unwrap());
    }

    #[tokio::test]
    async fn overdue_work_is_awaited_after_its_time() {
        let worker = Worker::new();
        let (release, released) = mpsc::channel();
        let late =
            worker.run("late", Some(Duration::from_millis(1)), move || released.recv()).await;
        let Err(Unfinished::Overdue(overdue)) = late else { panic!("{late:?}") };
        // The thread may not have begun yet.
        while worker.running().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(*worker.running()[0], *"late");
        release.send(5).unwrap();
        assert_eq!(overdue.await.unwrap(), Ok(5));
        assert!(worker.running().is_empty());
    }
}
