//! The types that a variable's value can be read as.

use std::time::Duration;

/// A type that a variable's value can be read as.
///
/// ```
/// use telemetry_runtime::config::Value;
///
/// #[derive(Debug, PartialEq)]
/// enum Compression {
///     None,
///     Gzip,
/// }
///
/// impl Value for Compression {
///     const ALLOWED: &'static str = "`none` or `gzip`";
///
///     fn read(text: &str) -> Result<Self, String> {
///         match text {
///             "none" => Ok(Self::None),
///             "gzip" => Ok(Self::Gzip),
///             _ => Err("which is no compression".into()),
///         }
///     }
///
///     fn show(&self) -> String {
///         match self {
///             Self::None => "none".into(),
///             Self::Gzip => "gzip".into(),
///         }
///     }
/// }
///
/// assert_eq!(Compression::read("gzip"), Ok(Compression::Gzip));
/// ```
pub trait Value: Sized + 'static {
    /// What is allowed, after *allowed is*: `a whole number`.
    const ALLOWED: &'static str;

    /// Reads it. The text is not empty.
    ///
    /// # Errors
    /// What is wrong, after *NAME is "text",*: `which is no number`.
    fn read(text: &str) -> Result<Self, String>;

    /// As it is read; empty where there is no value.
    fn show(&self) -> String;
}

impl Value for String {
    const ALLOWED: &'static str = "a text";

    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

/// As OpenTelemetry has it, but that another word is an error and not `false`.
impl Value for bool {
    const ALLOWED: &'static str = "`true` or `false`";

    fn read(text: &str) -> Result<Self, String> {
        match text {
            _ if text.eq_ignore_ascii_case("true") => Ok(true),
            _ if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err("which is neither".into()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! numbers {
    ($($number:ty: $allowed:literal,)*) => {$(
        impl Value for $number {
            const ALLOWED: &'static str = $allowed;

            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| concat!("which is not ", $allowed).into())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

numbers! {
    u16: "a whole number",
    u32: "a whole number",
    u64: "a whole number",
    usize: "a whole number",
}

impl Value for f64 {
    const ALLOWED: &'static str = "a number";

    fn read(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number: &Self| number.is_finite());
        number.ok_or_else(|| "which is not a number".into())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The units of durations, from the smallest, in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

impl Value for Duration {
    const ALLOWED: &'static str =
        "a whole number with one of the units `ms`, `s`, `m` and `h`, as in 250ms or 10s";

    fn read(text: &str) -> Result<Self, String> {
        let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
        let number = text[..text.len() - unit.len()].parse::<u64>();
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let (Ok(number), Some((_, milliseconds))) = (number, known) else {
            return Err("which is no duration".into());
        };
        let milliseconds = number.checked_mul(*milliseconds);
        milliseconds.map(Self::from_millis).ok_or_else(|| "which is too long".into())
    }

    /// In the largest unit of which it is a whole number; shorter ones as they are.
    fn show(&self) -> String {
        if self.is_zero() {
            return "0s".into();
        }
        let whole = |(_, milliseconds): &&(&str, u64)| {
            let unit = u128::from(*milliseconds) * 1_000_000;
            self.as_nanos().is_multiple_of(unit)
        };
        match UNITS.iter().rev().find(whole) {
            Some((unit, milliseconds)) => {
                format!("{}{unit}", self.as_millis() / u128::from(*milliseconds))
            }
            None => format!("{self:?}"),
        }
    }
}

/// What need not be said.
impl<V: Value> Value for Option<V> {
    const ALLOWED: &'static str = V::ALLOWED;

    fn read(text: &str) -> Result<Self, String> {
        V::read(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map(V::show).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units_and_are_shown_as_they_are_read() {
        for (text, milliseconds) in
            [("250ms", 250), ("90s", 90_000), ("10s", 10_000), ("5m", 300_000), ("2h", 7_200_000)]
        {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(Duration::read(text), Ok(duration));
            assert_eq!(duration.show(), text);
        }
        assert_eq!(Duration::read("60s").unwrap().show(), "1m");
        assert_eq!(Duration::read("0ms").unwrap().show(), "0s");
        assert_eq!(Duration::from_micros(1_500).show(), "1.5ms");
        for text in ["10", "s", "10 s", "-1s", "1.5h", "2sec", "99999999999999999999s"] {
            assert_eq!(Duration::read(text), Err("which is no duration".into()), "{text}");
        }
        assert_eq!(Duration::read("9999999999999999h"), Err("which is too long".into()));
    }

    #[test]
    fn switches_are_true_or_false_in_any_case() {
        assert_eq!(bool::read("True"), Ok(true));
        assert_eq!(bool::read("FALSE"), Ok(false));
        for text in ["1", "yes", "on", "0"] {
            bool::read(text).unwrap_err();
        }
    }

    #[test]
    fn numbers_are_whole_or_finite() {
        assert_eq!(usize::read("2000"), Ok(2_000));
        assert_eq!(u16::read("65536"), Err("which is not a whole number".into()));
        usize::read("-1").unwrap_err();
        assert_eq!(f64::read("0.25").unwrap().show(), "0.25");
        for text in ["NaN", "inf", "half"] {
            f64::read(text).unwrap_err();
        }
    }

    #[test]
    fn what_need_not_be_said_is_shown_as_nothing() {
        assert_eq!(Option::<usize>::read("5"), Ok(Some(5)));
        assert_eq!((Some(5_usize).show(), None::<usize>.show()), ("5".into(), String::new()));
    }
}
