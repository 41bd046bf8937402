//! Packets: as many whole lines as fit.

use std::collections::VecDeque;

/// Lines between newlines, at least one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    pub(super) lines: u64,
}

/// Fills packets with lines, none of which is ever split.
#[derive(Debug)]
pub(super) struct Packets {
    /// The most bytes of a packet.
    size: usize,
    /// The one that is filled.
    open: Packet,
    full: VecDeque<Packet>,
}

impl Packets {
    pub(super) fn new(size: usize) -> Self {
        Self { size, open: Packet::default(), full: VecDeque::new() }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds so many lines, with newlines between them, which arrive together or not at all. `false`
    /// where no packet has room for them.
    pub(super) fn push(&mut self, text: &str, lines: u64) -> bool {
        if text.is_empty() || text.len() > self.size {
            return false;
        }
        let Packet { bytes, .. } = &self.open;
        if !bytes.is_empty() && bytes.len() + 1 + text.len() > self.size {
            self.full.push_back(std::mem::take(&mut self.open));
        }
        let Packet { bytes, lines: of_packet } = &mut self.open;
        if !bytes.is_empty() {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(text.as_bytes());
        *of_packet += lines;
        true
    }

    /// A packet that takes no more.
    pub(super) fn next_full(&mut self) -> Option<Packet> {
        self.full.pop_front()
    }

    /// What is left at the end.
    pub(super) fn finish(&mut self) -> impl Iterator<Item = Packet> + use<> {
        let last = std::mem::take(&mut self.open);
        let full = std::mem::take(&mut self.full);
        full.into_iter().chain((!last.bytes.is_empty()).then_some(last))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn packets_are_within_the_size_never_empty_and_have_every_line_whole(
            lines in prop::collection::vec("[a-z]{0,60}", 0..50),
            size in 1..100_usize,
        ) {
            let mut packets = Packets::new(size);
            let mut taken = Vec::new();
            for line in &lines {
                let fits = !line.is_empty() && line.len() <= size;
                prop_assert_eq!(packets.push(line, 1), fits);
                if fits {
                    taken.push(line.clone());
                }
            }
            let mut sent = Vec::new();
            let packets: Vec<Packet> =
                std::iter::from_fn(|| packets.next_full()).collect::<Vec<_>>().into_iter()
                    .chain(packets.finish())
                    .collect();
            for (place, packet) in packets.iter().enumerate() {
                prop_assert!(!packet.bytes.is_empty() && packet.bytes.len() <= size);
                let text = String::from_utf8(packet.bytes.clone()).unwrap();
                let of_packet: Vec<String> = text.split('\n').map(str::to_owned).collect();
                prop_assert_eq!(packet.lines, of_packet.len() as u64);
                // the next line would not have had room
                if let Some(next) = packets.get(place + 1) {
                    let first = next.bytes.split(|byte| *byte == b'\n').next().unwrap().len();
                    prop_assert!(packet.bytes.len() + 1 + first > size);
                }
                sent.extend(of_packet);
            }
            prop_assert_eq!(sent, taken);
        }
    }
}
