//! What an event keeps of its handlers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::Execution;

/// The handlers of one event, in the order in which they were attached.
pub(crate) type HandlerList = Vec<Arc<Handler>>;

/// An attached function with its configuration.
pub(crate) struct Handler {
    pub(crate) id: Box<str>,
    /// After how many panics the handler is detached; 0 is never.
    pub(crate) detach_after: AtomicU32,
    pub(crate) failures: AtomicU32,
    pub(crate) body: Box<dyn Body>,
}

/// A handler's function and configuration, their types erased.
pub(crate) trait Body: Send + Sync {
    fn call(&self, execution: &Execution<'_>);
    fn config(&self) -> &dyn fmt::Debug;
}
