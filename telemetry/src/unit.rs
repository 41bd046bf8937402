//! Units and their exact conversions.

use std::fmt;

/// What a unit measures. Only units of one dimension convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dimension {
    /// Time.
    Time,
    /// Amounts of data.
    Bytes,
    /// A name of the user's own, `count` or `percent`: converts into nothing.
    Other,
}

/// A measurement's or a metric's unit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    name: &'static str,
    dimension: Dimension,
    /// In the smallest unit of the dimension: nanoseconds, bytes.
    scale: u64,
}

impl Unit {
    /// No unit was named.
    pub const NONE: Self = Self::named("");
    /// What `Duration` measurements are reported in: nanoseconds.
    pub const NATIVE: Self = Self::time("native", 1);
    /// 10⁻⁹ s.
    pub const NANOSECOND: Self = Self::time("nanosecond", 1);
    /// 10⁻⁶ s.
    pub const MICROSECOND: Self = Self::time("microsecond", 1_000);
    /// 10⁻³ s.
    pub const MILLISECOND: Self = Self::time("millisecond", 1_000_000);
    /// The SI second.
    pub const SECOND: Self = Self::time("second", 1_000_000_000);
    /// Eight bits.
    pub const BYTE: Self = Self::bytes("byte", 1);
    /// 10³ bytes.
    pub const KILOBYTE: Self = Self::bytes("kilobyte", 1_000);
    /// 10⁶ bytes.
    pub const MEGABYTE: Self = Self::bytes("megabyte", 1_000_000);
    /// 10⁹ bytes.
    pub const GIGABYTE: Self = Self::bytes("gigabyte", 1_000_000_000);
    /// 2¹⁰ bytes.
    pub const KIBIBYTE: Self = Self::bytes("kibibyte", 1 << 10);
    /// 2²⁰ bytes.
    pub const MEBIBYTE: Self = Self::bytes("mebibyte", 1 << 20);
    /// 2³⁰ bytes.
    pub const GIBIBYTE: Self = Self::bytes("gibibyte", 1 << 30);

    /// A unit of the user's own, which converts into nothing.
    pub const fn named(name: &'static str) -> Self {
        Self { name, dimension: Dimension::Other, scale: 1 }
    }

    const fn time(name: &'static str, scale: u64) -> Self {
        Self { name, dimension: Dimension::Time, scale }
    }

    const fn bytes(name: &'static str, scale: u64) -> Self {
        Self { name, dimension: Dimension::Bytes, scale }
    }

    /// The name as it is written in `metrics!`; empty for [`Unit::NONE`].
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What the unit measures.
    pub const fn dimension(self) -> Dimension {
        self.dimension
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unit({})", self.name)
    }
}

/// From the unit of a measurement to the unit of a metric: an exact fraction.
///
/// The store keeps raw integers; the fraction is applied when a snapshot is taken, so that sums
/// stay exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    unit: Unit,
    numerator: u64,
    denominator: u64,
}

impl Conversion {
    /// Values are reported as they are, in `unit`.
    pub const fn none(unit: Unit) -> Self {
        Self { unit, numerator: 1, denominator: 1 }
    }

    /// # Panics
    /// When the dimensions differ. `metrics!` calls this in a constant, after it has checked.
    pub const fn between(from: Unit, to: Unit) -> Self {
        assert!(
            from.dimension as u8 == to.dimension as u8,
            "these units have different dimensions and cannot be converted"
        );
        let divisor = greatest_common_divisor(from.scale, to.scale);
        Self { unit: to, numerator: from.scale / divisor, denominator: to.scale / divisor }
    }

    /// The unit of the converted values.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Whether values stay as they are.
    pub const fn is_identity(self) -> bool {
        self.numerator == self.denominator
    }

    /// The value in the metric's unit.
    #[expect(clippy::cast_precision_loss, reason = "scales are small powers, exact as floats")]
    pub fn apply(self, value: f64) -> f64 {
        value * self.numerator as f64 / self.denominator as f64
    }

    /// The value in the measurement's unit that [`Conversion::apply`] turns into `value`.
    #[expect(clippy::cast_precision_loss, reason = "scales are small powers, exact as floats")]
    pub fn invert(self, value: f64) -> f64 {
        value * self.denominator as f64 / self.numerator as f64
    }
}

const fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these products are exact")]
    fn conversions_are_exact_fractions() {
        let to_milliseconds = Conversion::between(Unit::NATIVE, Unit::MILLISECOND);
        assert_eq!(to_milliseconds.apply(2_500_000.0), 2.5);
        assert_eq!(to_milliseconds.invert(2.5), 2_500_000.0);
        assert_eq!(Conversion::between(Unit::SECOND, Unit::MILLISECOND).apply(3.0), 3000.0);
        assert_eq!(Conversion::between(Unit::BYTE, Unit::KIBIBYTE).apply(512.0), 0.5);
        assert!(Conversion::between(Unit::NATIVE, Unit::NANOSECOND).is_identity());
    }
}
