//! Panics of code that the runtime calls, as values. With `panic = "abort"` there are none.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry::__private::{panic_message, with_last_panic};
use telemetry::PanicLocation;

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    /// The message.
    pub(crate) reason: String,
    /// Where it was raised, if the panic hook is installed.
    pub(crate) location: Option<PanicLocation>,
}

/// Runs `work`, whose state nobody looks at again after a panic, or only what is whole at any time.
///
/// # Errors
/// When it panics.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(Panic::new)
}

impl Panic {
    /// To be called on the thread that panicked.
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let reason = panic_message(&*payload).to_owned();
        let location = with_last_panic(|last| {
            // A panic that was resumed did not pass the hook: the last one is another.
            last.filter(|last| *last.message == *reason).and_then(|last| last.location.clone())
        });
        // A payload's own `drop` may panic; then it is left where it is.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        Self { reason, location }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.reason)?;
        self.location.as_ref().map_or(Ok(()), |location| write!(f, " at {location}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message_and_place() {
        telemetry::install_panic_hook();
        assert_eq!(catch(|| 3), Ok(3));
        let line = line!() + 1;
        let panic = catch(|| panic!("over {}", "board")).unwrap_err();
        assert_eq!(panic.reason, "over board");
        assert_eq!(panic.location.as_ref().map(|location| location.line), Some(line));
        assert!(panic.to_string().starts_with("panicked: over board at "), "{panic}");
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_harms_nobody() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("the second");
            }
        }
        let panic = catch(|| std::panic::panic_any(Bomb)).unwrap_err();
        assert_eq!(panic.reason, "a payload that is no text");
    }
}
