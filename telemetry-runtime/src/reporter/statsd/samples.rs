//! Samples that stand for what was measured.
//!
//! The store has counts by bucket, and StatsD wants samples. A sample with the rate 1/n stands for n
//! measurements, and receivers count 1 ÷ rate: so n is one of the numbers of which floats give that
//! back exactly, and a bucket's samples stand together for exactly as many measurements as it has.

/// So many samples of one value, each of which stands for so many measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Samples {
    pub(super) value: f64,
    pub(super) weight: u64,
    pub(super) times: u64,
}

/// The largest whole number up to which floats have all.
const LARGEST: u64 = 1 << f64::MANTISSA_DIGITS;

/// Samples of what was measured, from the lowest up, by weight.
///
/// Without a number that is wanted, one for each bucket, or a few where one cannot stand for all. With
/// it about as many of one weight, for receivers that do not weigh them: each is the mean of its
/// neighbours, wherever a bucket ends, and the lowest and the highest are samples of their own. Where
/// no more was measured, that is one for each measurement.
pub(super) fn samples(measured: &[(f64, u64)], wanted: Option<u64>) -> Vec<Samples> {
    let total = measured.iter().fold(0_u64, |total, (_, count)| total.saturating_add(*count));
    let mut samples = Vec::with_capacity(measured.len());
    match wanted.map(|wanted| exact_from(total.div_ceil(wanted.max(1)).clamp(1, LARGEST))) {
        None => {
            for (value, count) in measured {
                push(&mut samples, *value, *count);
            }
        }
        Some(1) => {
            let alone =
                |(value, times): &(f64, u64)| Samples { value: *value, weight: 1, times: *times };
            samples.extend(measured.iter().map(alone));
        }
        Some(weight) => {
            let mut rest = Rest { measured: measured.iter().copied(), open: (0.0, 0) };
            // no sum of counts is above the total
            for count in std::iter::once(1).chain(parts(total - 2, weight)).chain([1]) {
                push(&mut samples, rest.mean_of_next(count), count);
            }
        }
    }
    samples.sort_by_key(|samples| samples.weight);
    samples
}

/// As many samples of a value as it takes to stand for so many measurements.
fn push(samples: &mut Vec<Samples>, value: f64, count: u64) {
    let mut left = count;
    while left > 0 {
        let weight = exact_to(left);
        samples.push(Samples { value, weight, times: 1 });
        left -= weight;
    }
}

/// So many in parts of one size, and what is left over.
fn parts(total: u64, size: u64) -> impl Iterator<Item = u64> {
    let left = total % size;
    (0..total / size).map(move |_| size).chain((left > 0).then_some(left))
}

/// What is measured, from the lowest up.
struct Rest<M> {
    measured: M,
    /// The value that is being taken, and how often it is left.
    open: (f64, u64),
}

impl<M: Iterator<Item = (f64, u64)>> Rest<M> {
    #[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
    fn mean_of_next(&mut self, count: u64) -> f64 {
        let (mut sum, mut left) = (0.0, count);
        while left > 0 {
            if self.open.1 == 0 {
                let Some(next) = self.measured.next() else { break };
                self.open = next;
            }
            let taken = left.min(self.open.1);
            self.open.1 -= taken;
            left -= taken;
            sum += self.open.0 * (taken as f64 / count as f64);
        }
        sum
    }
}

/// The rate of a sample that stands for so many measurements.
#[expect(clippy::cast_precision_loss, reason = "weights are exact")]
pub(super) fn rate(weight: u64) -> f64 {
    1.0 / weight as f64
}

/// Whether a receiver that divides 1 by the rate has the weight, and nothing beside it.
#[expect(clippy::cast_precision_loss, reason = "weights are exact")]
fn is_exact(weight: u64) -> bool {
    weight <= LARGEST && (1.0 / rate(weight)).to_bits() == (weight as f64).to_bits()
}

/// The lowest exact weight from this one on; powers of two are.
fn exact_from(weight: u64) -> u64 {
    (weight..=LARGEST).find(|weight| is_exact(*weight)).unwrap_or(LARGEST)
}

/// The highest exact weight up to this one; 1 is.
fn exact_to(weight: u64) -> u64 {
    (1..=weight.min(LARGEST)).rev().find(|weight| is_exact(*weight)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_measurements_are_samples_of_their_own() {
        let two = Samples { value: 1.5, weight: 1, times: 2 };
        let one = Samples { value: 2.0, weight: 1, times: 1 };
        assert_eq!(samples(&[(1.5, 2), (2.0, 1)], Some(100)), [two, one]);
        assert_eq!(samples(&[], Some(100)), []);
        assert_eq!(samples(&[], None), []);
    }

    #[test]
    fn a_weight_that_floats_do_not_give_back_is_not_used() {
        assert!(!is_exact(49) && is_exact(48) && is_exact(50));
        let weights: Vec<u64> = samples(&[(1.0, 49)], None).iter().map(|s| s.weight).collect();
        assert_eq!(weights, [1, 48]);
    }

    #[test]
    fn the_lowest_and_the_highest_stay_and_those_between_are_means_of_neighbours() {
        let sample = |value, weight| Samples { value, weight, times: 1 };
        let all = samples(&[(1.0, 1), (2.0, 1), (3.0, 2), (4.0, 1), (9.0, 1)], Some(3));
        assert_eq!(all, [sample(1.0, 1), sample(9.0, 1), sample(2.5, 2), sample(3.5, 2)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn counts_are_exact_whatever_the_number_of_samples(
            counts in prop::collection::vec(
                prop_oneof![1..50_u64, 1..1_000_000_u64, 1..1_u64 << 50], 0..40,
            ),
            wanted in prop::option::of(1..200_u64),
        ) {
            let measured: Vec<(f64, u64)> = (0..).map(f64::from).zip(counts).collect();
            let samples = samples(&measured, wanted);
            let total: u64 = measured.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(samples.iter().map(|s| s.weight * s.times).sum::<u64>(), total);
            if wanted.is_none() {
                for (value, count) in &measured {
                    let of_value = samples.iter().filter(|s| s.value.to_bits() == value.to_bits());
                    prop_assert_eq!(of_value.map(|s| s.weight * s.times).sum::<u64>(), *count);
                }
            }
            for sample in &samples {
                // as a receiver reads it
                let rate: f64 = rate(sample.weight).to_string().parse().unwrap();
                #[expect(clippy::cast_precision_loss, reason = "weights are exact")]
                let weight = sample.weight as f64;
                prop_assert_eq!((1.0 / rate).to_bits(), weight.to_bits());
            }
            let times: u64 = samples.iter().map(|s| s.times).sum();
            prop_assert!(wanted.is_none_or(|wanted| times <= wanted + 8), "{times}");
            // the mean is kept
            #[expect(clippy::cast_precision_loss, reason = "within an error")]
            let sum = |pairs: &mut dyn Iterator<Item = (f64, u64)>| {
                pairs.map(|(value, count)| value * count as f64).sum::<f64>()
            };
            let (truth, told) = (
                sum(&mut measured.iter().copied()),
                sum(&mut samples.iter().map(|s| (s.value, s.weight * s.times))),
            );
            prop_assert!((truth - told).abs() <= truth * 1e-9, "{truth} {told}");
        }
    }
}
