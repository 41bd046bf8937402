//! Events whose names are made at run time, for bridges and plugins.
//!
//! They are attached to, listed and dispatched like declared ones. Their fields are not checked, and
//! each execution that somebody listens to allocates its list of measurements.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::event::{Event, EventSchema};
use crate::field::Field;
use crate::name;
use crate::number::Number;
use crate::registry;
use crate::value::Value;

/// The schema of events that are made at run time: names with values, whatever they are.
#[derive(Debug)]
pub enum Dynamic {}

/// The measurements of one execution of a dynamic event.
pub type DynamicMeasurements = Vec<(Cow<'static, str>, Number)>;

/// The metadata of one execution of a dynamic event.
pub type DynamicMetadata<'a> = &'a [(&'a str, Value<'a>)];

impl Event<Dynamic> {
    /// The event of this name, made at the first call and kept for the life of the process: names
    /// must come from a bounded set, and not from what users send.
    ///
    /// # Errors
    /// [`Error::is_invalid_name`] for a name that is empty, over 255 bytes, has an empty segment or a
    /// control character; [`Error::is_declared`] for one that is declared with
    /// [`events!`](crate::events).
    ///
    /// # Examples
    /// ```
    /// let event = telemetry::Event::dynamic("plugin.jobs.done")?;
    /// telemetry::attach_many("plugin-log", &[event], (), |event, ()| {
    ///     println!("{} {:?} {:?}", event.name(), event.measurements(), event.metadata());
    /// })?;
    /// event.execute_dynamic(&[("total", 3_u64.into())], &[("queue", "mail".into())]);
    /// # Ok::<(), telemetry::Error>(())
    /// ```
    pub fn dynamic(name: &str) -> Result<&'static Self, Error> {
        static EVENTS: Mutex<BTreeMap<&'static str, &'static Event<Dynamic>>> =
            Mutex::new(BTreeMap::new());

        name::check(name)?;
        if registry::declared_event(name).is_some() {
            return Err(Error::declared(name));
        }
        let mut events = EVENTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = events.get(name) {
            return Ok(event);
        }
        let name: &'static str = String::leak(name.to_owned());
        let event: &'static Self = Box::leak(Box::new(Self::named(name)));
        events.insert(name, event);
        Ok(event)
    }

    /// Runs the event's handlers on these fields, in this thread; does nothing if there are none.
    pub fn execute_dynamic(
        &'static self,
        measurements: &[(&str, Number)],
        metadata: &[(&str, Value<'_>)],
    ) {
        if self.wants_values() {
            let measurements: DynamicMeasurements = measurements
                .iter()
                .map(|(name, number)| (Cow::Owned((*name).to_owned()), *number))
                .collect();
            self.execute(&measurements, &metadata);
        }
    }
}

impl EventSchema for Dynamic {
    type Measurements = DynamicMeasurements;
    type Metadata<'a> = DynamicMetadata<'a>;

    const NAME: &'static str = "";
    const DESCRIPTION: &'static str = "";
    const MEASUREMENTS: &'static [Field] = &[];
    const METADATA: &'static [Field] = &[];

    fn measurement(measurements: &DynamicMeasurements, index: usize) -> Value<'_> {
        measurements.get(index).map_or(Value::Absent, |(_, number)| Value::from(*number))
    }

    fn metadatum<'a>(metadata: &'a DynamicMetadata<'a>, index: usize) -> Value<'a> {
        metadata.get(index).map_or(Value::Absent, |(_, value)| *value)
    }

    fn named_measurement(
        measurements: &DynamicMeasurements,
        index: usize,
    ) -> Option<(&str, Value<'_>)> {
        measurements.get(index).map(|(name, number)| (&**name, Value::from(*number)))
    }

    fn named_metadatum<'a>(
        metadata: &'a DynamicMetadata<'a>,
        index: usize,
    ) -> Option<(&'a str, Value<'a>)> {
        metadata.get(index).copied()
    }

    fn shorten<'short, 'long: 'short>(
        metadata: &'short DynamicMetadata<'long>,
    ) -> &'short DynamicMetadata<'short> {
        metadata
    }
}

impl From<Number> for Value<'_> {
    fn from(number: Number) -> Self {
        match number {
            Number::Unsigned(value) => Self::Unsigned(value),
            Number::Signed(value) => Self::Signed(value),
            Number::Float(value) => Self::Float(value),
        }
    }
}
