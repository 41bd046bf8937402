//! A handler that is declared with `#[telemetry::handler]`.

use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::Attached;
use crate::error::Error;

/// One function under `#[telemetry::handler]`.
pub struct DeclaredHandler {
    id: &'static str,
    attach: fn() -> Result<Attached, Error>,
    location: &'static Location<'static>,
    /// What the last `attach_declared` attached.
    attached: Mutex<Option<Attached>>,
}

impl DeclaredHandler {
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(id: &'static str, attach: fn() -> Result<Attached, Error>) -> Self {
        Self { id, attach, location: Location::caller(), attached: Mutex::new(None) }
    }

    /// The id that it is attached under.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Where it is declared.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Attaches it, unless it is. Whether it was not.
    pub(crate) fn attach(&self) -> Result<bool, Error> {
        let mut attached = self.attached.lock().unwrap_or_else(PoisonError::into_inner);
        if attached.as_ref().is_some_and(Attached::is_attached) {
            return Ok(false);
        }
        *attached = Some((self.attach)()?);
        Ok(true)
    }
}

impl fmt::Debug for DeclaredHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeclaredHandler({:?} at {})", self.id, self.location)
    }
}
