//! What one metric keeps of a series: where its cells stand in a row, and how they are added to.

use telemetry::{Buckets, Conversion, MetricKind, Number, NumberClass};

use super::chunk::{Layout, Row, add};
use super::exemplars::is_sampled;
use super::exponential;
use super::sketch;
use super::sum::Sum;
use super::sync::{AtomicU64, Ordering, spin_loop};

/// The cells of one metric in the rows of its group.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) kind: CellKind,
    pub(super) conversion: Conversion,
}

#[derive(Debug)]
pub(super) enum CellKind {
    /// The row's own count of executions.
    Counter,
    /// How many numbers, and their sum.
    Sum { count: usize, sum: Sum },
    /// Which of all readings it is, the form of the number, and the number.
    LastValue { first: usize },
    /// One count a bucket, then which are sampled, and the sum. The bounds are in the measurement's
    /// unit.
    Fixed { first: usize, sampled: usize, bounds: Box<[f64]>, sum: Sum },
    /// Counts by exponential bucket, in the metric's unit, which are sampled, and the sum.
    Exponential { sparse: usize, sampled: usize, sum: Sum },
    /// Counts by bucket of the sketch, in the measurement's unit, and the range of the numbers.
    Summary { sparse: usize, range: usize, sum: Sum },
}

/// The forms of a last value; 0 is none.
pub(super) const UNSIGNED: u64 = 1;
pub(super) const SIGNED: u64 = 2;
pub(super) const FLOAT: u64 = 3;

/// Before the cells of the metrics: how many executions the row has had.
pub(super) const EXECUTIONS: usize = 0;

impl Layout {
    /// Rows that count executions.
    pub(super) fn of_executions() -> Self {
        Self { cells: 1, sparse: 0 }
    }

    fn take_cells(&mut self, count: usize) -> usize {
        let first = self.cells;
        self.cells += count;
        first
    }

    fn take_sparse(&mut self) -> usize {
        self.sparse += 1;
        self.sparse - 1
    }

    fn take_sum(&mut self, class: NumberClass) -> Sum {
        let sum = Sum::new(self.cells, class);
        self.cells += sum.len();
        sum
    }
}

impl Cells {
    /// Takes the cells that a metric needs at the end of a layout. `class` is that of its numbers.
    pub(super) fn take(
        layout: &mut Layout,
        kind: &MetricKind,
        class: NumberClass,
        conversion: Conversion,
    ) -> Self {
        let kind = match kind {
            MetricKind::Sum => {
                CellKind::Sum { count: layout.take_cells(1), sum: layout.take_sum(class) }
            }
            MetricKind::LastValue => CellKind::LastValue { first: layout.take_cells(3) },
            MetricKind::Distribution(Buckets::Fixed(bounds)) => CellKind::Fixed {
                first: layout.take_cells(bounds.len() + 1),
                sampled: layout.take_cells(1),
                bounds: bounds.iter().map(|bound| conversion.invert(*bound)).collect(),
                sum: layout.take_sum(class),
            },
            MetricKind::Distribution(_) => CellKind::Exponential {
                sparse: layout.take_sparse(),
                sampled: layout.take_cells(1),
                sum: layout.take_sum(class),
            },
            MetricKind::Summary { .. } => CellKind::Summary {
                sparse: layout.take_sparse(),
                range: layout.take_cells(2),
                sum: layout.take_sum(class),
            },
            _ => CellKind::Counter,
        };
        Self { kind, conversion }
    }

    /// Whether exemplars are kept of it.
    pub(super) fn is_distribution(&self) -> bool {
        matches!(self.kind, CellKind::Fixed { .. } | CellKind::Exponential { .. })
    }

    /// Whether it has buckets that are fixed.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.kind, CellKind::Fixed { .. })
    }

    /// How many buckets there are, that to +∞ among them; 0 where they are not fixed.
    pub(super) fn width(&self) -> usize {
        match &self.kind {
            CellKind::Fixed { bounds, .. } => bounds.len() + 1,
            _ => 0,
        }
    }

    /// Adds a finite number. `sequence` gives the next of all last values, `epoch` that of exemplars.
    /// Gives whether an exemplar is wanted of it.
    #[inline]
    pub(super) fn add(
        &self,
        row: Row<'_>,
        number: Number,
        sequence: impl FnOnce() -> u64,
        epoch: impl FnOnce() -> u64,
    ) -> bool {
        let Row { cells, sparse } = row;
        let (sum, sampling) = match &self.kind {
            CellKind::Counter => return false,
            CellKind::LastValue { first } => {
                set_last(&cells[*first..], number, sequence());
                return false;
            }
            CellKind::Sum { count, sum } => {
                add(&cells[*count], 1);
                (sum, None)
            }
            CellKind::Fixed { first, sampled, bounds, sum } => {
                let bucket = bucket(bounds, number.as_f64());
                add(&cells[first + bucket], 1);
                (sum, Some((place(bucket), &cells[*sampled])))
            }
            CellKind::Exponential { sparse: place, sampled, sum } => {
                let index = exponential::index_of(self.conversion.apply(number.as_f64()));
                sparse[*place].add(index, 1);
                (sum, Some((index, &cells[*sampled])))
            }
            CellKind::Summary { sparse: place, range, sum } => {
                let value = number.as_f64();
                extend(&cells[*range..], value);
                sparse[*place].add(sketch::index_of(value), 1);
                (sum, None)
            }
        };
        sum.add(cells, number);
        sampling.is_some_and(|(bucket, cell)| {
            !is_sampled(cell.load(Ordering::Relaxed), bucket, epoch())
        })
    }

    /// The bucket of a number, and the cell that says whether it is sampled; `None` of what is no
    /// distribution.
    pub(super) fn sampling<'c>(
        &self,
        row: Row<'c>,
        number: Number,
    ) -> Option<(i32, &'c AtomicU64)> {
        let value = number.as_f64();
        match &self.kind {
            CellKind::Fixed { sampled, bounds, .. } => {
                Some((place(bucket(bounds, value)), &row.cells[*sampled]))
            }
            CellKind::Exponential { sampled, .. } => {
                let index = exponential::index_of(self.conversion.apply(value));
                Some((index, &row.cells[*sampled]))
            }
            _ => None,
        }
    }
}

/// There are not 2³¹ bounds.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it is small")]
fn place(bucket: usize) -> i32 {
    bucket as i32
}

/// The first bucket whose inclusive upper bound is not below the value; past the last one, that to
/// +∞.
#[inline]
fn bucket(bounds: &[f64], value: f64) -> usize {
    // Without branches, which no predictor would get right, as long as the bounds are few.
    if bounds.len() <= 16 {
        bounds.iter().map(|bound| usize::from(*bound < value)).sum()
    } else {
        bounds.partition_point(|bound| *bound < value)
    }
}

/// Three words, the first of which is 0 while the others change.
fn set_last(words: &[AtomicU64], number: Number, sequence: u64) {
    let (form, bits) = match number {
        Number::Unsigned(value) => (UNSIGNED, value),
        Number::Signed(value) => (SIGNED, value.cast_unsigned()),
        other => (FLOAT, other.as_f64().to_bits()),
    };
    words[0].store(0, Ordering::Relaxed);
    // Release: who sees one of these sees at least the 0 before them.
    words[1].store(form, Ordering::Release);
    words[2].store(bits, Ordering::Release);
    // Release: who sees the new sequence sees the form and the number that belong to it.
    words[0].store(sequence, Ordering::Release);
}

/// The last value of a row with its sequence.
pub(super) fn last(words: &[AtomicU64]) -> Option<(u64, Number)> {
    loop {
        let sequence = words[0].load(Ordering::Acquire);
        let form = words[1].load(Ordering::Acquire);
        let bits = words[2].load(Ordering::Acquire);
        if sequence == 0 && form == 0 {
            return None;
        }
        if sequence != 0 && words[0].load(Ordering::Relaxed) == sequence {
            let number = match form {
                UNSIGNED => Number::Unsigned(bits),
                SIGNED => Number::Signed(bits.cast_signed()),
                _ => Number::Float(f64::from_bits(bits)),
            };
            return Some((sequence, number));
        }
        spin_loop();
    }
}

/// Two words, which are 0 while there is no value: the bits of the least and of the greatest one,
/// each against those of the infinity that every value is within.
#[inline]
fn extend(range: &[AtomicU64], value: f64) {
    let (least, greatest) = self::range(range);
    if value < least {
        range[0].store(value.to_bits() ^ f64::INFINITY.to_bits(), Ordering::Relaxed);
    }
    if value > greatest {
        range[1].store(value.to_bits() ^ f64::NEG_INFINITY.to_bits(), Ordering::Relaxed);
    }
}

/// The least and the greatest value; +∞ and -∞ while there is none.
pub(super) fn range(words: &[AtomicU64]) -> (f64, f64) {
    let float = |word: usize, mask: f64| {
        f64::from_bits(words[word].load(Ordering::Relaxed) ^ mask.to_bits())
    };
    (float(0, f64::INFINITY), float(1, f64::NEG_INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_inclusive_however_many_there_are() {
        let many: Vec<f64> = (0..40).map(f64::from).collect();
        for bounds in [&[10.0, 50.0][..], &many] {
            for value in [-1.0, 0.0, 9.5, 10.0, 10.5, 39.0, 50.0, 51.0] {
                let expected =
                    bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
                assert_eq!(bucket(bounds, value), expected, "{value} in {bounds:?}");
            }
        }
    }
}
