//! What became of the lines of a report, and the events that tell it.

use std::fmt;
use std::time::Duration;

use crate::reporter::outcome::ReportOutcome;

/// Why lines did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Longer than a packet may be.
    TooLong,
    /// A negative sample, which the standard dialect has no line for.
    Negative,
    /// No finite number.
    NotFinite,
    /// The receiver did not keep up, and waiting for it took too long.
    Full,
    /// Nobody receives at the destination; said by the socket, of UDP with the next packet.
    Refused,
    /// Another error of the socket.
    Failed,
    /// Their series went between two reports: so many executions of it are in neither.
    Gone,
}

impl Reason {
    const ALL: [Self; 7] = [
        Self::TooLong,
        Self::Negative,
        Self::NotFinite,
        Self::Full,
        Self::Refused,
        Self::Failed,
        Self::Gone,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Negative => "negative",
            Self::NotFinite => "not_finite",
            Self::Full => "full",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

/// What became of the lines of one report.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Handed to the system.
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) lines: u64,
    /// By reason.
    dropped: [u64; Reason::ALL.len()],
}

impl Tally {
    pub(super) fn drop(&mut self, reason: Reason, lines: u64) {
        self.dropped[reason as usize] += lines;
    }

    pub(super) fn dropped(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.into_iter().zip(self.dropped).filter(|(_, lines)| *lines > 0)
    }

    /// Executes the events of a report.
    pub(super) fn tell(&self, reporter: &str, destination: &str, duration: Duration) {
        let Self { packets, bytes, lines, .. } = *self;
        let outcome =
            ReportOutcome { reporter, destination, duration, packets, bytes, lines, retried: 0 };
        outcome.tell(self.dropped().map(|(reason, lines)| (reason.as_str(), lines)));
    }

    /// # Errors
    /// When lines were dropped.
    pub(super) fn verdict(&self) -> Result<(), String> {
        if self.dropped().next().is_none() { Ok(()) } else { Err(self.to_string()) }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of this report {} lines were sent, and dropped were", self.lines)?;
        for (place, (reason, lines)) in self.dropped().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma} {lines} ({})", reason.as_str())?;
        }
        Ok(())
    }
}
