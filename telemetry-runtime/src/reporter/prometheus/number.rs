//! Numbers as the text formats spell them.

use crate::store::snapshot::Total;

/// Whole numbers without a fraction, `+Inf`, `-Inf` and `NaN`.
#[inline]
pub(super) fn push_total(text: &mut Vec<u8>, value: Total) {
    match value {
        Total::Integer(value) => match u64::try_from(value) {
            Ok(value) => push_count(text, value),
            Err(_) => text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        },
        Total::Float(value) => push_float(text, value),
    }
}

#[inline]
pub(super) fn push_count(text: &mut Vec<u8>, value: u64) {
    text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

pub(super) fn push_float(text: &mut Vec<u8>, value: f64) {
    push_spelled(text, value, |number| number.strip_suffix(".0").unwrap_or(number));
}

/// With a fraction always: the bounds of OpenMetrics, by which series are known.
pub(super) fn push_bound(text: &mut Vec<u8>, value: f64) {
    push_spelled(text, value, |number| number);
}

fn push_spelled(text: &mut Vec<u8>, value: f64, spelling: impl FnOnce(&str) -> &str) {
    if value.is_finite() {
        let mut buffer = zmij::Buffer::new();
        text.extend_from_slice(spelling(buffer.format_finite(value)).as_bytes());
    } else if value.is_nan() {
        text.extend_from_slice(b"NaN");
    } else {
        text.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut text = Vec::new();
        push(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_are_spelled_as_the_format_wants() {
        let total = |value| spelled(|text| push_total(text, value));
        assert_eq!(total(Total::Integer(0)), "0");
        assert_eq!(total(Total::Integer(-3)), "-3");
        assert_eq!(total(Total::Integer(u64::MAX.into())), "18446744073709551615");
        assert_eq!(total(Total::Integer(i128::from(u64::MAX) + 1)), "18446744073709551616");
        assert_eq!(total(Total::Float(10.0)), "10");
        assert_eq!(total(Total::Float(2.5)), "2.5");
        assert_eq!(total(Total::Float(f64::INFINITY)), "+Inf");
        assert_eq!(total(Total::Float(f64::NEG_INFINITY)), "-Inf");
        assert_eq!(total(Total::Float(f64::NAN)), "NaN");
        assert_eq!(total(Total::Float(1e300)).parse(), Ok(1e300));
    }

    #[test]
    fn bounds_have_a_fraction() {
        let bound = |value| spelled(|text| push_bound(text, value));
        assert_eq!(bound(10.0), "10.0");
        assert_eq!(bound(0.005), "0.005");
        assert_eq!(bound(f64::INFINITY), "+Inf");
    }
}
