//! Rows of cells that one thread writes and everybody reads.
//!
//! A chunk never moves and never shrinks: a row that was added stays where it is, so that a reader
//! needs no lock. The owner adds to a cell with a plain load and a plain store, since nobody else
//! writes it; a reader may see the cells of one row at different moments.
//!
//! A chunk is two allocations: words, of which each row has the series' number and its cells, and
//! sparse counters, which most groups have none of.

use super::counts::Counts;
use super::sparse::SparseCounts;
use super::sync::{Arc, AtomicU64, Ordering};

/// How large a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Layout {
    /// Cells of a row.
    pub(super) cells: usize,
    /// Sparse counters of a row.
    pub(super) sparse: usize,
}

/// Some rows of one layout.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    /// How many rows are in use, then the rows.
    words: Arc<[AtomicU64]>,
    sparse: Arc<[SparseCounts]>,
}

/// The cells of one series in one thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'c> {
    pub(super) cells: &'c [AtomicU64],
    pub(super) sparse: &'c [SparseCounts],
}

/// Before the cells of a row: the number of its series.
const SERIES: usize = 1;
/// Before the rows of a chunk: how many are in use.
const HEADER: usize = 1;

impl Chunk {
    pub(super) fn new(rows: usize, layout: Layout) -> Self {
        let words = HEADER + rows * (SERIES + layout.cells);
        Self {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
            sparse: (0..rows * layout.sparse).map(|_| SparseCounts::new()).collect(),
        }
    }

    /// Takes the next row for a series; `None` when all are in use. For the owner.
    pub(super) fn push(&self, series: u32, layout: Layout) -> Option<usize> {
        let used = self.words[0].load(Ordering::Relaxed);
        let row = usize::try_from(used).ok()?;
        let word = self.words.get(HEADER + row * (SERIES + layout.cells))?;
        word.store(series.into(), Ordering::Relaxed);
        // Release: a reader that sees the row sees whose it is.
        self.words[0].store(used + 1, Ordering::Release);
        Some(row)
    }

    /// One cell of a row.
    #[inline]
    pub(super) fn cell(&self, row: usize, layout: Layout, cell: usize) -> &AtomicU64 {
        &self.words[HEADER + row * (SERIES + layout.cells) + SERIES + cell]
    }

    #[inline]
    pub(super) fn row(&self, row: usize, layout: Layout) -> Row<'_> {
        let cells = HEADER + row * (SERIES + layout.cells) + SERIES;
        let sparse = match layout.sparse {
            0 => &[],
            width => &self.sparse[row * width..(row + 1) * width],
        };
        Row { cells: &self.words[cells..cells + layout.cells], sparse }
    }

    /// The rows in use with the numbers of their series.
    pub(super) fn rows(&self, layout: Layout) -> impl Iterator<Item = (u32, Row<'_>)> {
        let used = usize::try_from(self.words[0].load(Ordering::Acquire)).unwrap_or(usize::MAX);
        (0..used).map(move |row| (self.series(row, layout), self.row(row, layout)))
    }

    pub(super) fn series(&self, row: usize, layout: Layout) -> u32 {
        let word = self.words[HEADER + row * (SERIES + layout.cells)].load(Ordering::Relaxed);
        // It was stored from a `u32`.
        u32::try_from(word).unwrap_or(u32::MAX)
    }
}

impl Row<'_> {
    /// Writes the same numbers into an empty row. For the owner of both.
    pub(super) fn copy_to(self, other: Row<'_>) {
        for (cell, copy) in self.cells.iter().zip(other.cells) {
            copy.store(cell.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        for (sparse, copy) in self.sparse.iter().zip(other.sparse) {
            let mut counts = Counts::new();
            sparse.read_into(&mut counts);
            counts.iter().for_each(|(index, count)| copy.add(index, count));
        }
    }
}

/// Adds to a cell of this thread. Wraps.
#[inline]
pub(super) fn add(cell: &AtomicU64, value: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed);
}
