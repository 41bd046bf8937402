//! The rows of one group in one thread: found by their tags, shared with the readers.

use std::collections::HashSet;

use telemetry::TagSet;

use super::cells::EXECUTIONS;
use super::chunk::{Chunk, Layout, Row};
use super::filter::Filter;
use super::known::State;
use super::registry::Registry;
use super::sync::{Arc, AtomicU64, Mutex, Ordering, PoisonError};
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
    /// Rows of closed series that have an index.
    hidden: Vec<(usize, Slot)>,
    overflow: Option<Slot>,
    /// What tells which tags go there, as long as no series comes or goes.
    filter: Option<Arc<Filter>>,
    /// Up to which retirement of the group's series the rows are swept.
    swept: u64,
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
            hidden: Vec::new(),
            overflow: None,
            filter: None,
            swept: 0,
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
    pub(super) fn find(&self, tags: &TagSet) -> Option<Slot> {
        self.table.find(tags)
    }

    pub(super) fn overflow(&self) -> Option<Slot> {
        self.overflow
    }

    /// The overflow row, if it is known that these tags go there. The set was made with its values.
    pub(super) fn overflow_of(&self, tags: &TagSet) -> Option<Slot> {
        let filter = self.filter.as_ref()?;
        self.overflow.filter(|_| !filter.may_have(tags))
    }

    pub(super) fn keep_filter(&mut self, filter: Arc<Filter>) {
        self.filter = Some(filter);
    }

    /// The hidden row of a series that is open again, which is found from now on.
    pub(super) fn show(&mut self, series: u32, layout: Layout, place: Place<'_>) -> Option<Slot> {
        let Self { chunks, table, by_index, hidden, overflow, .. } = self;
        let is_meant = |slot: Slot| chunks[slot.chunk()].series(slot.place(), layout) == series;
        match place {
            Place::Key(key) => table.show(key, is_meant),
            Place::Index { index, .. } => {
                let is_it = |(hidden, slot): &(usize, Slot)| *hidden == index && is_meant(*slot);
                let (_, slot) = hidden.swap_remove(hidden.iter().position(is_it)?);
                by_index[index] = Some(slot);
                Some(slot)
            }
            Place::Overflow => *overflow,
        }
    }

    pub(super) fn series(&self, slot: Slot, layout: Layout) -> u32 {
        self.chunks[slot.chunk()].series(slot.place(), layout)
    }

    /// Up to which retirement of the group's series the rows are swept.
    pub(super) fn swept(&self) -> u64 {
        self.swept
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

    /// Hides the rows of series that are closed: their tags are looked up in the registry. Leaves those
    /// of series that are gone, and gives their memory back. Costs a copy of the rows that stay.
    pub(super) fn sweep(&mut self, layout: Layout, registry: &Registry) {
        self.filter = None;
        // Before the states are asked for: what changes meanwhile is swept the next time.
        let retirements = registry.retirements();
        if self.swept == retirements {
            return;
        }
        self.swept = retirements;
        let rows = self.rows(layout);
        let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
        let states = registry.states(&numbers);
        if states.contains(&State::Retired) {
            self.leave(layout, &states);
            let gone = rows.iter().zip(&states).filter(|(_, state)| **state == State::Retired);
            registry.release_rows(gone.map(|(row, _)| *row));
        }
        let closed = numbers.iter().zip(&states).filter(|(_, state)| **state == State::Closed);
        self.hide(layout, &closed.map(|(number, _)| *number).collect());
    }

    /// The numbers and executions of all rows.
    fn rows(&self, layout: Layout) -> Vec<(u32, u64)> {
        let rows = self.chunks.iter().flat_map(|chunk| chunk.rows(layout));
        rows.map(|(number, row)| (number, row.cells[EXECUTIONS].load(Ordering::Relaxed))).collect()
    }

    /// Hides the rows of these series, and no others.
    fn hide(&mut self, layout: Layout, closed: &HashSet<u32>) {
        for (index, slot) in self.hidden.drain(..) {
            self.by_index[index] = Some(slot);
        }
        let Self { chunks, table, by_index, hidden, .. } = self;
        let is_closed =
            |slot: Slot| closed.contains(&chunks[slot.chunk()].series(slot.place(), layout));
        table.hide(is_closed);
        for (index, place) in by_index.iter_mut().enumerate() {
            if let Some(slot) = place.take_if(|slot| is_closed(*slot)) {
                hidden.push((index, slot));
            }
        }
    }

    /// Leaves the rows that are retired, by their number.
    fn leave(&mut self, layout: Layout, states: &[State]) {
        // Readers see the old rows until the new ones are complete, with the same numbers in them.
        let old = std::mem::replace(self, Self::new(self.shared.clone()));
        self.swept = old.swept;
        old.copy_to(self, layout, states);
        self.shared.publish(&self.chunks);
    }

    fn copy_to(&self, new: &mut Self, layout: Layout, states: &[State]) {
        let count = self.by_index.len();
        let shown = self.by_index.iter().enumerate();
        let indexed = shown
            .filter_map(|(index, slot)| Some((index, (*slot)?)))
            .chain(self.hidden.iter().copied())
            .map(|(index, slot)| (Place::Index { index, count }, slot));
        let keyed = self.table.iter().map(|(key, slot)| (Place::Key(key), slot));
        let overflow = self.overflow.map(|slot| (Place::Overflow, slot));
        for (place, slot) in indexed.chain(keyed).chain(overflow) {
            if states.get(slot.number()).is_some_and(|state| *state == State::Retired) {
                continue;
            }
            let series = self.series(slot, layout);
            // There was room for more rows than these.
            if let Some(copy) = new.push(series, layout, place) {
                self.row(slot, layout).copy_to(new.row(copy, layout));
            }
        }
    }
}
