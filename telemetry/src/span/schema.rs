//! The types of a span, tied together by one trait.

use super::Span;
use super::phase::Phase;
use crate::outcome::{ExceptionKind, Reason, SpanResult};
use crate::panics::PanicRecord;

/// The types of one span. Implemented by [`events!`](crate::events) only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the schema of a span",
    note = "spans are declared with `span a.b.c;` in `telemetry::events!`"
)]
pub trait SpanSchema: Sized + 'static {
    /// The metadata that the caller gives when the span starts.
    type Start<'a>;
    /// The measurements and metadata that the caller gives when the span stops.
    type Stop<'a>;
    /// Whether [`Guard::stop`](crate::Guard::stop) takes a `Stop`.
    #[doc(hidden)]
    type StopForm;

    /// The span's name, segments joined by dots.
    const NAME: &'static str;
    /// The declaration's doc comment.
    const DESCRIPTION: &'static str;

    /// The span that has this schema.
    fn span() -> &'static Span<Self>;

    #[doc(hidden)]
    fn shorten<'short, 'long: 'short>(
        start: &'short Self::Start<'long>,
    ) -> &'short Self::Start<'short>;

    #[doc(hidden)]
    fn shorten_stop<'short, 'long: 'short>(stop: Self::Stop<'long>) -> Self::Stop<'short>;

    #[doc(hidden)]
    fn execute_start<'a>(start: &'a Self::Start<'a>, phase: &Phase);

    #[doc(hidden)]
    fn execute_stop<'a>(
        start: &'a Self::Start<'a>,
        stop: Self::Stop<'a>,
        result: SpanResult,
        phase: &Phase,
    );

    #[doc(hidden)]
    fn execute_exception<'a>(
        start: &'a Self::Start<'a>,
        kind: ExceptionKind,
        reason: Reason<'a>,
        panic: Option<&'a PanicRecord>,
        phase: &Phase,
    );
}

/// A span that declares neither start fields nor stop fields.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the span declares fields, which `in_span` does not give",
    label = "a span with fields",
    note = "give them by `in_span_with(&span, start, stop)`, whose closures make `Start` and `Stop`"
)]
pub trait NoFields: SpanSchema {
    fn start() -> Self::Start<'static>;
    fn stop() -> Self::Stop<'static>;
}
