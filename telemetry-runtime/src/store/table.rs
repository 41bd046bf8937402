//! A thread's own index: which row has these tags. Open addressing with linear probing; keys stand in
//! one array, one after the other.

use std::num::NonZeroU32;

/// Where a row stands: the number of its chunk, and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(NonZeroU32);

/// The lower bits are the place in the chunk.
const PLACE_BITS: u32 = 26;
/// Rows of the first chunk; each further one has twice as many.
const FIRST_ROWS: usize = 4;

impl Slot {
    /// `None` past the 2²⁶ rows of one thread and group.
    pub(super) fn new(chunk: usize, place: usize) -> Option<Self> {
        if place >> PLACE_BITS != 0 {
            return None;
        }
        let chunk = u32::try_from(chunk + 1).ok().filter(|chunk| *chunk < 1 << 6)?;
        NonZeroU32::new(chunk << PLACE_BITS | u32::try_from(place).ok()?).map(Self)
    }

    /// That of a table's entry.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the slot is the lower half")]
    fn of(entry: u64) -> Option<Self> {
        NonZeroU32::new(entry as u32).map(Self)
    }

    #[inline]
    pub(super) fn chunk(self) -> usize {
        (self.0.get() >> PLACE_BITS) as usize - 1
    }

    #[inline]
    pub(super) fn place(self) -> usize {
        (self.0.get() & ((1 << PLACE_BITS) - 1)) as usize
    }

    /// How many rows stand before this one.
    #[inline]
    pub(super) fn number(self) -> usize {
        rows_of(self.chunk()) - FIRST_ROWS + self.place()
    }
}

/// How many rows the chunk of this number has.
pub(super) fn rows_of(chunk: usize) -> usize {
    FIRST_ROWS << chunk
}

/// Rows by their tags' words.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The upper half of a key's hash, then its slot; 0 where there is none. As many as a power of 2.
    entries: Box<[u64]>,
    len: usize,
    keys: Vec<u64>,
    /// Where the key of a row ends, by the row's number.
    ends: Vec<u32>,
}

impl Table {
    #[inline]
    pub(super) fn find(&self, key: &[u64], hash: u64) -> Option<Slot> {
        let mask = self.entries.len().wrapping_sub(1);
        let mut place = lower(hash) & mask;
        loop {
            let entry = *self.entries.get(place)?;
            let slot = Slot::of(entry)?;
            if entry >> 32 == hash >> 32 && is_equal(self.key(slot), key) {
                return Some(slot);
            }
            place = (place + 1) & mask;
        }
    }

    /// Adds the key of a row: rows come in their order, and the key is not there yet.
    pub(super) fn insert(&mut self, key: &[u64], hash: u64, slot: Slot) {
        if (self.len + 1) * 8 > self.entries.len() * 7 {
            self.grow();
        }
        self.keys.extend_from_slice(key);
        // 2³² words of keys are more than 2²⁶ rows have.
        self.ends.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.put(hash, slot);
        self.len += 1;
    }

    /// Adds the row of no tags that are looked up: it has its number all the same.
    pub(super) fn skip(&mut self) {
        self.ends.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
    }

    /// All keys with their slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u64], Slot)> {
        self.entries.iter().filter_map(|entry| {
            let slot = Slot::of(*entry)?;
            Some((self.key(slot), slot))
        })
    }

    fn key(&self, slot: Slot) -> &[u64] {
        let number = slot.number();
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.keys[start..self.ends[number] as usize]
    }

    fn put(&mut self, hash: u64, slot: Slot) {
        let mask = self.entries.len() - 1;
        let mut place = lower(hash) & mask;
        while self.entries[place] != 0 {
            place = (place + 1) & mask;
        }
        self.entries[place] = hash >> 32 << 32 | u64::from(slot.0.get());
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.entries.len() * 2).max(8);
        let old = std::mem::replace(&mut self.entries, vec![0; size].into());
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            let Some(slot) = Slot::of(entry) else { continue };
            let hash = super::hash::hash(self.key(slot));
            self.put(hash, slot);
        }
    }
}

/// Without the call that comparing slices is: keys are a few words.
#[inline]
fn is_equal(a: &[u64], b: &[u64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

/// The half that is not kept in the entry.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn lower(hash: u64) -> usize {
    hash as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::super::hash::hash;
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_key() {
        let mut table = Table::default();
        let key = |row: usize| vec![row as u64; row % 5];
        let mut slots = Vec::new();
        let (mut chunk, mut place) = (0, 0);
        for row in 0..1_000 {
            // Several rows would have the empty key.
            let key = [&key(row)[..], &[row as u64]].concat();
            let slot = Slot::new(chunk, place).unwrap();
            assert_eq!(table.find(&key, hash(&key)), None);
            table.insert(&key, hash(&key), slot);
            slots.push((key, slot));
            place += 1;
            if place == rows_of(chunk) {
                (chunk, place) = (chunk + 1, 0);
            }
        }
        for (key, slot) in &slots {
            assert_eq!(table.find(key, hash(key)), Some(*slot));
        }
        assert_eq!(table.iter().count(), 1_000);
    }
}
