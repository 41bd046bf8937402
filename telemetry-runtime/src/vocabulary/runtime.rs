//! What the runtime says of the children that it supervises and of its polls.

// The element in the distributed slice.
#![allow(unsafe_code)]

use telemetry::{ExceptionKind, PanicLocation};

// A child lives as long as the program may: a span of it would be the root of one endless trace. So
// these are events with the names and the fields that a span's have, and without a span context.
telemetry::events! {
    /// A child was started, for the first time or again.
    event runtime.supervisor.child.start {
        measurements {
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// The time since the Unix epoch.
            system_time: Duration,
            /// How often the child has been restarted, this time included.
            restarts: u64,
        }
        metadata {
            /// The supervisor, by the names from the root down: `telemetry/application/billing`.
            supervisor: &str,
            /// The child's name.
            child: &str,
        }
    }

    /// A child has ended without a failure.
    event runtime.supervisor.child.stop {
        measurements {
            /// The time since its start.
            duration: Duration,
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// How often the child had been restarted.
            restarts: u64,
        }
        metadata {
            /// The supervisor, by the names from the root down.
            supervisor: &str,
            /// The child's name.
            child: &str,
            /// `done`, or `told to stop`.
            reason: &str,
        }
    }

    /// A child has failed: it returned an error, panicked, or did not stop when it was told to.
    event runtime.supervisor.child.exception {
        measurements {
            /// The time since its start.
            duration: Duration,
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// How often the child had been restarted.
            restarts: u64,
        }
        metadata {
            /// The supervisor, by the names from the root down.
            supervisor: &str,
            /// The child's name.
            child: &str,
            /// `cancelled` where it did not stop in time.
            kind: ExceptionKind,
            /// The error, or the panic's message.
            reason: &str,
            /// Where it panicked.
            location: Option<&PanicLocation>,
        }
    }

    /// A poll did not give its measurement.
    event runtime.poller.failure {
        measurements {
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// The time since the Unix epoch.
            system_time: Duration,
        }
        metadata {
            /// The poll's name.
            name: &str,
            /// What kind of failure it was.
            kind: &str,
            /// The error, or the panic's message.
            reason: &str,
        }
    }
}
