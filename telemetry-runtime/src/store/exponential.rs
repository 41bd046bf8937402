//! Exponential buckets: distributions without bounds of their own.
//!
//! Eight buckets an octave, each 2^(1/8) = 1.09 times as wide as the one below it, upper bound
//! inclusive: what Prometheus native histograms call schema 3 and OTLP exponential histograms scale
//! 3, so that both take the counts as they are. Bucket `i` here, as in OTLP, holds
//! 2^(i/8) < |x| ≤ 2^((i+1)/8); Prometheus names it by its upper bound, `i + 1`. Negative numbers
//! have the mirrored buckets, zero has one of its own with nothing else in it.
//!
//! Every finite float has its bucket, from -8593 for the smallest to 8191 for the largest. It is
//! found from the float's bits and the eight bounds within an octave, without a logarithm, and
//! therefore without its rounding: exact at the bounds, 1.5 ns, and 3 ns with counting it.

use super::counts::{Counts, Spans};

/// Buckets of an octave are 2^`SCALE`.
pub(crate) const SCALE: i32 = 3;

/// Buckets of an octave.
const BUCKETS: i32 = 1 << SCALE;
/// The buckets of the smallest and of the largest float.
const LOWEST: i32 = -1074 * BUCKETS - 1;
const HIGHEST: i32 = 1024 * BUCKETS - 1;
/// What puts the lowest bucket at index 1.
const ORIGIN: i32 = 1 - LOWEST;

const SIGN: u64 = 1 << (u64::BITS - 1);
const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const EXPONENT_BIAS: i32 = f64::MAX_EXP - 1;

/// The mantissas of 2^(0/8) to 2^(7/8), rounded down: a float is above the bound if its mantissa is
/// above this one.
const BOUNDS: [u64; BUCKETS as usize] = [
    0x0_0000_0000_0000,
    0x1_72b8_3c7d_517a,
    0x3_06fe_0a31_b715,
    0x4_bfda_d536_2a27,
    0x6_a09e_667f_3bcc,
    0x8_ace5_422a_a0db,
    0xa_e89f_995a_d3ad,
    0xd_5818_dcfb_a487,
];

/// A sixteenth of an octave: at most one of the bounds lies in it.
#[derive(Clone, Copy)]
struct Part {
    /// The bound, or one that no mantissa is above.
    bound: u64,
    /// The bucket of what is not above the bound.
    below: i32,
}

const PART_BITS: u32 = 4;
const PARTS: [Part; 1 << PART_BITS] = {
    let mut parts = [Part { bound: u64::MAX, below: -1 }; 1 << PART_BITS];
    let (mut part, mut passed, mut below) = (0, 0, -1);
    while part < parts.len() {
        parts[part].below = below;
        if passed < BOUNDS.len() && BOUNDS[passed] >> (MANTISSA_BITS - PART_BITS) == part as u64 {
            parts[part].bound = BOUNDS[passed];
            passed += 1;
            below += 1;
        }
        part += 1;
    }
    parts
};

/// Where a finite float is counted, ordered as the floats are: zero at 0, the buckets of positive
/// numbers above, their mirror images below. [`Exponential::from`] knows the way back.
#[inline]
pub(super) fn index_of(value: f64) -> i32 {
    let bits = value.to_bits();
    let magnitude = bits & !SIGN;
    let index = if magnitude >= f64::MIN_POSITIVE.to_bits() {
        bucket_of(magnitude) + ORIGIN
    } else {
        index_of_tiny(f64::from_bits(magnitude))
    };
    // all ones or none: a branch would be mispredicted where the sign changes
    let sign = (bits.cast_signed() >> (u64::BITS - 1)) as i32;
    (index ^ sign) - sign
}

#[cold]
fn index_of_tiny(magnitude: f64) -> i32 {
    /// Makes a normal float of every subnormal one, exactly.
    const OCTAVES: i32 = 52;
    const FACTOR: f64 = 1.0 / f64::EPSILON;
    if magnitude == 0.0 {
        return 0;
    }
    bucket_of((magnitude * FACTOR).to_bits()) - OCTAVES * BUCKETS + ORIGIN
}

/// The bucket of a positive normal float.
#[inline]
fn bucket_of(bits: u64) -> i32 {
    let mantissa = bits & MANTISSA;
    let part = PARTS[(mantissa >> (MANTISSA_BITS - PART_BITS)) as usize];
    let exponent = (bits >> MANTISSA_BITS) as i32 - EXPONENT_BIAS;
    exponent * BUCKETS + part.below + i32::from(mantissa > part.bound)
}

/// The largest float in the bucket, or below it where floats are so scarce that it has none: a
/// float is in this bucket or a lower one exactly if it is not above this.
pub(crate) fn upper_bound(bucket: i32) -> f64 {
    if bucket >= HIGHEST {
        return f64::MAX;
    }
    let position = bucket.max(LOWEST - 1) + 1;
    let exponent = position.div_euclid(BUCKETS);
    let mantissa = BOUNDS[position.rem_euclid(BUCKETS) as usize];
    let bits = match exponent + EXPONENT_BIAS {
        exponent @ 1.. => (u64::from(exponent.cast_unsigned()) << MANTISSA_BITS) | mantissa,
        // subnormal: the leading bit is written, and what does not fit is below the float's grid
        exponent => {
            let lost = exponent.abs_diff(1);
            (mantissa | (1 << MANTISSA_BITS)).checked_shr(lost).unwrap_or(0)
        }
    };
    f64::from_bits(bits)
}

/// The measurements of a series by exponential bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exponential {
    /// Buckets of an octave are 2^`scale`.
    pub(crate) scale: i32,
    /// How many were zero.
    pub(crate) zero: u64,
    /// The positive ones by bucket.
    pub(crate) positive: Counts,
    /// The negative ones by the bucket of their magnitude.
    pub(crate) negative: Counts,
}

impl From<&Counts> for Exponential {
    /// From counts by [`index_of`].
    fn from(counts: &Counts) -> Self {
        let (mut zero, mut positive) = (0, Counts::new());
        for (index, count) in counts.iter() {
            match index {
                0 => zero = count,
                1.. => positive.push(index - ORIGIN, count),
                _ => {}
            }
        }
        let mirrored = counts.iter().take_while(|(index, _)| *index < 0);
        let negative = mirrored.map(|(index, count)| (-index - ORIGIN, count)).collect();
        Self { scale: SCALE, zero, positive, negative }
    }
}

impl Exponential {
    /// How many measurements.
    pub(crate) fn count(&self) -> u64 {
        self.zero.saturating_add(self.positive.total()).saturating_add(self.negative.total())
    }

    /// The upper bounds of the occupied buckets, rising, with how many are in each.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let bound = |bucket| self.upper_bound(bucket);
        // The magnitudes of a bucket are above the bound of the one before, which is 0 where they are the
        // smallest that there are.
        let ends_at_zero = move |(bucket, _): &(i32, u64)| bound(bucket - 1) == 0.0;
        let tiny = self.negative.iter().next().filter(ends_at_zero).map_or(0, |(_, count)| count);
        let negative = self.negative.iter().rev().filter(move |bucket| !ends_at_zero(bucket));
        let negative = negative.map(move |(bucket, count)| (-bound(bucket - 1), count));
        let zero = self.zero.saturating_add(tiny);
        let zero = (zero > 0).then_some((0.0, zero));
        let positive = self.positive.iter().map(move |(bucket, count)| (bound(bucket), count));
        negative.chain(zero).chain(positive)
    }

    /// The middles of the buckets in which something was measured since `before`, an older one of the
    /// same series and scale, or since the start, with how often it was, from the lowest up.
    pub(crate) fn measured_since(&self, before: Option<&Self>) -> Vec<(f64, u64)> {
        let since = |now: &Counts, before: Option<&Counts>| match before {
            Some(before) => now.difference(before),
            None => now.clone(),
        };
        let middle = |bucket| f64::midpoint(self.upper_bound(bucket - 1), self.upper_bound(bucket));
        let negative = since(&self.negative, before.map(|before| &before.negative));
        let positive = since(&self.positive, before.map(|before| &before.positive));
        let zero = self.zero.saturating_sub(before.map_or(0, |before| before.zero));
        let negative = negative.iter().rev().map(|(bucket, count)| (-middle(bucket), count));
        let zero = (zero > 0).then_some((0.0, zero));
        let positive = positive.iter().map(|(bucket, count)| (middle(bucket), count));
        negative.chain(zero).chain(positive).collect()
    }

    /// The same with buckets that are the square of the factor as wide, `levels` times over: two
    /// neighbours become one, nothing moves beyond its bounds.
    pub(crate) fn coarsened(&self, levels: u32) -> Self {
        Self {
            scale: self.scale.saturating_sub_unsigned(levels),
            zero: self.zero,
            positive: self.positive.coarsened(levels),
            negative: self.negative.coarsened(levels),
        }
    }

    /// The finest that has at most so many buckets from the lowest to the highest, on either side
    /// of zero. Two are always left: those below 1 and those above never become one.
    pub(crate) fn within(&self, buckets: u32) -> Self {
        let is_within = |counts: &Counts, levels: u32| {
            counts.range().is_none_or(|(first, last)| {
                (last >> levels).abs_diff(first >> levels) < buckets.max(2)
            })
        };
        let levels = (0..i32::BITS - 1).find(|levels| {
            is_within(&self.positive, *levels) && is_within(&self.negative, *levels)
        });
        self.coarsened(levels.unwrap_or(i32::BITS - 1))
    }

    /// The largest float in a bucket of this scale: see [`upper_bound`].
    pub(crate) fn upper_bound(&self, bucket: i32) -> f64 {
        let levels = SCALE.abs_diff(self.scale).min(i32::BITS - 1);
        let finest = ((i64::from(bucket) + 1) << levels) - 1;
        let outside = if finest < 0 { i32::MIN } else { i32::MAX };
        upper_bound(i32::try_from(finest).unwrap_or(outside))
    }

    /// The positive ones as runs of buckets that are named by their upper bounds.
    pub(crate) fn positive_spans(&self) -> Spans {
        named_by_upper_bound(self.positive.spans())
    }

    /// The negative ones as runs of buckets that are named by the upper bounds of their magnitude.
    pub(crate) fn negative_spans(&self) -> Spans {
        named_by_upper_bound(self.negative.spans())
    }
}

fn named_by_upper_bound(mut spans: Spans) -> Spans {
    if let Some(first) = spans.spans.first_mut() {
        first.offset += 1;
    }
    spans
}

#[cfg(test)]
mod tests {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    use proptest::prelude::*;

    use super::*;
    use crate::store::counts::Span;

    /// All finite floats, by their bits.
    fn finite() -> impl Strategy<Value = f64> {
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
    }

    fn distribution(values: &[f64]) -> Exponential {
        Exponential::from(&values.iter().map(|value| (index_of(*value), 1)).collect::<Counts>())
    }

    fn bucket(value: f64) -> i32 {
        index_of(value) - ORIGIN
    }

    /// The digits of a product, the lowest first, in base 2^32.
    fn multiply(a: &[u32], b: u64) -> Vec<u32> {
        let mut product = vec![0_u32; a.len() + 2];
        for (shift, factor) in [(0, b & 0xffff_ffff), (1, b >> 32)] {
            let mut carry = 0_u64;
            for (place, digit) in product[shift..].iter_mut().enumerate() {
                let a = u64::from(a.get(place).copied().unwrap_or(0));
                let sum = u64::from(*digit) + a * factor + carry;
                *digit = (sum & 0xffff_ffff) as u32;
                carry = sum >> 32;
            }
        }
        product
    }

    /// ⌊log2(x^8)⌋ of an integer, exactly.
    fn log2_of_8th_power(x: u64) -> u32 {
        let power = (0..8).fold(vec![1_u32], |power, _| multiply(&power, x));
        let (top, digit) = (0..).zip(power).filter(|(_, digit)| *digit > 0).last().unwrap();
        top * 32 + digit.ilog2()
    }

    #[test]
    fn bounds_are_the_exact_roots_rounded_down() {
        for (eighths, bound) in (0..).zip(BOUNDS) {
            let bound = bound | (1 << MANTISSA_BITS);
            let exact = MANTISSA_BITS * 8 + eighths;
            // a root that is no float itself: the bound is below it, the next float is above it
            assert_eq!(log2_of_8th_power(bound - 1), exact - 1, "{eighths}");
            assert_eq!(log2_of_8th_power(bound), if eighths == 0 { exact } else { exact - 1 });
            assert_eq!(log2_of_8th_power(bound + 1), exact, "{eighths}");
        }
    }

    #[test]
    fn powers_of_two_are_in_the_bucket_that_they_end() {
        for exponent in -1074..=1023 {
            let power = if exponent < -1022 {
                f64::from_bits(1 << (exponent + 1074))
            } else {
                2_f64.powi(exponent)
            };
            assert_eq!(bucket(power), exponent * 8 - 1);
            assert_eq!(upper_bound(exponent * 8 - 1).to_bits(), power.to_bits());
        }
    }

    #[test]
    fn zero_and_the_extremes_have_their_buckets() {
        assert_eq!((index_of(0.0), index_of(-0.0)), (0, 0));
        assert_eq!((index_of(5e-324), index_of(-5e-324)), (1, -1));
        assert_eq!((bucket(5e-324), bucket(f64::MAX)), (LOWEST, HIGHEST));
        assert_eq!(index_of(f64::MIN), -index_of(f64::MAX));
        assert_eq!(upper_bound(HIGHEST).to_bits(), f64::MAX.to_bits());
        assert_eq!(upper_bound(i32::MAX).to_bits(), f64::MAX.to_bits());
        assert_eq!(upper_bound(LOWEST).to_bits(), 1);
        assert_eq!((upper_bound(LOWEST - 1).to_bits(), upper_bound(i32::MIN).to_bits()), (0, 0));
    }

    #[test]
    fn bounds_are_in_their_bucket_and_the_next_float_is_not() {
        for index in LOWEST..HIGHEST {
            let bound = upper_bound(index);
            assert!(bucket(bound) <= index, "{index}");
            assert!(bucket(bound.next_up()) > index, "{index}");
            if bound >= f64::MIN_POSITIVE {
                assert_eq!((bucket(bound), bucket(bound.next_up())), (index, index + 1));
            }
        }
    }

    #[test]
    fn sides_are_told_apart() {
        let read = distribution(&[0.0, -0.0, 1.0, 1.5, -2.0, -3.0, -3.0]);
        assert_eq!((read.zero, read.count(), read.scale), (2, 7, 3));
        assert_eq!(read.positive, [(-1, 1), (4, 1)].into_iter().collect());
        assert_eq!(read.negative, [(7, 1), (12, 2)].into_iter().collect());
    }

    #[test]
    fn spans_are_named_by_the_upper_bound() {
        // 1 = 2^(0/8) and 2 = 2^(8/8)
        let read = distribution(&[1.0, 2.0, -2.0]);
        let spans = [Span { offset: 0, length: 1 }, Span { offset: 7, length: 1 }];
        assert_eq!(read.positive_spans().spans, spans);
        assert_eq!(read.positive_spans().deltas, [1, 0]);
        assert_eq!(read.negative_spans().spans, [Span { offset: 8, length: 1 }]);
        assert_eq!(distribution(&[0.0]).positive_spans(), Spans::default());
    }

    #[test]
    fn no_two_bounds_are_zero() {
        let read = distribution(&[-1.0, -5e-324, 0.0, 0.0, 5e-324]);
        let bounds: Vec<(f64, u64)> = read.bounds().collect();
        assert_eq!(bounds[1..], [(0.0, 3), (5e-324, 1)]);
        assert!(bounds[0].0 < 0.0 && bounds[1].0.is_sign_positive());
    }

    #[test]
    fn any_range_fits_into_two_buckets() {
        let read = distribution(&[5e-324, f64::MAX, f64::MIN]).within(0);
        assert_eq!(read.positive, [(-1, 1), (0, 1)].into_iter().collect());
        assert_eq!(read.negative, [(0, 1)].into_iter().collect());
        assert_eq!((read.scale, read.upper_bound(-1), read.upper_bound(0)), (-11, 1.0, f64::MAX));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000, failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn floats_are_between_the_bounds_of_their_bucket(value in finite()) {
            let magnitude = value.abs();
            prop_assume!(magnitude > 0.0);
            let bucket = bucket(magnitude);
            prop_assert!(upper_bound(bucket - 1) < magnitude && magnitude <= upper_bound(bucket));
            prop_assert_eq!(index_of(-value), -index_of(value));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn coarser_buckets_hold_the_same_floats(
            values in prop::collection::vec(finite(), 0..50),
            levels in 0..20_u32,
        ) {
            let read = distribution(&values).coarsened(levels);
            prop_assert_eq!(read.count(), values.len() as u64);
            for (counts, sign) in [(&read.positive, 1.0), (&read.negative, -1.0)] {
                for (bucket, count) in counts.iter() {
                    let held = |value: &&f64| {
                        let magnitude = sign * **value;
                        magnitude > 0.0
                            && magnitude > read.upper_bound(bucket - 1)
                            && magnitude <= read.upper_bound(bucket)
                    };
                    prop_assert_eq!(count, values.iter().filter(held).count() as u64);
                }
            }
        }

        #[test]
        fn few_buckets_are_as_fine_as_they_can_be(
            values in prop::collection::vec(finite(), 0..50),
            buckets in 2..200_u32,
        ) {
            let read = distribution(&values);
            let within = read.within(buckets);
            let widest = |read: &Exponential| {
                read.positive.dense().counts.len().max(read.negative.dense().counts.len())
            };
            prop_assert!(widest(&within) <= buckets as usize);
            let levels = (SCALE - within.scale).unsigned_abs();
            prop_assert_eq!(&within, &read.coarsened(levels));
            if levels > 0 {
                prop_assert!(widest(&read.coarsened(levels - 1)) > buckets as usize);
            }
        }
    }
}
