//! The types of an event, tied together by one trait.

use crate::field::Field;
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

    /// The measurement at `index` of the declared order; [`Value::Absent`] past the end.
    fn measurement(measurements: &Self::Measurements, index: usize) -> Value<'_>;

    /// The metadata field at `index` of the declared order; [`Value::Absent`] past the end.
    fn metadatum<'a>(metadata: &'a Self::Metadata<'a>, index: usize) -> Value<'a>;

    /// Name and value of the measurement at `index`; `None` past the end.
    #[doc(hidden)]
    fn named_measurement(
        measurements: &Self::Measurements,
        index: usize,
    ) -> Option<(&str, Value<'_>)> {
        match Self::MEASUREMENTS.get(index) {
            Some(field) => Some((field.name, Self::measurement(measurements, index))),
            None => None,
        }
    }

    /// Name and value of the metadata field at `index`; `None` past the end.
    #[doc(hidden)]
    fn named_metadatum<'a>(
        metadata: &'a Self::Metadata<'a>,
        index: usize,
    ) -> Option<(&'a str, Value<'a>)> {
        match Self::METADATA.get(index) {
            Some(field) => Some((field.name, Self::metadatum(metadata, index))),
            None => None,
        }
    }

    /// Proves that metadata may be seen with a shorter lifetime.
    #[doc(hidden)]
    fn shorten<'short, 'long: 'short>(
        metadata: &'short Self::Metadata<'long>,
    ) -> &'short Self::Metadata<'short>;
}
