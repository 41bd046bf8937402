//! What `events!` generates for a name: the traits that tie a name's types together, and the
//! description of its fields that by-name views and catalogues read.

use crate::event::Event;
use crate::outcome::{ExceptionKind, Reason, SpanResult};
use crate::panics::PanicRecord;
use crate::phase::Phase;
use crate::span::Span;
use crate::value::Value;

/// The types of one event. Implemented by [`events!`](crate::events) only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the schema of an event",
    note = "events are declared with `telemetry::events!`; a span's events are its `start`, `stop` and `exception`"
)]
pub trait EventSchema: Sized + 'static {
    /// The numbers of one execution.
    type Measurements: Clone + Send + Sync + 'static;
    /// Everything else about one execution.
    type Metadata<'a>;

    /// The event's name, segments joined by dots.
    const NAME: &'static str;
    /// The declaration's doc comment.
    const DESCRIPTION: &'static str;
    /// The declared measurements.
    const MEASUREMENTS: &'static [Field];
    /// The declared metadata.
    const METADATA: &'static [Field];

    /// The event that has this schema.
    fn event() -> &'static Event<Self>;

    /// The measurement at `index` of the declared order; [`Value::Absent`] past the end.
    fn measurement(measurements: &Self::Measurements, index: usize) -> Value<'_>;

    /// The metadata field at `index` of the declared order; [`Value::Absent`] past the end.
    fn metadatum<'a>(metadata: &'a Self::Metadata<'a>, index: usize) -> Value<'a>;

    /// Proves that metadata may be seen with a shorter lifetime.
    #[doc(hidden)]
    fn shorten<'short, 'long: 'short>(
        metadata: &'short Self::Metadata<'long>,
    ) -> &'short Self::Metadata<'short>;
}

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

/// One declared measurement or metadata field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name as declared, without `r#`.
    pub name: &'static str,
    /// The type as declared.
    pub type_name: &'static str,
    /// The doc comment, lines joined by newlines.
    pub description: &'static str,
}

impl Field {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        type_name: &'static str,
        description: &'static str,
    ) -> Self {
        Self { name, type_name, description }
    }
}
