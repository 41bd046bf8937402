//! What is known of the last panic on a thread: the panic hook sees message, place and backtrace,
//! which a destructor that runs while unwinding cannot ask for.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Once;

/// A panic as the hook saw it.
#[derive(Debug)]
pub struct PanicRecord {
    /// The message, when it was a text.
    pub message: Box<str>,
    /// Where the panic was raised.
    pub location: Option<PanicLocation>,
    /// The backtrace, empty unless `RUST_BACKTRACE` asks for it.
    pub backtrace: Backtrace,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanicLocation {
    /// The file's path as the compiler saw it.
    pub file: Box<str>,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl fmt::Display for PanicLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

thread_local! {
    /// Shared, so that every span that one panic unwinds through reports it, and a handler that
    /// panics meanwhile finds the slot free.
    static LAST: RefCell<Option<Rc<PanicRecord>>> = const { RefCell::new(None) };
}

/// Chains a panic hook that remembers, per thread, what `exception` events report of a panic.
///
/// The hook that was set before runs as it did. `telemetry-runtime` installs this at start; calling
/// it again changes nothing. Without it an exception of kind `panic` has no location, no backtrace
/// and a reason that says only that there was a panic.
pub fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // The slot may be gone in an ending thread, or in use if `Drop` of a record panics.
            let _ = LAST.try_with(|last| {
                if let Ok(mut last) = last.try_borrow_mut() {
                    *last = Some(Rc::new(PanicRecord {
                        message: message(info.payload()).into(),
                        location: info.location().map(|location| PanicLocation {
                            file: location.file().into(),
                            line: location.line(),
                            column: location.column(),
                        }),
                        backtrace: Backtrace::capture(),
                    }));
                }
            });
            previous(info);
        }));
    });
}

/// Runs `with` on the last panic of this thread, if the hook is installed.
pub fn with_last<R>(with: impl FnOnce(Option<&PanicRecord>) -> R) -> R {
    let last = LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.clone()));
    with(last.ok().flatten().as_deref())
}

/// The text of a panic's payload.
pub fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is no text"
    }
}
