//! A thread's own index: which row has these tags. Open addressing with linear probing; keys stand in
//! one array, one after the other.

use std::num::NonZeroU32;

use telemetry::TagSet;

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
    /// As many as a power of 2.
    entries: Box<[Entry]>,
    len: usize,
    /// The words of all keys, one after the other.
    words: Vec<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// The upper half of the key's hash.
    hash: u32,
    /// Where the key begins, and how many words it has.
    start: u32,
    len: u32,
    slot: Option<Slot>,
}

impl Table {
    #[inline]
    pub(super) fn find(&self, tags: &TagSet) -> Option<Slot> {
        let (hash, key) = (tags.hash(), tags.words());
        let mask = self.entries.len().wrapping_sub(1);
        let mut place = lower(hash) & mask;
        loop {
            let entry = self.entries.get(place)?;
            if entry.hash == upper(hash) && self.has_key(entry, key) {
                return entry.slot;
            }
            entry.slot?;
            place = (place + 1) & mask;
        }
    }

    /// Adds the key of a row, which is not there yet.
    pub(super) fn insert(&mut self, key: &[u64], slot: Slot) {
        if (self.len + 1) * 8 > self.entries.len() * 7 {
            self.grow();
        }
        let hash = TagSet::hash_of(key);
        // 2³² words of keys are more than a thread's rows have.
        let number = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let (start, len) = (number(self.words.len()), number(key.len()));
        self.words.extend_from_slice(key);
        self.put(hash, Entry { hash: upper(hash), start, len, slot: Some(slot) });
        self.len += 1;
    }

    /// All keys with their slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u64], Slot)> {
        self.entries.iter().filter_map(|entry| Some((self.key(entry), entry.slot?)))
    }

    /// Hides these rows, and no others: they are not found, and keep their keys.
    pub(super) fn hide(&mut self, is_hidden: impl Fn(Slot) -> bool) {
        for place in 0..self.entries.len() {
            let entry = self.entries[place];
            if let Some(slot) = entry.slot {
                let hash = upper(TagSet::hash_of(self.key(&entry)));
                self.entries[place].hash = if is_hidden(slot) { !hash } else { hash };
            }
        }
    }

    /// Finds a hidden row, which is found from now on, if it is the one that is meant.
    pub(super) fn show(&mut self, key: &[u64], is_meant: impl Fn(Slot) -> bool) -> Option<Slot> {
        let hash = TagSet::hash_of(key);
        let mask = self.entries.len().wrapping_sub(1);
        let mut place = lower(hash) & mask;
        loop {
            let entry = self.entries.get(place)?;
            let slot = entry.slot?;
            if entry.hash == !upper(hash) && is_meant(slot) && self.has_key(entry, key) {
                self.entries[place].hash = upper(hash);
                return Some(slot);
            }
            place = (place + 1) & mask;
        }
    }

    /// Without the call that comparing slices is: keys are a few words.
    #[inline]
    fn has_key(&self, entry: &Entry, key: &[u64]) -> bool {
        let start = entry.start as usize;
        let known = self.words.get(start..start + entry.len as usize);
        known.is_some_and(|known| {
            known.len() == key.len() && known.iter().zip(key).all(|(a, b)| a == b)
        })
    }

    fn key(&self, entry: &Entry) -> &[u64] {
        let start = entry.start as usize;
        self.words.get(start..start + entry.len as usize).unwrap_or_default()
    }

    fn put(&mut self, hash: u64, entry: Entry) {
        let mask = self.entries.len() - 1;
        let mut place = lower(hash) & mask;
        while self.entries[place].slot.is_some() {
            place = (place + 1) & mask;
        }
        self.entries[place] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.entries.len() * 2).max(8);
        let old = std::mem::replace(&mut self.entries, vec![Entry::default(); size].into());
        for entry in old.into_iter().filter(|entry| entry.slot.is_some()) {
            let hash = TagSet::hash_of(self.key(&entry));
            self.put(hash, entry);
        }
    }
}

/// The half that is kept in the entry.
#[inline]
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The half that is not kept in the entry.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn lower(hash: u64) -> usize {
    hash as u32 as usize
}

#[cfg(test)]
mod tests {
    use telemetry::TagValue;

    use super::*;

    fn tags(words: &[u64]) -> TagSet {
        let mut tags = TagSet::new();
        for word in words {
            tags.push(TagValue::Unsigned(*word));
        }
        tags
    }

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
            assert_eq!(table.find(&tags(&key)), None);
            table.insert(tags(&key).words(), slot);
            slots.push((key, slot));
            place += 1;
            if place == rows_of(chunk) {
                (chunk, place) = (chunk + 1, 0);
            }
        }
        for (key, slot) in &slots {
            assert_eq!(table.find(&tags(key)), Some(*slot));
        }
        assert_eq!(table.iter().count(), 1_000);
    }

    #[test]
    fn hidden_rows_are_found_only_by_who_shows_them() {
        let mut table = Table::default();
        let slots: Vec<Slot> = (0..50).map(|place| Slot::new(9, place).unwrap()).collect();
        let key = |slot: Slot| [slot.place() as u64, 7];
        slots[..40].iter().for_each(|slot| table.insert(tags(&key(*slot)).words(), *slot));
        table.hide(|slot| slot.place() < 20);
        // The table grows with hidden rows in it.
        slots[40..].iter().for_each(|slot| table.insert(tags(&key(*slot)).words(), *slot));
        for slot in &slots {
            let found = (slot.place() >= 20).then_some(*slot);
            assert_eq!(table.find(&tags(&key(*slot))), found);
        }
        assert_eq!(table.show(tags(&key(slots[3])).words(), |_| false), None);
        assert_eq!(
            table.show(tags(&key(slots[3])).words(), |slot| slot == slots[3]),
            Some(slots[3])
        );
        assert_eq!(table.show(tags(&key(slots[3])).words(), |_| true), None);
        assert_eq!(table.find(&tags(&key(slots[3]))), Some(slots[3]));
        table.hide(|slot| slot == slots[45]);
        assert_eq!(table.find(&tags(&key(slots[45]))), None);
        assert_eq!(
            slots.iter().filter(|slot| table.find(&tags(&key(**slot))).is_some()).count(),
            49
        );
    }
}
