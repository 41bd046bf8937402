//! The span of a function that is not `async`.

use super::guard::Guard;
use super::schema::SpanSchema;
use crate::context::Entered;

/// The guard of a synchronous function: its span is the current one while the function runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct SyncSpan<'a, S: SpanSchema> {
    /// First, so that the context before is back when the terminal event is executed.
    pub(super) entered: Option<Entered>,
    pub(super) guard: Guard<'a, S, S::StopForm>,
}

impl<'a, S: SpanSchema> SyncSpan<'a, S> {
    #[inline]
    pub fn is_active(&self) -> bool {
        self.guard.is_active()
    }

    /// Leaves the span's context and gives the guard to be ended.
    pub fn leave(&mut self) -> &mut Guard<'a, S, S::StopForm> {
        self.entered = None;
        &mut self.guard
    }
}
