//! The guard of a function under `#[track_caller]`.

use super::{SpanSchema, SyncSpan, stop_with};
use crate::outcome::SpanResult;

/// Ends its span when it is dropped: with `stop`, or with `exception` while a panic unwinds through
/// it. The body stays in the function itself, so that the caller's line is kept, and its value is
/// not seen.
#[doc(hidden)]
pub struct TrackedSpan<'a, S: SpanSchema> {
    span: SyncSpan<'a, S>,
    stop: fn() -> S::Stop<'static>,
}

impl<'a, S: SpanSchema> TrackedSpan<'a, S> {
    #[inline]
    pub fn new(span: SyncSpan<'a, S>, stop: fn() -> S::Stop<'static>) -> Self {
        Self { span, stop }
    }
}

impl<S: SpanSchema> Drop for TrackedSpan<'_, S> {
    #[inline]
    fn drop(&mut self) {
        if self.span.is_active() {
            let guard = self.span.leave();
            // Else the guard says so itself.
            if !guard.is_unwound() {
                stop_with(guard, (self.stop)(), SpanResult::Ok);
            }
        }
    }
}

impl<S: SpanSchema> std::fmt::Debug for TrackedSpan<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TrackedSpan").field(&self.span.guard).finish()
    }
}
