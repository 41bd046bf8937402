//! The toolkit's own events.

// The element in the distributed slice.
#![allow(unsafe_code)]

use std::fmt;
use std::time::Duration;

use crate::clock;
use crate::outcome::ExceptionKind;
use crate::panics::PanicLocation;

telemetry_macros::events! {
    /// A handler panicked. Executed after its policy was applied.
    ///
    /// A handler of this event that panics ends there: its failure is counted and not executed.
    event telemetry.handler.failure {
        measurements {
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// The time since the Unix epoch.
            system_time: Duration,
        }
        metadata {
            /// The event that was executed.
            event_name: &str,
            /// The handler's id.
            handler_id: &str,
            /// The `Debug` of the handler's configuration.
            handler_config: &dyn fmt::Debug,
            /// Always `panic`.
            kind: ExceptionKind,
            /// The panic's message.
            reason: &str,
            /// Where it panicked, if the panic hook is installed.
            location: Option<&PanicLocation>,
        }
    }
}

/// The metadata of `telemetry.handler.failure`.
pub(crate) use self::telemetry::handler::failure::Metadata as Failure;

/// Executes `telemetry.handler.failure` with the time of this moment.
pub(crate) fn execute_failure(failure: &Failure<'_>) {
    let event = &self::telemetry::handler::failure;
    if event.wants_values() {
        let now = clock::now();
        event.execute(
            &self::telemetry::handler::failure::Measurements {
                monotonic_time: Duration::from_nanos(now),
                system_time: clock::system_time(now),
            },
            failure,
        );
    }
}
