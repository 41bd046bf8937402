//! SIGTERM and SIGINT: the first begins the end of the program, the second is the end.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator;

use crate::error::Error;
use crate::phase::{Phase, Phases};
use crate::stop::{Stop, never};

/// What a shell adds to a signal's number for the exit code of a program that it ended.
const EXIT_CODE: i32 = 128;

/// Hears SIGTERM and SIGINT until it is dropped; made by
/// [`Telemetry::signals`](crate::Telemetry::signals).
///
/// The first signal turns readiness and wakes who waits here. From then on, and once this is dropped,
/// a signal ends the program at once, with the exit code 143 or 130.
///
/// ```no_run
/// use std::time::Duration;
/// use telemetry_runtime::Telemetry;
///
/// let telemetry = Telemetry::builder().start()?;
/// let signals = telemetry.signals()?;
/// // … start the work; then, in `main`:
/// signals.wait();                          // or `signals.received().await`
/// // … finish the work …
/// telemetry.shutdown(Duration::from_secs(5))?;
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
#[must_use = "signals are heard until this is dropped"]
pub struct Signals {
    heard: Arc<Heard>,
    registration: iterator::Handle,
    /// `None` once it is joined.
    thread: Option<JoinHandle<()>>,
}

struct Heard {
    first: AtomicI32,
    come: Stop,
}

/// The signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGTERM: of service managers and containers.
    Terminate,
    /// SIGINT: Ctrl-C.
    Interrupt,
}

impl Signals {
    pub(crate) fn new(phases: Phases) -> Result<Self, Error> {
        Armed::enter()?;
        let made = Self::listen(phases);
        if made.is_err() {
            Armed::leave();
        }
        made.map_err(Error::signals)
    }

    fn listen(phases: Phases) -> io::Result<Self> {
        let mut signals = iterator::Signals::new([SIGTERM, SIGINT])?;
        let registration = signals.handle();
        let heard = Arc::new(Heard { first: AtomicI32::new(0), come: Stop::unsaid() });
        let says = heard.clone();
        // Of its own: it hears signals while the runtime's thread is blocked.
        let thread =
            std::thread::Builder::new().name("telemetry-signals".into()).spawn(move || {
                for signal in signals.forever() {
                    phases.advance(Phase::Draining);
                    says.first.store(signal, Ordering::Release);
                    says.come.say(never());
                }
            })?;
        Ok(Self { heard, registration, thread: Some(thread) })
    }

    /// Blocks this thread until the first signal.
    pub fn wait(&self) -> Signal {
        while !self.heard.come.wait(Duration::MAX) {}
        self.heard.signal()
    }

    /// Waits for the first signal, on any executor.
    pub async fn received(&self) -> Signal {
        self.heard.come.requested().await;
        self.heard.signal()
    }

    /// Whether a signal has come.
    pub fn is_received(&self) -> bool {
        self.heard.come.is_requested()
    }
}

impl Heard {
    fn signal(&self) -> Signal {
        match self.first.load(Ordering::Acquire) {
            SIGINT => Signal::Interrupt,
            _ => Signal::Terminate,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.registration.close();
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic.
            let _ = thread.join();
        }
        Armed::leave();
    }
}

/// What the process does with signals: the handlers are set once and for good, and one flag says
/// whether a signal ends it.
struct Armed {
    exits: Option<Arc<AtomicBool>>,
    listeners: usize,
}

static ARMED: Mutex<Armed> = Mutex::new(Armed { exits: None, listeners: 0 });

impl Armed {
    fn lock() -> MutexGuard<'static, Self> {
        ARMED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter() -> Result<(), Error> {
        let mut armed = Self::lock();
        if armed.exits.is_none() {
            let exits = Arc::new(AtomicBool::new(false));
            for signal in [SIGTERM, SIGINT] {
                // In this order: the signal that sets the flag finds it unset.
                signal_hook::flag::register_conditional_shutdown(
                    signal,
                    EXIT_CODE + signal,
                    exits.clone(),
                )
                .and_then(|_| signal_hook::flag::register(signal, exits.clone()))
                .map_err(Error::signals)?;
            }
            armed.exits = Some(exits);
        }
        if armed.listeners == 0 {
            armed.set(false);
        }
        armed.listeners += 1;
        Ok(())
    }

    /// With the last one nobody hears a signal any more: then it ends the program, as it did before.
    fn leave() {
        let mut armed = Self::lock();
        armed.listeners -= 1;
        if armed.listeners == 0 {
            armed.set(true);
        }
    }

    fn set(&self, exits: bool) {
        if let Some(flag) = &self.exits {
            flag.store(exits, Ordering::SeqCst);
        }
    }
}

impl Signal {
    /// The exit code of a program that this signal ended: 143 or 130.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Terminate => 143,
            Self::Interrupt => 130,
        }
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("is_received", &self.is_received()).finish_non_exhaustive()
    }
}
