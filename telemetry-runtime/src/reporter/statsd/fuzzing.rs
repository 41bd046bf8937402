//! What is fuzzed of StatsD: see [`crate::fuzzing`].

use super::Dialect;
use super::destination::Destination;
use super::lines::{Form, Lines};
use super::tally::Tally;
use crate::config::fuzzing::shown;
use crate::reporter::changes::changes;
use crate::store::snapshot::Snapshot;

/// What was sent of a report.
#[derive(Debug)]
pub struct Sent {
    /// The bytes and how many lines they are said to be.
    pub packets: Vec<(Vec<u8>, u64)>,
    /// Lines that were dropped.
    pub dropped: u64,
}

/// The report of what changed between two snapshots.
pub fn report(
    now: &Snapshot,
    before: Option<&Snapshot>,
    dialect: Dialect,
    packet_size: usize,
) -> Sent {
    let form =
        Form { dialect, samples: dialect.samples(), values_per_line: dialect.values_per_line() };
    let mut tally = Tally::default();
    let mut lines = Lines::new(form, packet_size, now.tags());
    let mut packets = Vec::new();
    for change in changes(now, before) {
        lines.series(&change, &mut tally);
        packets.extend(std::iter::from_fn(|| lines.packets.next_full()));
    }
    packets.extend(lines.packets.finish());
    Sent {
        packets: packets.into_iter().map(|packet| (packet.bytes, packet.lines)).collect(),
        dropped: tally.dropped().map(|(_, lines)| lines).sum(),
    }
}

pub(crate) fn destination(text: &str) -> Result<String, String> {
    shown::<Destination>(text)
}
