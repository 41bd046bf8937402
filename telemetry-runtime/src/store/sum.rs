//! Sums in a row: integers exactly in 128 bits, floats after Neumaier (1974), whose error does not
//! grow with the count.
//!
//! What a sum needs follows from the numbers that it is fed with: two words for unsigned integers,
//! two more for negative ones, two more for floats.

use telemetry::{Conversion, Number, NumberClass};

use super::snapshot::Total;
use super::sync::{AtomicU64, Ordering, spin_loop};

/// Where the words of a sum stand among the cells of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    first: usize,
    has_negatives: bool,
    has_floats: bool,
}

/// In the upper word while a carry is under way: a reader waits for the step to end.
const CARRYING: u64 = u64::MAX;

impl Sum {
    pub(super) fn new(first: usize, class: NumberClass) -> Self {
        Self {
            first,
            has_negatives: !matches!(class, NumberClass::Unsigned | NumberClass::Float),
            has_floats: matches!(class, NumberClass::Float | NumberClass::Any),
        }
    }

    /// How many cells it takes.
    pub(super) fn len(self) -> usize {
        2 + 2 * usize::from(self.has_negatives) + 2 * usize::from(self.has_floats)
    }

    #[inline]
    pub(super) fn add(self, cells: &[AtomicU64], number: Number) {
        match number {
            Number::Unsigned(value) => add_wide(&cells[self.first..], value),
            Number::Signed(value) if value >= 0 => {
                add_wide(&cells[self.first..], value.unsigned_abs());
            }
            Number::Signed(value) if self.has_negatives => {
                add_wide(&cells[self.first + 2..], value.unsigned_abs());
            }
            other if self.has_floats => {
                let floats = self.first + 2 + 2 * usize::from(self.has_negatives);
                add_float(&cells[floats..], other.as_f64());
            }
            // A number of another class than it was told of: there is none.
            _ => {}
        }
    }

    /// Adds what the cells hold to a total.
    pub(super) fn read(self, cells: &[AtomicU64], total: &mut Accumulator) {
        total.add_integer(read_wide(&cells[self.first..]));
        if self.has_negatives {
            total.add_integer(-read_wide(&cells[self.first + 2..]));
        }
        if self.has_floats {
            let floats = &cells[self.first + 2 + 2 * usize::from(self.has_negatives)..];
            let [sum, correction] = [0, 1].map(|word| float(&floats[word]));
            total.add_float(sum);
            total.add_float(correction);
        }
    }
}

/// Adds to a 128-bit number of two words, whose upper one changes once in 2⁶⁴.
#[inline]
fn add_wide(words: &[AtomicU64], value: u64) {
    let (sum, carries) = words[0].load(Ordering::Relaxed).overflowing_add(value);
    if carries {
        carry(words, sum);
    } else {
        // Release: who sees this after a carry sees at least the mark of the carry. On x86 it is the
        // same instruction as a relaxed store.
        words[0].store(sum, Ordering::Release);
    }
}

#[cold]
fn carry(words: &[AtomicU64], sum: u64) {
    let upper = words[1].load(Ordering::Relaxed);
    words[1].store(CARRYING, Ordering::Relaxed);
    // Release: who sees the new lower word sees at least the mark in the upper one.
    words[0].store(sum, Ordering::Release);
    // Release: who sees the new upper word sees the new lower one.
    words[1].store(upper + 1, Ordering::Release);
}

fn read_wide(words: &[AtomicU64]) -> i128 {
    loop {
        let before = words[1].load(Ordering::Acquire);
        let lower = words[0].load(Ordering::Acquire);
        if before != CARRYING && words[1].load(Ordering::Relaxed) == before {
            let wide = u128::from(before) << 64 | u128::from(lower);
            return i128::try_from(wide).unwrap_or(i128::MAX);
        }
        spin_loop();
    }
}

/// The sum and its correction may be read at different moments: then what is read is off by the
/// rounding of one addition.
fn add_float(words: &[AtomicU64], value: f64) {
    let mut floats = Compensated { sum: float(&words[0]), correction: float(&words[1]) };
    floats.add(value);
    words[0].store(floats.sum.to_bits(), Ordering::Relaxed);
    words[1].store(floats.correction.to_bits(), Ordering::Relaxed);
}

fn float(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

/// The total of several threads' sums.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Accumulator {
    integers: i128,
    floats: Option<Compensated>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    correction: f64,
}

impl Accumulator {
    fn add_integer(&mut self, value: i128) {
        self.integers = self.integers.saturating_add(value);
    }

    fn add_float(&mut self, value: f64) {
        self.floats.get_or_insert_default().add(value);
    }

    /// In the metric's unit, rounded once.
    pub(super) fn total(&self, conversion: Conversion) -> Total {
        let integers = Total::Integer(self.integers);
        let total = match self.floats {
            None => integers,
            Some(floats) => Total::Float(floats.sum + floats.correction + integers.as_f64()),
        };
        total.converted(conversion)
    }
}

impl Compensated {
    /// Past the greatest float the sum is infinite, and stays so.
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        // What an infinity is off by is no number.
        if sum.is_finite() {
            self.correction += if self.sum.abs() >= value.abs() {
                (self.sum - sum) + value
            } else {
                (value - sum) + self.sum
            };
        }
        self.sum = sum;
    }
}

#[cfg(test)]
mod tests {
    use telemetry::Unit;

    use super::*;

    fn total(class: NumberClass, numbers: &[Number]) -> Total {
        let sum = Sum::new(0, class);
        let cells: Vec<AtomicU64> = (0..sum.len()).map(|_| AtomicU64::new(0)).collect();
        for number in numbers {
            sum.add(&cells, *number);
        }
        let mut total = Accumulator::default();
        sum.read(&cells, &mut total);
        total.total(Conversion::none(Unit::NONE))
    }

    #[test]
    fn integer_sums_are_exact_past_64_bits() {
        let numbers = [Number::Unsigned(u64::MAX), Number::Unsigned(1), Number::Unsigned(u64::MAX)];
        let exact = 2 * i128::from(u64::MAX) + 1;
        assert_eq!(total(NumberClass::Unsigned, &numbers), Total::Integer(exact));
        let numbers = [Number::Signed(i64::MIN), Number::Signed(i64::MIN), Number::Signed(7)];
        let exact = 2 * i128::from(i64::MIN) + 7;
        assert_eq!(total(NumberClass::Signed, &numbers), Total::Integer(exact));
    }

    #[test]
    fn float_sums_do_not_drift() {
        let mut numbers = vec![Number::Float(1e16)];
        numbers.extend([Number::Float(1.0); 1000]);
        numbers.push(Number::Float(-1e16));
        assert_eq!(total(NumberClass::Float, &numbers), Total::Float(1000.0));
        numbers.extend([Number::Unsigned(5), Number::Signed(-2)]);
        assert_eq!(total(NumberClass::Any, &numbers), Total::Float(1003.0));
    }

    #[test]
    fn sums_past_the_greatest_float_are_infinite() {
        let floats = |numbers: &[f64]| {
            let numbers: Vec<Number> = numbers.iter().copied().map(Number::Float).collect();
            total(NumberClass::Float, &numbers)
        };
        assert_eq!(floats(&[0.2, 1e300, 5.0, f64::MAX]), Total::Float(f64::INFINITY));
        assert_eq!(floats(&[f64::MIN, 0.5, f64::MIN, 7.0]), Total::Float(f64::NEG_INFINITY));
        assert_eq!(floats(&[f64::MAX, 1.0, f64::MIN]), Total::Float(1.0));
    }

    #[test]
    fn converted_totals_are_rounded_once() {
        let mut total = Accumulator::default();
        total.add_integer(1_500_000);
        let to_milliseconds = Conversion::between(Unit::NATIVE, Unit::MILLISECOND);
        assert_eq!(total.total(to_milliseconds), Total::Float(1.5));
    }
}
