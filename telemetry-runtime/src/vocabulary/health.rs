//! What the runtime says of health checks, of the states that follow from them, and of probes.

// The element in the distributed slice.
#![allow(unsafe_code)]

// Events and no span: each run would be a trace of its own, every few seconds.
telemetry::events! {
    /// A run of a check begins.
    event health.check.start {
        measurements {
            /// The monotonic clock's reading.
            monotonic_time: Duration,
            /// The time since the Unix epoch.
            system_time: Duration,
        }
        metadata {
            /// The check's name.
            check: &str,
            /// What kind of thing it looks at: `database`, `cache` and so on.
            kind: &str,
            /// Whether the program cannot serve without it.
            critical: bool,
        }
    }

    /// A run of a check has found that all is well, or nearly.
    event health.check.stop {
        measurements {
            /// How long it took.
            duration: Duration,
            /// The monotonic clock's reading.
            monotonic_time: Duration,
        }
        metadata {
            /// The check's name.
            check: &str,
            /// What kind of thing it looks at.
            kind: &str,
            /// Whether the program cannot serve without it.
            critical: bool,
            /// `pass` or `warn`.
            outcome: &str,
        }
    }

    /// A run of a check has failed: it found a failure, panicked, or took too long.
    event health.check.exception {
        measurements {
            /// How long it took.
            duration: Duration,
            /// The monotonic clock's reading.
            monotonic_time: Duration,
        }
        metadata {
            /// The check's name.
            check: &str,
            /// What kind of thing it looks at.
            kind: &str,
            /// Whether the program cannot serve without it.
            critical: bool,
            /// `error`, `panic` or `timeout`: why it failed.
            outcome: &str,
            /// The error, or the panic's message, without secrets.
            message: &str,
        }
    }

    /// What is known of a check after a run, thresholds applied.
    event health.check.status {
        measurements {
            /// 1: it passes, 0.5: it warns, 0: it fails.
            value: f64,
            /// When it last passed, since the Unix epoch.
            last_pass: Option<Duration>,
        }
        metadata {
            /// The check's name.
            check: &str,
            /// Whether the program cannot serve without it.
            critical: bool,
        }
    }

    /// Readiness has changed.
    event health.state.change {
        measurements {
            /// How long the state before has held.
            duration: Duration,
            /// The time since the Unix epoch.
            system_time: Duration,
        }
        metadata {
            /// The state before: `starting`, `ready`, `degraded`, `not_ready` or `draining`.
            from: &str,
            /// The state from now on.
            to: &str,
            /// The checks that it follows from, by name, between commas.
            causes: &str,
        }
    }

    /// One of the states, each time that readiness is looked at: executed of each of them.
    event health.state.current {
        measurements {
            /// 1 of the one that holds, 0 of the others.
            value: u64,
        }
        metadata {
            /// The state.
            state: &str,
        }
    }

    /// A probe was answered.
    event health.probe.stop {
        measurements {
            /// How long it took.
            duration: Duration,
        }
        metadata {
            /// `live`, `ready`, `startup`, `check` or `none`.
            endpoint: &str,
            /// The answer's status code.
            status: u16,
        }
    }
}
