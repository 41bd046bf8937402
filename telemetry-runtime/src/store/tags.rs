//! The tag values of a series, in one allocation.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use telemetry::TagSet;

/// The values of a series' tags as texts, in the order of the metric's tags. Cloning is cheap.
///
/// Equal values are equal, and values are ordered as their texts are, one after the other.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tags {
    /// The lengths of all values but the last, then the values. The lengths are numbers of six bits
    /// a byte, the lowest first, all but the last byte of one marked: a text as the values are.
    text: Arc<str>,
    count: u32,
}

/// The hash of the values' texts, of a set that was made with them.
pub(super) fn hash(tags: &TagSet, mut hasher: impl Hasher) -> u64 {
    for text in tags.texts() {
        hasher.write(text.as_bytes());
        // No text has it: values are told apart by where they end.
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

const BITS: u32 = 6;
const MORE: u8 = 1 << BITS;

impl Tags {
    /// The values of a set that was made with their texts.
    pub(super) fn of(tags: &TagSet) -> Self {
        Self::new(tags.texts())
    }

    /// As many times the same value.
    pub(super) fn repeated(value: &str, count: usize) -> Self {
        Self::new(std::iter::repeat_n(value, count))
    }

    fn new<'t>(values: impl Iterator<Item = &'t str> + Clone) -> Self {
        let count = values.clone().count();
        let mut text = String::new();
        let all_but_the_last = values.clone().take(count.saturating_sub(1));
        all_but_the_last.for_each(|value| push_length(&mut text, value.len()));
        text.extend(values);
        Self { text: text.into(), count: u32::try_from(count).unwrap_or(u32::MAX) }
    }

    /// Whether these are the values of a set that was made with their texts.
    pub(super) fn is(&self, tags: &TagSet) -> bool {
        self.iter().eq(tags.texts())
    }

    /// Whether they are those of one series, and not of an earlier one that had the same values.
    pub(crate) fn is_of_one_series_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        let mut lengths = self.text.bytes();
        let mut rest = {
            let mut skipped = self.text.bytes();
            for _ in 1..self.count {
                read_length(&mut skipped);
            }
            &self.text[self.text.len() - skipped.len()..]
        };
        let count = self.count;
        (0..count).map(move |place| {
            let len = if place + 1 < count { read_length(&mut lengths) } else { rest.len() };
            let value;
            (value, rest) = rest.split_at(len);
            value
        })
    }
}

fn push_length(text: &mut String, length: usize) {
    let mut rest = length;
    loop {
        let bits = u8::try_from(rest % usize::from(MORE)).unwrap_or_default();
        rest >>= BITS;
        if rest == 0 {
            text.push(char::from(bits));
            return;
        }
        text.push(char::from(bits | MORE));
    }
}

fn read_length(bytes: &mut impl Iterator<Item = u8>) -> usize {
    let mut length = 0;
    for (place, byte) in bytes.enumerate() {
        length |= usize::from(byte & !MORE) << (BITS as usize * place);
        if byte & MORE == 0 {
            break;
        }
    }
    length
}

impl Ord for Tags {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for Tags {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use proptest::prelude::*;
    use telemetry::TagValue;

    use super::*;

    fn tags<'t>(values: impl IntoIterator<Item = &'t str>) -> Tags {
        let mut set = TagSet::with_texts();
        values.into_iter().for_each(|value| set.push(TagValue::Str(value)));
        Tags::of(&set)
    }

    #[test]
    fn values_that_print_alike_are_equal() {
        let mut numbers = TagSet::with_texts();
        numbers.push(TagValue::Unsigned(7));
        numbers.push(TagValue::Bool(true));
        assert_eq!(Tags::of(&numbers), tags(["7", "true"]));
        assert_ne!(tags(["ab", "c"]), tags(["a", "bc"]));
        assert!(tags([]).iter().next().is_none());
    }

    #[test]
    fn sets_are_known_by_their_texts() {
        let mut set = TagSet::with_texts();
        for value in [TagValue::Signed(-7), TagValue::Bool(false), TagValue::Str("ü")] {
            set.push(value);
        }
        assert!(tags(["-7", "false", "ü"]).is(&set));
        assert!(!tags(["-7", "false"]).is(&set) && !tags(["-7", "false", "u"]).is(&set));
        let hash_of = |values: &[&'static str]| {
            let mut set = TagSet::with_texts();
            for value in values {
                set.push(TagValue::Str(value));
            }
            hash(&set, DefaultHasher::new())
        };
        assert_eq!(hash(&set, DefaultHasher::new()), hash_of(&["-7", "false", "ü"]));
        assert_ne!(hash_of(&["ab", "c"]), hash_of(&["a", "bc"]));
    }

    proptest! {
        #[test]
        fn values_are_read_back(
            values in prop::collection::vec("\\PC{0,100}", 0..8),
            long in 0..10_000_usize,
        ) {
            let long = "ü".repeat(long);
            let all: Vec<&str> =
                values.iter().map(String::as_str).chain([&long[..], "end"]).collect();
            let read = tags(all.iter().copied());
            prop_assert_eq!(read.len(), all.len());
            prop_assert!(read.iter().eq(all.iter().copied()));
        }

        #[test]
        fn order_is_that_of_the_values(
            a in prop::collection::vec("[a-c]{0,3}", 2),
            b in prop::collection::vec("[a-c]{0,3}", 2),
        ) {
            let order = tags(a.iter().map(String::as_str)).cmp(&tags(b.iter().map(String::as_str)));
            prop_assert_eq!(order, a.cmp(&b));
        }
    }
}
