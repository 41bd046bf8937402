//! Measurements that nobody executes: functions that a runtime calls again and again.
//!
//! `#[telemetry::poll]` only describes one and adds the description to a list of the whole program.
//! Nothing is called before a runtime starts, and without one a poll costs nothing.

// linkme's `#[link_section]`.
#![allow(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

use crate::distributed::list;
use crate::outcome::Reason;

/// Declares a poll: a function that the runtime calls again and again, to execute what nobody else
/// does.
///
/// ```
/// # static QUEUE: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
/// telemetry::events! {
///     event my_app.jobs.depth { measurements { total: usize } }
///     event my_app.database.size { measurements { bytes: u64 } }
/// }
///
/// #[telemetry::poll(every = "10s")]
/// fn queue_depth() {
///     telemetry::execute!(my_app.jobs.depth, { total: QUEUE.lock().unwrap().len() });
/// }
///
/// #[telemetry::poll(every = "1m", initial_delay = "5s", timeout = "2s", on_failure = backoff, name = "database size")]
/// fn database_size() -> std::io::Result<()> {
///     let bytes = std::fs::metadata("/var/lib/my_app.db")?.len();
///     telemetry::execute!(my_app.database.size, { bytes });
///     Ok(())
/// }
/// ```
///
/// The function takes nothing and returns nothing or a `Result<(), E>`; it may block, and it may be
/// `async`. It is called on a thread of the runtime that other polls do not wait for, an `async` one
/// within the runtime's Tokio context. Nothing is called before a runtime starts.
///
/// - `every`: the time from one call to the next, the runtime's `poll_every` unless given. A call that
///   is due while the one before still runs is left out, and counted.
/// - `initial_delay`: the time from the runtime's start to the first call, none unless given.
/// - `timeout`: a call that takes longer has failed, 10 s unless given. An `async` one is cancelled; a
///   blocking one is called again only after it has returned.
/// - `on_failure`: what follows an `Err`, a panic or a timeout: `retry` at the next tick, which is the
///   default, `backoff`, which leaves out twice as many ticks each time, up to five minutes, or
///   `remove`. Each failure executes `runtime.poller.failure`.
/// - `name`: the function's path unless given.
/// - `crate = path::to::telemetry`: the facade where it is renamed.
#[doc(inline)]
pub use telemetry_macros::poll;

list! {
    /// One element for each `#[telemetry::poll]`.
    __TELEMETRY_POLLS_V0_1: &'static DeclaredPoll, gathered_polls
}

/// The polls that all crates of this program declare with `#[telemetry::poll]`.
pub fn declared_polls() -> impl Iterator<Item = &'static DeclaredPoll> {
    gathered_polls()
}

/// One function under `#[telemetry::poll]`. What it leaves open is the runtime's choice.
#[derive(Clone, Copy)]
pub struct DeclaredPoll {
    name: &'static str,
    crate_name: &'static str,
    crate_version: &'static str,
    body: PollBody,
    every: Option<Duration>,
    initial_delay: Option<Duration>,
    timeout: Option<Duration>,
    on_failure: Option<OnFailure>,
    location: &'static Location<'static>,
}

/// What becomes of a poll that returned an error, panicked or took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// It is called at its next tick, as if nothing had happened.
    #[default]
    Retry,
    /// The ticks left out double with each failure in a row; one success ends that.
    Backoff,
    /// It is not called any more.
    Remove,
}

/// What a poll returned, its error as text.
#[doc(hidden)]
pub type PollResult = Result<(), Box<str>>;

/// The function, as generated code wraps it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum PollBody {
    Blocking(fn() -> PollResult),
    Async(fn() -> Pin<Box<dyn Future<Output = PollResult>>>),
}

impl DeclaredPoll {
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(
        name: &'static str,
        crate_name: &'static str,
        crate_version: &'static str,
        body: PollBody,
    ) -> Self {
        Self {
            name,
            crate_name,
            crate_version,
            body,
            every: None,
            initial_delay: None,
            timeout: None,
            on_failure: None,
            location: Location::caller(),
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_initial_delay(mut self, initial_delay: Duration) -> Self {
        self.initial_delay = Some(initial_delay);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// The given name, else the function's path.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The package that declares it.
    pub const fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// That package's version.
    pub const fn crate_version(&self) -> &'static str {
        self.crate_version
    }

    /// The time from one call to the next.
    pub const fn every(&self) -> Option<Duration> {
        self.every
    }

    /// The time from the runtime's start to the first call.
    pub const fn initial_delay(&self) -> Option<Duration> {
        self.initial_delay
    }

    /// How long a call may take.
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// What becomes of it when it fails.
    pub const fn on_failure(&self) -> Option<OnFailure> {
        self.on_failure
    }

    /// Where it is declared.
    pub const fn location(&self) -> &'static Location<'static> {
        self.location
    }

    #[doc(hidden)]
    pub const fn body(&self) -> PollBody {
        self.body
    }
}

impl fmt::Debug for DeclaredPoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeclaredPoll({:?} at {})", self.name, self.location)
    }
}

impl fmt::Debug for PollBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocking(_) => "Blocking",
            Self::Async(_) => "Async",
        })
    }
}

/// What a poll may return beside errors: nothing.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a poll returns nothing or a `Result<(), E>`, and not `{Self}`: nobody looks at a value",
    label = "returns a value that nobody looks at",
    note = "execute an event with the value, as in `telemetry::execute!(my_app.jobs.depth, {{ total: … }}, {{}})`"
)]
pub trait NoValue {}

impl NoValue for () {}

/// Accepts what a poll may return.
#[doc(hidden)]
pub const fn no_value<T: NoValue>(_: &T) {}

/// The text of a poll's error.
#[doc(hidden)]
pub fn poll_error(reason: Reason<'_>) -> Box<str> {
    reason.to_string().into()
}
