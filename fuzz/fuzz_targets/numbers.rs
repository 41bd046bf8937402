//! Sketches and exponential buckets hold what was measured within their error, whatever the numbers are.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use telemetry_runtime::fuzzing::store::{Measured, RELATIVE_ERROR, measured, sketched};

/// Below the normal floats the error is absolute: 2^-1028.
const TINY: f64 = f64::from_bits(1 << 46);
/// The least float above 0.
const LEAST: f64 = f64::from_bits(1);

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some(([split, buckets, q], input)) = input.split_first_chunk::<3>() else {
        return Corpus::Reject;
    };
    let (chunks, _) = input.as_chunks::<10>();
    let mut numbers: Vec<(f64, u64)> = chunks.iter().map(number).collect();
    numbers.retain(|(number, count)| number.is_finite() && *count > 0);
    for (number, _) in &numbers {
        let (index, stands_for) = sketched(*number);
        assert!(is_near(stands_for, *number), "{number:e} is told as {stands_for:e}");
        assert_eq!(sketched(-number).0, -index);
        assert_eq!(sketched(stands_for).0, index);
    }
    let split = usize::from(*split).min(numbers.len());
    let (before, after) = (numbers[..split].to_vec(), numbers[split..].to_vec());
    let q = f64::from(*q) / 255.0;
    let all = measured(&before, &after, &[0.0, q, 1.0], u32::from(*buckets));
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    quantiles(&all, &numbers, q);
    buckets_hold(&all.bounds, &numbers);
    buckets_hold(&all.coarse, &numbers);
    assert!(all.widest <= usize::from(*buckets).max(2));
    since(&all, &after);
    spans(&all, &numbers);
    Corpus::Keep
});

/// A float by its bits, and how often it was measured: up to 2^48 times.
fn number(bytes: &[u8; 10]) -> (f64, u64) {
    let [float @ .., count, shift] = *bytes;
    (f64::from_bits(u64::from_le_bytes(float)), u64::from(count) << (shift % 40))
}

fn is_near(told: f64, truth: f64) -> bool {
    let error = (told - truth).abs();
    error <= TINY || error <= truth.abs() * (RELATIVE_ERROR + f64::EPSILON)
}

fn total(numbers: &[(f64, u64)]) -> u64 {
    numbers.iter().map(|(_, count)| count).sum()
}

fn quantiles(all: &Measured, numbers: &[(f64, u64)], q: f64) {
    assert_eq!(total(&all.sketch), total(numbers));
    assert!(all.sketch.is_sorted_by(|a, b| a.0 < b.0));
    let Some(last) = total(numbers).checked_sub(1) else {
        assert!(all.quantiles.iter().all(Option::is_none));
        return;
    };
    for (q, told) in [0.0, q, 1.0].into_iter().zip(&all.quantiles) {
        let rank = ((q * last as f64) as u64).min(last);
        let mut passed = 0;
        let exact = numbers.iter().find(|(_, count)| {
            passed += count;
            passed > rank
        });
        let (told, exact) = (told.expect("there is one"), exact.expect("there is one").0);
        assert!(is_near(told, exact), "{q} is {told:e}, and not {exact:e}");
    }
}

/// Up to each bound there are as many as were measured.
fn buckets_hold(bounds: &[(f64, u64)], numbers: &[(f64, u64)]) {
    assert_eq!(total(bounds), total(numbers));
    assert!(bounds.is_sorted_by(|a, b| a.0 < b.0), "{bounds:?}");
    let mut below = 0;
    for (bound, count) in bounds {
        below += count;
        let expected: u64 = numbers
            .iter()
            // of negative numbers the buckets hold their lower bound, as mirrored ones do, and the last one,
            // above which there is only 0, both
            .filter(|(number, _)| {
                number < bound || (number == bound && (*bound >= 0.0 || *bound == -LEAST))
            })
            .map(|(_, count)| count)
            .sum();
        assert_eq!(below, expected, "up to {bound:e} of {numbers:?}");
    }
}

/// What came after a moment is all that is told of since then, each within its bucket.
fn since(all: &Measured, after: &[(f64, u64)]) {
    assert_eq!(total(&all.since), total(after));
    // the middle between 0 and the least float is 0
    assert!(all.since.is_sorted_by(|a, b| a.0 <= b.0), "{:?}", all.since);
    for (middle, _) in &all.since {
        // a bucket is a twelfth wide at the most
        let is_told =
            |(number, _): &(f64, u64)| (number - middle).abs() <= middle.abs() / 12.0 + 1e-320;
        assert!(after.iter().any(is_told), "{middle:e} is far from all of {after:?}");
    }
}

fn spans(all: &Measured, numbers: &[(f64, u64)]) {
    let (spans, deltas) = &all.spans;
    let positive: u64 =
        numbers.iter().filter(|(number, _)| *number > 0.0).map(|(_, count)| count).sum();
    let (mut count, mut sum) = (0_i64, 0);
    for delta in deltas {
        count += delta;
        sum += u64::try_from(count).expect("counts are not negative");
    }
    assert_eq!(sum, positive);
    assert_eq!(spans.iter().map(|(_, length)| *length as usize).sum::<usize>(), deltas.len());
    assert!(spans.iter().skip(1).all(|(offset, _)| *offset > 0), "{spans:?}");
}
