//! One variable of the environment, as it is declared.

use std::fmt;
use std::ops::RangeInclusive;

use super::value::Value;

/// One variable of the environment, as it is declared: a static beside the part that reads it.
pub struct Variable<V: 'static> {
    name: &'static str,
    summary: &'static str,
    default: fn() -> V,
    described: Option<&'static str>,
    range: Option<Range<V>>,
    is_secret: bool,
}

/// What is allowed of an ordered type.
struct Range<V> {
    bounds: fn() -> RangeInclusive<V>,
    contains: fn(&RangeInclusive<V>, &V) -> bool,
}

impl<V: Value> Variable<V> {
    /// Declares it: its name, what holds when nobody says anything, and one sentence for operators.
    pub const fn new(name: &'static str, default: fn() -> V, summary: &'static str) -> Self {
        Self { name, summary, default, described: None, range: None, is_secret: false }
    }

    /// Says in words what holds when nobody says anything, where that is no fixed value.
    #[must_use]
    pub const fn described(mut self, default: &'static str) -> Self {
        self.described = Some(default);
        self
    }

    /// The value is never shown, and may be in a file, which the variable `NAME_FILE` names.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// What holds when nobody says anything.
    pub(crate) fn default_value(&self) -> V {
        (self.default)()
    }

    /// # Errors
    /// What is wrong with the text.
    pub(super) fn read(&self, text: &str) -> Result<V, String> {
        let value = V::read(text)?;
        match &self.range {
            Some(range) if !(range.contains)(&(range.bounds)(), &value) => {
                Err("which is outside of what is allowed".into())
            }
            _ => Ok(value),
        }
    }
}

impl<V: Value + PartialOrd> Variable<V> {
    /// Allows values from the first to the last of a range only. Nobody checks what the builder says.
    #[must_use]
    pub const fn within(mut self, bounds: fn() -> RangeInclusive<V>) -> Self {
        self.range = Some(Range { bounds, contains: RangeInclusive::contains });
        self
    }
}

/// A [`Variable`] of any type, to be listed.
pub trait AnyVariable: Sync {
    /// The variable.
    fn name(&self) -> &'static str;

    /// One sentence for operators.
    fn summary(&self) -> &'static str;

    /// What holds when nobody says anything; empty if that is nothing.
    fn default(&self) -> String;

    /// What is allowed, as in *a whole number, from 1 to 1000*.
    fn allowed(&self) -> String;

    /// Whether the value is never shown, and may be in the file that `NAME_FILE` names.
    fn is_secret(&self) -> bool;
}

impl<V: Value> AnyVariable for Variable<V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn default(&self) -> String {
        self.described.map_or_else(|| self.default_value().show(), str::to_owned)
    }

    fn allowed(&self) -> String {
        let Some(range) = &self.range else { return V::ALLOWED.into() };
        let bounds = (range.bounds)();
        format!("{}, from {} to {}", V::ALLOWED, bounds.start().show(), bounds.end().show())
    }

    fn is_secret(&self) -> bool {
        self.is_secret
    }
}

impl<V: Value> fmt::Debug for Variable<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for dyn AnyVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyVariable").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    static EVERY: Variable<Duration> =
        Variable::new("TELEMETRY_EVERY", || Duration::from_secs(10), "How often.")
            .within(|| Duration::from_millis(10)..=Duration::from_mins(1));
    static NAME: Variable<Option<String>> = Variable::new("TELEMETRY_NAME", || None, "A name.")
        .described("that of the program")
        .secret();

    #[test]
    fn what_is_declared_can_be_listed() {
        let every: &dyn AnyVariable = &EVERY;
        assert_eq!((every.name(), every.summary()), ("TELEMETRY_EVERY", "How often."));
        assert_eq!((&*every.default(), every.is_secret()), ("10s", false));
        assert!(every.allowed().ends_with("as in 250ms or 10s, from 10ms to 1m"));
        assert_eq!((&*NAME.default(), NAME.is_secret()), ("that of the program", true));
        assert_eq!(NAME.allowed(), "a text");
    }

    #[test]
    fn values_are_within_the_range() {
        assert_eq!(EVERY.read("10ms"), Ok(Duration::from_millis(10)));
        assert_eq!(EVERY.read("1m"), Ok(Duration::from_mins(1)));
        for text in ["9ms", "61s"] {
            assert_eq!(EVERY.read(text), Err("which is outside of what is allowed".into()));
        }
    }
}
