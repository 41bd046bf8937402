//! Numbers as people read them.

use telemetry::{Dimension, Unit};

use super::table::visible;
use crate::store::snapshot::Total;

/// Prefixes of times, in nanoseconds, from the smallest.
const TIMES: [(f64, &str); 7] = [
    (1.0, "ns"),
    (1e3, "µs"),
    (1e6, "ms"),
    (1e9, "s"),
    (60e9, "min"),
    (3_600e9, "h"),
    (86_400e9, "d"),
];
/// Of amounts of data, in bytes.
const DECIMAL: [(f64, &str); 5] = [(1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")];
/// The same for metrics whose unit is binary.
const BINARY: [(f64, &str); 5] = [
    (1.0, "B"),
    (1_024.0, "KiB"),
    (1_048_576.0, "MiB"),
    (1_073_741_824.0, "GiB"),
    (1_099_511_627_776.0, "TiB"),
];

/// The number with its unit: `1.5 ms`, `2.25 MiB`, `97%`, `12,345 rows`.
pub(super) fn human(value: Total, unit: Unit) -> String {
    if !value.as_f64().is_finite() {
        return "-".into();
    }
    let base = |factors: &[(&str, f64)]| {
        factors.iter().find(|(name, _)| *name == unit.name()).map_or(1.0, |(_, factor)| *factor)
    };
    match (unit.dimension(), unit.name()) {
        (Dimension::Time, _) => {
            let factors = [("microsecond", 1e3), ("millisecond", 1e6), ("second", 1e9)];
            scaled(value.as_f64() * base(&factors), &TIMES)
        }
        (Dimension::Bytes, name) => {
            let factors = [
                ("kilobyte", 1e3),
                ("megabyte", 1e6),
                ("gigabyte", 1e9),
                ("kibibyte", BINARY[1].0),
                ("mebibyte", BINARY[2].0),
                ("gibibyte", BINARY[3].0),
            ];
            let scale = if name.contains("bi") { &BINARY } else { &DECIMAL };
            scaled(value.as_f64() * base(&factors), scale)
        }
        (_, "percent") => format!("{}%", plain(value)),
        (_, "" | "count") => plain(value),
        (_, name) => format!("{} {}", plain(value), visible(name)),
    }
}

/// In the largest unit of which it is at least one.
fn scaled(value: f64, scale: &[(f64, &str)]) -> String {
    let fits = |(factor, _): &&(f64, &str)| value.abs() >= *factor;
    let (factor, name) = scale.iter().rev().find(fits).unwrap_or(&scale[0]);
    format!("{} {name}", short(value / factor))
}

fn plain(value: Total) -> String {
    match value {
        Total::Integer(value) => grouped(&value.to_string()),
        Total::Float(value) => match short(value) {
            text if text.contains('.') => text,
            text => grouped(&text),
        },
    }
}

/// Three digits that count, and all of those before the point where anybody would read them.
fn short(value: f64) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:.3e}");
    }
    let decimals = match value.abs() {
        magnitude if magnitude >= 100.0 => 0,
        magnitude if magnitude >= 10.0 => 1,
        magnitude if magnitude >= 1.0 || magnitude == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// Whole numbers with a comma before each three digits.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_unit_that_people_would_choose() {
        for (value, unit, expected) in [
            (Total::Float(1_500.0), Unit::MICROSECOND, "1.5 ms"),
            (Total::Integer(0), Unit::NATIVE, "0 ns"),
            (Total::Float(0.25), Unit::SECOND, "250 ms"),
            (Total::Integer(7_200), Unit::SECOND, "2 h"),
            (Total::Integer(-90), Unit::MILLISECOND, "-90 ms"),
            (Total::Integer(1_234_567), Unit::BYTE, "1.23 MB"),
            (Total::Float(1.5), Unit::GIBIBYTE, "1.5 GiB"),
            (Total::Integer(999), Unit::BYTE, "999 B"),
            (Total::Float(97.25), Unit::named("percent"), "97.2%"),
            (Total::Integer(1_234_567), Unit::NONE, "1,234,567"),
            (Total::Integer(-1_000), Unit::named("rows"), "-1,000 rows"),
            (Total::Integer(1), Unit::named("row\n\x1b[2J"), "1 row··[2J"),
            (Total::Float(0.125), Unit::NONE, "0.125"),
            (Total::Float(12_345.678), Unit::NONE, "12,346"),
            (Total::Float(1e300), Unit::NONE, "1.000e300"),
            (Total::Float(1e300), Unit::BYTE, "1.000e288 TB"),
            (Total::Float(f64::NAN), Unit::SECOND, "-"),
        ] {
            assert_eq!(human(value, unit), expected);
        }
    }
}
