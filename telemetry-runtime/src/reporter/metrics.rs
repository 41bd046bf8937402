//! Ready-made metrics of reporters, for applications that choose them.

/// Declares metrics of what reporters send, in the crate that names them.
///
/// They are of the events in [`runtime::reporter`](mod@crate::runtime::reporter), which all reporters of
/// this crate but the console execute, and a reporter of yours [should](crate::reporter::Reporter); an
/// application that wants others declares its own, `use telemetry_runtime::runtime;` and
/// `telemetry::metrics!`. Each has the tag `reporter`, its [name](crate::reporter::Reporter::name).
///
/// ```
/// telemetry_runtime::reporter_metrics!();
/// # fn main() {}
/// ```
///
/// | metric | tags | |
/// |---|---|---|
/// | `runtime.reporter.reports` | | reports, scrapes and messages, those among them that did not arrive |
/// | `runtime.reporter.duration` | | how long they took, in seconds |
/// | `runtime.reporter.lines` | | the lines, or values, that were sent |
/// | `runtime.reporter.packets` | | the packets, or requests, that they were in |
/// | `runtime.reporter.bytes` | | the bytes of these |
/// | `runtime.reporter.retries` | | the packets, or requests, that were sent again |
/// | `runtime.reporter.drops` | `reason` | the lines, or values, that did not arrive |
#[macro_export]
macro_rules! reporter_metrics {
    () => {
        const _: () = {
            use $crate::runtime;
            // Tags are closures, as the variable that a plain tag is read from is not among this
            // macro's names.
            $crate::__private::telemetry::metrics! {
                crate = $crate::__private::telemetry;
                /// Reports, scrapes and messages, those among them that did not arrive.
                counter(name = runtime.reporter.reports, events = [runtime.reporter.sent],
                    tags = [reporter = |m| m.reporter]);
                /// How long reports took, in seconds.
                distribution(name = runtime.reporter.duration, events = [runtime.reporter.sent],
                    measurement = duration, unit = native => second,
                    buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30],
                    tags = [reporter = |m| m.reporter],
                    reporter_options = { prometheus_unit = "seconds" });
                /// The lines, or values, that were sent.
                sum(name = runtime.reporter.lines, events = [runtime.reporter.sent],
                    measurement = lines, tags = [reporter = |m| m.reporter]);
                /// The packets, or requests, that were sent.
                sum(name = runtime.reporter.packets, events = [runtime.reporter.sent],
                    measurement = packets, tags = [reporter = |m| m.reporter]);
                /// The bytes that were sent.
                sum(name = runtime.reporter.bytes, events = [runtime.reporter.sent],
                    measurement = bytes, unit = byte, tags = [reporter = |m| m.reporter]);
                /// The packets, or requests, that were sent again.
                sum(name = runtime.reporter.retries, events = [runtime.reporter.retried],
                    measurement = packets, tags = [reporter = |m| m.reporter]);
                /// The lines, or values, that did not arrive.
                sum(name = runtime.reporter.drops, events = [runtime.reporter.dropped],
                    measurement = lines,
                    tags = [reporter = |m| m.reporter, reason = |m| m.reason]);
            }
        };
    };
}
