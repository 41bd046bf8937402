//! The texts of one execution's tag values: gathered for who keeps series, once a series, or for who
//! has to find out that there can be no more.

use std::fmt::Write as _;

use super::TagValue;

/// Texts, one after the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    values: Vec<Value>,
}

struct Value {
    /// Where its text ends.
    end: usize,
    /// How many values its tag has, as far as is known at compile time.
    count: usize,
}

impl Texts {
    pub(super) fn push(&mut self, value: &TagValue<'_>) {
        // Writing to a text cannot fail.
        let _ = match value {
            TagValue::Unsigned(value) => write!(self.all, "{value}"),
            TagValue::Signed(value) => write!(self.all, "{value}"),
            other => self.all.write_str(&other.text()),
        };
        let count = match value {
            TagValue::Enum { texts, .. } => texts.len(),
            TagValue::Bool(_) => 2,
            _ => 1,
        };
        self.values.push(Value { end: self.all.len(), count });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let mut start = 0;
        self.values.iter().map(move |value| {
            let text = &self.all[start..value.end];
            start = value.end;
            text
        })
    }

    /// How many combinations of values there are, where a tag of which nothing is known has one.
    pub(super) fn combinations(&self) -> Option<usize> {
        self.values.iter().map(|value| value.count).try_fold(1, usize::checked_mul)
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.values.clear();
    }

    /// The bytes that are allocated.
    pub(super) fn capacity(&self) -> usize {
        self.all.capacity() + self.values.capacity() * size_of::<Value>()
    }
}
