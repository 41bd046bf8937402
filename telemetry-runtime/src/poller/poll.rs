//! What is polled: a function, and when it is called.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

use telemetry::{AnyEvent, DeclaredPoll, OnFailure, PollBody};

use crate::error::Error;

/// What a call gave: nothing, or the text of an error.
pub(super) type Returned = Result<(), Box<str>>;

/// A measurement that the runtime makes again and again.
///
/// What needs no captured state is declared where it stands, with `#[telemetry::poll]`. A closure is
/// given to the [builder](crate::Builder::poll), or added to a running one:
/// [`Polls::add`](crate::Polls::add).
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
/// use telemetry_runtime::{OnFailure, Poll};
///
/// # let (sender, receiver) = mpsc::channel::<u32>();
/// telemetry::events! { event my_app.jobs.depth { measurements { total: usize } } }
///
/// let poll = Poll::new("queue depth", move || {
///     telemetry::execute!(my_app.jobs.depth, { total: receiver.try_iter().count() });
/// })
/// .every(Duration::from_secs(1))
/// .timeout(Duration::from_millis(100))
/// .on_failure(OnFailure::Backoff);
/// ```
#[must_use = "nothing is polled before it is given to a builder or added to a running runtime"]
pub struct Poll {
    pub(super) name: String,
    pub(super) body: Body,
    pub(super) every: Option<Duration>,
    pub(super) initial_delay: Duration,
    pub(super) timeout: Duration,
    pub(super) on_failure: OnFailure,
    /// It is called only while somebody listens to this.
    pub(super) event: Option<&'static AnyEvent>,
    pub(super) location: &'static Location<'static>,
}

/// What is called.
pub(super) enum Body {
    Blocking(Box<dyn FnMut() -> Returned + Send>),
    /// The future is made and driven on one thread, and need not be `Send`.
    Async(Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Returned>>> + Send>),
    /// Called on the runtime's own thread, which it must not keep.
    Inline(Box<dyn FnMut() -> Returned + Send>),
}

impl Poll {
    /// How long a call may take unless the poll says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A function that may block; the name tells it from others, and is what its failures are
    /// reported under.
    #[track_caller]
    pub fn new<R: PollReturn>(
        name: impl Into<String>,
        mut call: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        Self::with_body(name.into(), Body::Blocking(Box::new(move || call().into_returned())))
    }

    /// A function that gives a future. It is driven on a thread of its own, within the Tokio context
    /// of the telemetry runtime, and cancelled when it takes too long.
    #[track_caller]
    pub fn new_async<R: PollReturn, F: Future<Output = R> + 'static>(
        name: impl Into<String>,
        mut call: impl FnMut() -> F + Send + 'static,
    ) -> Self {
        let body = Body::Async(Box::new(move || {
            let future = call();
            Box::pin(async { future.await.into_returned() })
        }));
        Self::with_body(name.into(), body)
    }

    /// A function of the runtime's own that takes microseconds and waits for nothing: handing it to
    /// another thread would cost more than it does.
    #[track_caller]
    pub(crate) fn inline<R: PollReturn>(
        name: impl Into<String>,
        mut call: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        Self::with_body(name.into(), Body::Inline(Box::new(move || call().into_returned())))
    }

    #[track_caller]
    fn with_body(name: String, body: Body) -> Self {
        Self {
            name,
            body,
            every: None,
            initial_delay: Duration::ZERO,
            timeout: Self::DEFAULT_TIMEOUT,
            on_failure: OnFailure::default(),
            event: None,
            location: Location::caller(),
        }
    }

    /// The time from one call to the next; the runtime's [`poll_every`](crate::Builder::poll_every)
    /// unless given. Ticks keep their rate however long calls take; one that is due while the call
    /// before still runs is left out, and counted.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// The time to the first call; none unless given.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// How long a call may take: past this it has failed, 10 s unless given. A blocking one is called
    /// again only after it has returned.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What becomes of it when it fails; [`OnFailure::Retry`] unless given.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Calls it only while somebody listens to the event that it executes.
    pub(crate) fn while_heard(mut self, event: &'static AnyEvent) -> Self {
        self.event = Some(event);
        self
    }

    /// # Errors
    /// Where no timer can keep what it asks for.
    pub(super) fn check(&self) -> Result<(), Error> {
        let times = [("every", self.every), ("timeout", Some(self.timeout))];
        for (option, time) in times {
            if let Some(time) = time.filter(|time| time.as_millis() == 0) {
                return Err(Error::configuration(format!(
                    "`{option}` of the poll {:?} is {time:?}; the shortest is 1ms",
                    self.name
                )));
            }
        }
        if self.name.trim().is_empty() {
            return Err(Error::configuration(format!(
                "the poll at {} has no name; give it one that tells it from others",
                self.location
            )));
        }
        Ok(())
    }
}

impl From<&'static DeclaredPoll> for Poll {
    fn from(declared: &'static DeclaredPoll) -> Self {
        Self {
            name: declared.name().to_owned(),
            body: match declared.body() {
                PollBody::Blocking(call) => Body::Blocking(Box::new(call)),
                PollBody::Async(call) => Body::Async(Box::new(call)),
            },
            every: declared.every(),
            initial_delay: declared.initial_delay().unwrap_or_default(),
            timeout: declared.timeout().unwrap_or(Self::DEFAULT_TIMEOUT),
            on_failure: declared.on_failure().unwrap_or_default(),
            event: None,
            location: declared.location(),
        }
    }
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, every, initial_delay, timeout, on_failure, .. } = self;
        f.debug_struct("Poll")
            .field("name", name)
            .field("every", every)
            .field("initial_delay", initial_delay)
            .field("timeout", timeout)
            .field("on_failure", on_failure)
            .finish_non_exhaustive()
    }
}

/// What a polled function may return: nothing, or a `Result` without a value.
#[diagnostic::on_unimplemented(
    message = "a poll returns nothing or a `Result<(), E>` whose error displays itself, and not `{Self}`",
    label = "returns a value that nobody looks at",
    note = "execute an event with the value, as in `telemetry::execute!(my_app.jobs.depth, {{ total: … }}, {{}})`"
)]
pub trait PollReturn {
    #[doc(hidden)]
    fn into_returned(self) -> Result<(), Box<str>>;
}

impl PollReturn for () {
    fn into_returned(self) -> Returned {
        Ok(())
    }
}

impl<E: fmt::Display> PollReturn for Result<(), E> {
    fn into_returned(self) -> Returned {
        self.map_err(|error| error.to_string().into())
    }
}
