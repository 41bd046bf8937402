//! How values are fuzzed: see [`crate::fuzzing`].

use super::Value;

/// Reads a text as the value of a variable, and shows it.
pub type Read = fn(&str) -> Result<String, String>;

pub(crate) fn shown<V: Value>(text: &str) -> Result<String, String> {
    V::read(text).map(|value| value.show())
}
