//! The rows of one group in one thread: found by their tags, shared with the readers.

use super::chunk::{Chunk, Layout, Row};
use super::registry::Registry;
use super::sync::{Arc, AtomicU64, Mutex, PoisonError};
use super::table::{Slot, Table, rows_of};

/// What readers see of one group in one thread.
#[derive(Debug, Default)]
pub(super) struct SharedRows {
    /// Locked by the owner when it adds a chunk, and by readers while they copy the list.
    chunks: Mutex<Vec<Chunk>>,
    /// By member and reason, what was left out.
    pub(super) skipped: Box<[AtomicU64]>,
}

/// What the owner keeps of them.
#[derive(Debug)]
pub(super) struct Rows {
    shared: Arc<SharedRows>,
    chunks: Vec<Chunk>,
    table: Table,
    /// Rows by the index of their tags; empty where tags are looked up.
    by_index: Box<[Option<Slot>]>,
    overflow: Option<Slot>,
}

/// How a row is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'k> {
    /// By an index that is below a count.
    Index { index: usize, count: usize },
    /// By the words of the tags.
    Key(&'k [u64]),
    /// It is the one of all tags that have none of their own.
    Overflow,
}

impl SharedRows {
    /// Rows that count so many kinds of skips.
    pub(super) fn new(skips: usize) -> Self {
        Self {
            chunks: Mutex::new(Vec::new()),
            skipped: (0..skips).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// The chunks of this moment.
    pub(super) fn chunks(&self) -> Vec<Chunk> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn publish(&self, chunks: &[Chunk]) {
        *self.chunks.lock().unwrap_or_else(PoisonError::into_inner) = chunks.to_vec();
    }
}

impl Rows {
    pub(super) fn new(shared: Arc<SharedRows>) -> Self {
        Self {
            shared,
            chunks: Vec::new(),
            table: Table::default(),
            by_index: Box::default(),
            overflow: None,
        }
    }

    pub(super) fn shared(&self) -> &SharedRows {
        &self.shared
    }

    /// The row at an index of the tags.
    #[inline]
    pub(super) fn at(&self, index: usize) -> Option<Slot> {
        self.by_index.get(index).copied().flatten()
    }

    /// The row of these tags.
    #[inline]
    pub(super) fn find(&self, key: &[u64]) -> Option<Slot> {
        self.table.find(key)
    }

    pub(super) fn overflow(&self) -> Option<Slot> {
        self.overflow
    }

    #[inline]
    pub(super) fn cell(&self, slot: Slot, layout: Layout, cell: usize) -> &AtomicU64 {
        self.chunks[slot.chunk()].cell(slot.place(), layout, cell)
    }

    #[inline]
    pub(super) fn row(&self, slot: Slot, layout: Layout) -> Row<'_> {
        self.chunks[slot.chunk()].row(slot.place(), layout)
    }

    /// Adds a row for a series. `None` past the 2²⁶ rows of one thread and group.
    pub(super) fn add_row(
        &mut self,
        series: u32,
        layout: Layout,
        place: Place<'_>,
    ) -> Option<Slot> {
        let before = self.chunks.len();
        let slot = self.push(series, layout, place)?;
        if self.chunks.len() > before {
            self.shared.publish(&self.chunks);
        }
        Some(slot)
    }

    fn push(&mut self, series: u32, layout: Layout, place: Place<'_>) -> Option<Slot> {
        let last = self.chunks.last().and_then(|last| last.push(series, layout));
        let slot = if let Some(place) = last {
            Slot::new(self.chunks.len() - 1, place)?
        } else {
            let chunk = Chunk::new(rows_of(self.chunks.len()), layout);
            let slot = Slot::new(self.chunks.len(), chunk.push(series, layout)?)?;
            self.chunks.push(chunk);
            slot
        };
        match place {
            Place::Key(key) => self.table.insert(key, slot),
            Place::Index { index, count } => {
                if self.by_index.len() < count {
                    let mut grown = std::mem::take(&mut self.by_index).into_vec();
                    grown.resize(count, None);
                    self.by_index = grown.into();
                }
                self.by_index[index] = Some(slot);
            }
            Place::Overflow => self.overflow = Some(slot),
        }
        Some(slot)
    }

    /// Leaves the rows of series that are gone: their tags are looked up anew, and their memory is
    /// given back. Costs a copy of the rows that stay.
    pub(super) fn sweep(&mut self, layout: Layout, registry: &Registry) {
        let numbers: Vec<u32> = self
            .chunks
            .iter()
            .flat_map(|chunk| chunk.rows(layout))
            .map(|(number, _)| number)
            .collect();
        let retired = registry.retired(&numbers);
        if !retired.contains(&true) {
            return;
        }
        // Readers see the old rows until the new ones are complete, with the same numbers in them.
        let old = std::mem::replace(self, Self::new(self.shared.clone()));
        old.copy_to(self, layout, &retired);
        self.shared.publish(&self.chunks);
        let gone = numbers.into_iter().zip(retired).filter(|(_, is_retired)| *is_retired);
        registry.release_rows(gone.map(|(number, _)| number));
    }

    /// Copies all rows but those that are retired, by their number.
    fn copy_to(&self, new: &mut Self, layout: Layout, retired: &[bool]) {
        let count = self.by_index.len();
        let indexed = self
            .by_index
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| slot.map(|slot| (Place::Index { index, count }, slot)));
        let keyed = self.table.iter().map(|(key, slot)| (Place::Key(key), slot));
        let overflow = self.overflow.map(|slot| (Place::Overflow, slot));
        for (place, slot) in indexed.chain(keyed).chain(overflow) {
            if retired.get(slot.number()).is_some_and(|is_retired| *is_retired) {
                continue;
            }
            let series = self.chunks[slot.chunk()].series(slot.place(), layout);
            // There was room for more rows than these.
            if let Some(copy) = new.push(series, layout, place) {
                self.row(slot, layout).copy_to(new.row(copy, layout));
            }
        }
    }
}
