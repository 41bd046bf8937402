//! What one series holds: exact totals of fixed size.

use telemetry::{Buckets, Conversion, MetricKind, Number};

use super::snapshot::{SeriesValue, Total};

/// Adds numbers up: integers exactly, floats after Neumaier (1974), whose error does not grow with
/// the count.
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
    fn add(&mut self, number: Number) {
        match number {
            Number::Unsigned(value) => self.integers = self.integers.saturating_add(value.into()),
            Number::Signed(value) => self.integers = self.integers.saturating_add(value.into()),
            other => self.floats.get_or_insert_default().add(other.as_f64()),
        }
    }

    fn total(&self, conversion: Conversion) -> Total {
        match self.floats {
            None => convert(Total::Integer(self.integers), conversion),
            Some(floats) => {
                let integers = Total::Integer(self.integers).as_f64();
                convert(Total::Float(floats.sum + floats.correction + integers), conversion)
            }
        }
    }
}

impl Compensated {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.correction += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }
}

fn convert(total: Total, conversion: Conversion) -> Total {
    if conversion.is_identity() { total } else { Total::Float(conversion.apply(total.as_f64())) }
}

fn exact(number: Number) -> Total {
    match number {
        Number::Unsigned(value) => Total::Integer(value.into()),
        Number::Signed(value) => Total::Integer(value.into()),
        other => Total::Float(other.as_f64()),
    }
}

/// The state of one series.
#[derive(Debug)]
pub(super) enum Cell {
    Counter(u64),
    Sum(Accumulator),
    LastValue(Option<Number>),
    Distribution { counts: Box<[u64]>, sum: Accumulator },
}

impl Cell {
    pub(super) fn new(kind: &MetricKind) -> Self {
        match kind {
            MetricKind::Sum => Self::Sum(Accumulator::default()),
            MetricKind::LastValue => Self::LastValue(None),
            MetricKind::Distribution(Buckets::Fixed(buckets)) => Self::Distribution {
                counts: vec![0; buckets.len() + 1].into(),
                sum: Accumulator::default(),
            },
            _ => Self::Counter(0),
        }
    }

    /// Adds one execution; a counter needs no number. `bounds` are the buckets' upper bounds in the
    /// measurement's unit.
    pub(super) fn record(&mut self, number: Option<Number>, bounds: &[f64]) {
        match (self, number) {
            (Self::Counter(count), _) => *count += 1,
            (Self::Sum(sum), Some(number)) => sum.add(number),
            (Self::LastValue(last), Some(number)) => *last = Some(number),
            (Self::Distribution { counts, sum }, Some(number)) => {
                let value = number.as_f64();
                counts[bounds.partition_point(|bound| *bound < value)] += 1;
                sum.add(number);
            }
            (_, None) => {}
        }
    }

    /// What a snapshot shows; `None` before the first value of a last value.
    pub(super) fn value(&self, conversion: Conversion) -> Option<SeriesValue> {
        Some(match self {
            Self::Counter(count) => SeriesValue::Counter(*count),
            Self::Sum(sum) => SeriesValue::Sum(sum.total(conversion)),
            Self::LastValue(last) => SeriesValue::LastValue(convert(exact((*last)?), conversion)),
            Self::Distribution { counts, sum } => {
                SeriesValue::Distribution { counts: counts.clone(), sum: sum.total(conversion) }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use telemetry::Unit;

    use super::*;

    fn cell(kind: &MetricKind, numbers: &[Number], bounds: &[f64]) -> SeriesValue {
        let mut cell = Cell::new(kind);
        for number in numbers {
            cell.record(Some(*number), bounds);
        }
        cell.value(Conversion::none(Unit::NONE)).unwrap()
    }

    #[test]
    fn integer_sums_are_exact_past_the_floats() {
        let numbers = [Number::Unsigned(u64::MAX), Number::Unsigned(1), Number::Signed(-3)];
        let sum = cell(&MetricKind::Sum, &numbers, &[]);
        assert_eq!(sum, SeriesValue::Sum(Total::Integer(i128::from(u64::MAX) - 2)));
    }

    #[test]
    fn float_sums_do_not_drift() {
        let mut numbers = vec![Number::Float(1e16)];
        numbers.extend([Number::Float(1.0); 1000]);
        numbers.push(Number::Float(-1e16));
        let sum = cell(&MetricKind::Sum, &numbers, &[]);
        assert_eq!(sum, SeriesValue::Sum(Total::Float(1000.0)));
    }

    #[test]
    fn buckets_are_inclusive() {
        let kind = MetricKind::Distribution(Buckets::Fixed(&[10.0, 50.0]));
        let numbers = [0, 10, 11, 50, 51].map(Number::Unsigned);
        let SeriesValue::Distribution { counts, sum } = cell(&kind, &numbers, &[10.0, 50.0]) else {
            panic!("a distribution");
        };
        assert_eq!(*counts, [2, 2, 1]);
        assert_eq!(sum, Total::Integer(122));
    }

    #[test]
    fn converted_totals_are_rounded_once() {
        let mut cell = Cell::new(&MetricKind::Sum);
        for _ in 0..3 {
            cell.record(Some(Number::Unsigned(500_000)), &[]);
        }
        let value = cell.value(Conversion::between(Unit::NATIVE, Unit::MILLISECOND));
        assert_eq!(value, Some(SeriesValue::Sum(Total::Float(1.5))));
    }
}
