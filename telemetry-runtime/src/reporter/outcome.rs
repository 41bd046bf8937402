//! What became of a report, told as events that any metric may count.

use std::time::Duration;

use crate::vocabulary::runtime::runtime;

/// What became of a report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReportOutcome<'o> {
    /// The reporter's name.
    pub(crate) reporter: &'o str,
    /// Where it sends to.
    pub(crate) destination: &'o str,
    /// How long it took.
    pub(crate) duration: Duration,
    /// Packets or requests that were handed over.
    pub(crate) packets: u64,
    /// The bytes in them.
    pub(crate) bytes: u64,
    /// The lines, or values, in them.
    pub(crate) lines: u64,
    /// Packets or requests that were sent again.
    pub(crate) retried: u64,
}

impl ReportOutcome<'_> {
    /// Executes the events of it. `dropped` are lines by reason, of which those without any are not told.
    pub(crate) fn tell<'d>(&self, dropped: impl IntoIterator<Item = (&'d str, u64)>) {
        let Self { reporter, destination, duration, packets, bytes, lines, retried } = *self;
        telemetry::execute!(
            runtime.reporter.sent,
            { duration, packets, bytes, lines },
            { reporter, destination }
        );
        if retried > 0 {
            telemetry::execute!(
                runtime.reporter.retried,
                { packets: retried },
                { reporter, destination }
            );
        }
        for (reason, lines) in dropped {
            tell_dropped(reporter, destination, reason, lines);
        }
    }
}

/// Tells that lines, or values, did not arrive, if there are any.
pub(crate) fn tell_dropped(reporter: &str, destination: &str, reason: &str, lines: u64) {
    if lines > 0 {
        telemetry::execute!(
            runtime.reporter.dropped,
            { lines },
            { reporter, destination, reason }
        );
    }
}
