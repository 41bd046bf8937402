//! What the runtime says of the children that it supervises, of its polls and of its store.

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

    /// A reporter has sent a report, or what it could of it; a scrape or a message is one as well.
    event runtime.reporter.sent {
        measurements {
            /// How long it took.
            duration: Duration,
            /// How many packets or requests were handed over.
            packets: u64,
            /// How many bytes were in them.
            bytes: u64,
            /// How many lines, or values, were in them: series of a scrape, data points and spans of a
            /// message.
            lines: u64,
        }
        metadata {
            /// The reporter's name.
            reporter: &str,
            /// Where it sends to; empty of a scrape.
            destination: &str,
        }
    }

    /// A reporter has sent packets or requests again that were not taken.
    event runtime.reporter.retried {
        measurements {
            /// How many packets or requests.
            packets: u64,
        }
        metadata {
            /// The reporter's name.
            reporter: &str,
            /// Where it sends to.
            destination: &str,
        }
    }

    /// Something of a report did not arrive, for one reason.
    event runtime.reporter.dropped {
        measurements {
            /// How many lines, or values.
            lines: u64,
        }
        metadata {
            /// The reporter's name.
            reporter: &str,
            /// Where it sends to.
            destination: &str,
            /// Why.
            reason: &str,
        }
    }

    /// A snapshot was taken.
    ///
    /// Not executed of one that a handler of this event takes.
    event runtime.store.snapshot {
        measurements {
            /// How long it took.
            duration: Duration,
            /// How many series it has, one for each metric and its tags.
            series: u64,
        }
    }

    /// The store has looked after its series: windows have slid, and those that rested for too long are
    /// gone. All counts are of what has happened since the last tick; metrics that share their series
    /// count them once.
    event runtime.store.tick {
        measurements {
            /// How long it took.
            duration: Duration,
            /// How many series there are.
            series: u64,
            /// How many series were made.
            created: u64,
            /// How many series have expired.
            expired: u64,
            /// How many series were pruned.
            pruned: u64,
            /// How many executions were added to series after they had gone, and are in none.
            late: u64,
            /// How many executions went to overflow series.
            overflowed: u64,
            /// How many measurements were left out, for whatever reason.
            skipped: u64,
        }
    }

    /// A message of OTLP was taken, or given up.
    #[cfg(feature = "otlp")]
    event runtime.otlp.export {
        measurements {
            /// How long that took, with all tries.
            duration: Duration,
            /// How many data points or spans are in it.
            items: u64,
            /// How many of them the receiver rejected.
            rejected: u64,
            /// How often it was sent.
            attempts: u64,
            /// Its size as it is sent, compressed where it is.
            bytes: u64,
        }
        metadata {
            /// `metrics` or `spans`.
            signal: &str,
            /// `accepted`, `refused`, or `unavailable` where nobody took it in time.
            outcome: &str,
        }
    }

    /// Texts in spans were longer than is sent, and their ends were cut off.
    #[cfg(feature = "otlp")]
    event runtime.otlp.cut {
        measurements {
            /// How many, since this was told the last time.
            texts: u64,
        }
    }

    /// Spans were dropped before they were in a message.
    #[cfg(feature = "otlp")]
    event runtime.otlp.dropped {
        measurements {
            /// How many, since this was told the last time.
            items: u64,
        }
        metadata {
            /// `queue_full`, or `stopped` where they were left at the shutdown.
            reason: &str,
        }
    }
}
