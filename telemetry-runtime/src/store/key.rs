//! A series' tag values as one text, made in a buffer that is kept: a series that exists costs no
//! allocation to find.

use telemetry::TagValue;

/// The values of a series' tags, in the order of the metric's tags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    text: String,
    /// Where each value ends in the text.
    ends: Vec<usize>,
}

/// What the tags of the overflow series are called.
const OVERFLOW: &str = "__overflow__";

impl Key {
    pub(super) const fn new() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, value: &TagValue<'_>) {
        match value {
            TagValue::Str(text) => self.text.push_str(text),
            TagValue::Unsigned(value) => self.text.push_str(itoa::Buffer::new().format(*value)),
            TagValue::Signed(value) => self.text.push_str(itoa::Buffer::new().format(*value)),
            other => self.text.push_str(&other.text()),
        }
        self.ends.push(self.text.len());
    }

    /// The key of the series that takes what is past the limit.
    pub(super) fn overflow(tags: usize) -> Self {
        let mut key = Self::default();
        for _ in 0..tags {
            key.push(&TagValue::Str(OVERFLOW));
        }
        key
    }

    pub(super) fn values(&self) -> Vec<Box<str>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text[start..*end].into()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[&str]) -> Key {
        let mut key = Key::default();
        for value in values {
            key.push(&TagValue::Str(value));
        }
        key
    }

    #[test]
    fn values_that_concatenate_alike_are_different_keys() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_eq!(
            key(&["ab", "", "c"]).values(),
            ["ab".into(), "".into(), "c".into()] as [Box<str>; 3]
        );
    }
}
