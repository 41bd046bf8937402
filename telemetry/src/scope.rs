//! Whose executions a test's captures hear.

use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// One test's executions, whichever threads they happen on. Copying it hands it on.
///
/// ```
/// # telemetry::events! { event app.work; }
/// let captured = telemetry::testing::capture(&[&app::work]);
/// let scope = captured.scope();
/// std::thread::spawn(move || scope.run(|| telemetry::execute!(app.work))).join().unwrap();
/// assert_eq!(captured.of(&app::work).len(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    number: u64,
}

thread_local! {
    static CURRENT: Cell<Option<Scope>> = const { Cell::new(None) };
    /// The captures of this thread that are in its scope.
    static JOINED: Cell<u32> = const { Cell::new(0) };
}

impl Scope {
    /// The scope that this thread executes in, if it is in one.
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    fn new() -> Self {
        static SCOPES: AtomicU64 = AtomicU64::new(1);
        Self { number: SCOPES.fetch_add(1, Ordering::Relaxed) }
    }

    /// Runs `work` in this scope.
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self);
        work()
    }

    /// Polls `future` in this scope, wherever it is spawned.
    pub fn with<F: Future>(self, future: F) -> ScopeFuture<F> {
        ScopeFuture { scope: self, future }
    }
}

/// Puts this thread into a scope until it is dropped.
struct Entered {
    previous: Option<Scope>,
}

impl Entered {
    fn new(scope: Scope) -> Self {
        Self { previous: CURRENT.replace(Some(scope)) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// Keeps this thread in its scope, a new one if it is in none, until the last of these is dropped.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) scope: Scope,
    /// It belongs to the thread.
    not_send: PhantomData<*const ()>,
}

impl Joined {
    pub(crate) fn new() -> Self {
        let scope = Scope::current().unwrap_or_else(Scope::new);
        CURRENT.set(Some(scope));
        JOINED.set(JOINED.get() + 1);
        Self { scope, not_send: PhantomData }
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        JOINED.set(JOINED.get() - 1);
        if JOINED.get() == 0 {
            CURRENT.set(None);
        }
    }
}

pin_project! {
    /// A future that is polled in a scope; made by [`Scope::with`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ScopeFuture<F> {
        scope: Scope,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for ScopeFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(*this.scope);
        this.future.poll(cx)
    }
}
