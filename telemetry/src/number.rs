//! Measurements as exact numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A measurement's value: integers stay exact, whatever the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// An unsigned integer; a 128-bit one that does not fit is `u64::MAX`.
    Unsigned(u64),
    /// A signed integer; a 128-bit one that does not fit is the nearest.
    Signed(i64),
    /// A float, finite or not.
    Float(f64),
}

impl Number {
    /// The nearest float.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// What kind of numbers a measurement gives, known before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberClass {
    /// Integers that are never negative, so that their sums only rise.
    Unsigned,
    /// Integers.
    Signed,
    /// Floats.
    Float,
    /// Any of these: what is known by name only.
    Any,
}

/// A type that a field under `measurements` may have: every integer and float, `Duration`
/// (nanoseconds, the unit `native`), and `Option` of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a measurement",
    label = "not a number",
    note = "measurements are integers, floats, `Duration`, or `Option` of those; anything else belongs under `metadata`"
)]
pub trait Measurement: Copy + Send + Sync + 'static {
    /// What kind of numbers these are.
    const CLASS: NumberClass;

    /// The number, `None` where there is none.
    fn number(self) -> Option<Number>;

    /// The value. Generated code calls it where it needs to be told that a type is no number.
    #[doc(hidden)]
    #[must_use]
    fn copied(&self) -> Self {
        *self
    }
}

macro_rules! measurement {
    ($($variant:ident: $($ty:ty)+;)+) => {$($(
        impl Measurement for $ty {
            const CLASS: NumberClass = NumberClass::$variant;

            #[inline]
            fn number(self) -> Option<Number> {
                Some(self.into())
            }
        }

        impl From<$ty> for Number {
            #[inline]
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )+)+};
}

measurement! {
    Unsigned: u8 u16 u32 u64;
    Signed: i8 i16 i32 i64;
    Float: f32 f64;
}

/// Measurements of 128 bits that did not fit into a [`Number`] since the process began, and were taken
/// for the nearest one.
static SATURATED: AtomicU64 = AtomicU64::new(0);

#[cold]
fn count_saturated() {
    SATURATED.fetch_add(1, Ordering::Relaxed);
}

/// How many measurements of 128 bits did not fit into a [`Number`] since the process began, and were taken
/// for the nearest one. Counted once for each metric that reads them.
pub fn numbers_saturated() -> u64 {
    SATURATED.load(Ordering::Relaxed)
}

macro_rules! saturating_measurement {
    ($($variant:ident $limit:expr, $($ty:ty)+;)+) => {$($(
        impl Measurement for $ty {
            const CLASS: NumberClass = NumberClass::$variant;

            #[inline]
            fn number(self) -> Option<Number> {
                let number = self.try_into().unwrap_or_else(|_| {
                    count_saturated();
                    $limit(self)
                });
                Some(Number::$variant(number))
            }
        }
    )+)+};
}

saturating_measurement! {
    Unsigned |_| u64::MAX, u128 usize;
    Signed |value| if value < 0 { i64::MIN } else { i64::MAX }, i128 isize;
}

impl Measurement for Duration {
    const CLASS: NumberClass = NumberClass::Unsigned;

    #[inline]
    fn number(self) -> Option<Number> {
        self.as_nanos().number()
    }
}

impl<T: Measurement> Measurement for Option<T> {
    const CLASS: NumberClass = T::CLASS;

    #[inline]
    fn number(self) -> Option<Number> {
        self.and_then(T::number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stay_exact_and_wide_ones_saturate() {
        assert_eq!(u64::MAX.number(), Some(Number::Unsigned(u64::MAX)));
        assert_eq!((-3_i8).number(), Some(Number::Signed(-3)));
        let before = numbers_saturated();
        assert_eq!(u128::MAX.number(), Some(Number::Unsigned(u64::MAX)));
        assert!(numbers_saturated() > before);
        assert_eq!(i128::MIN.number(), Some(Number::Signed(i64::MIN)));
        assert_eq!(i128::MAX.number(), Some(Number::Signed(i64::MAX)));
    }

    #[test]
    fn durations_are_nanoseconds_and_none_is_absent() {
        assert_eq!(Duration::from_micros(2).number(), Some(Number::Unsigned(2000)));
        assert_eq!(None::<u32>.number(), None);
    }
}
