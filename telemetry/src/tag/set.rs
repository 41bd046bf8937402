//! The tag values of one execution, as words that tell series apart.
//!
//! A text of up to seven bytes is one word, one of up to fifteen bytes two, a longer one a word and its
//! bytes, the last eight of which may overlap those before; so is a number, unless it is huge, one
//! word. Nothing is copied byte by byte, and nothing is allocated: what does not fit in place goes to
//! memory that the thread keeps for the purpose.
//! Values of different forms have different words even where they print alike; who keeps series sees
//! to it that they are one. The texts are gathered only for who asks for them: once a series, not once
//! an execution.

use std::fmt;

use super::TagValue;
use super::hash::Hash;
use super::room::Room;
use super::texts::Texts;

/// The values of a metric's tags for one execution, in the order of the tags.
pub struct TagSet {
    words: [u64; IN_PLACE],
    len: usize,
    hash: Hash,
    room: Room,
}

/// As many words stand in place.
const IN_PLACE: usize = 8;

// The lowest byte of a word that begins a value, which tells how many words it has; below these, the
// length of a text in one or two words.
const LONG: u64 = 0x10;
const UNSIGNED: u64 = 0x11;
const SIGNED: u64 = 0x12;
const BOOL: u64 = 0x13;
const ENUM: u64 = 0x14;
const HUGE_UNSIGNED: u64 = 0x15;
const HUGE_SIGNED: u64 = 0x16;
/// Bytes of a text, or of a number, that fit beside the form.
const SHORT: usize = 7;
/// Bytes of a text in two words.
const MEDIUM: usize = 15;

impl TagSet {
    /// No values; of those to come, only the words are kept.
    #[inline]
    pub fn new() -> Self {
        // First, so that nothing is written twice.
        let hash = Hash::new();
        Self { words: [0; IN_PLACE], len: 0, hash, room: Room::NONE }
    }

    /// No values; of those to come, the texts are kept as well.
    pub fn with_texts() -> Self {
        Self { room: Room::for_texts(), ..Self::new() }
    }

    /// Adds the next value.
    // Where it is called, it is known which form it is; but in dev builds a copy for each tag would be
    // half of what metrics take.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what a reading made, which nobody else wants"
    )]
    pub fn push(&mut self, value: TagValue<'_>) {
        match &value {
            TagValue::Str(text) => self.text(text.as_bytes()),
            TagValue::Owned(text) => self.text(text.as_bytes()),
            TagValue::Unsigned(value) => self.unsigned(*value),
            TagValue::Signed(value) => self.signed(*value),
            TagValue::Bool(value) => self.word(BOOL | u64::from(*value) << 8),
            // Which one of which texts: enums of several types may stand in one place.
            TagValue::Enum { index, texts } => {
                self.pair(ENUM | (*index as u64) << 8, texts.as_ptr().addr() as u64);
            }
        }
        if self.room.is_used() {
            self.room.gather(&value);
        }
    }

    /// What tells these values from others: equal for equal values of equal forms.
    #[inline]
    pub fn words(&self) -> &[u64] {
        self.words.get(..self.len).unwrap_or_else(|| self.room.words())
    }

    /// The hash of the words.
    #[inline]
    pub fn hash(&self) -> u64 {
        self.hash.value()
    }

    /// The hash of words that are those of a set.
    pub fn hash_of(words: &[u64]) -> u64 {
        let mut hash = Hash::new();
        for word in words {
            hash.add(*word);
        }
        hash.value()
    }

    /// The values' texts in the order of the tags; none unless the set was made [with
    /// them](TagSet::with_texts).
    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.room.texts().into_iter().flat_map(Texts::iter)
    }

    /// How many combinations of values there may be, where every tag is a `bool`, a derived enum or a
    /// constant, and the set was made [with texts](TagSet::with_texts). `None` of more than a `usize`
    /// holds.
    pub fn combinations(&self) -> Option<usize> {
        self.room.texts().map_or(Some(1), Texts::combinations)
    }

    fn text(&mut self, bytes: &[u8]) {
        let len = bytes.len();
        if len <= SHORT {
            return self.word(short(bytes) << 8 | len as u64);
        }
        if len <= MEDIUM
            && let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk())
        {
            // Seven bytes from the start and eight from the end are all.
            let first = u64::from_le_bytes(*first) << 8 | len as u64;
            return self.pair(first, u64::from_le_bytes(*last));
        }
        self.word((len as u64) << 8 | LONG);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty()
            && let Some(last) = bytes.last_chunk::<8>()
        {
            self.word(u64::from_le_bytes(*last));
        }
    }

    #[inline]
    fn unsigned(&mut self, value: u64) {
        let word = value << 8 | UNSIGNED;
        if word >> 8 == value { self.word(word) } else { self.pair(HUGE_UNSIGNED, value) }
    }

    #[inline]
    fn signed(&mut self, value: i64) {
        let word = value << 8 | SIGNED.cast_signed();
        if word >> 8 == value {
            self.word(word.cast_unsigned());
        } else {
            self.pair(HUGE_SIGNED, value.cast_unsigned());
        }
    }

    #[inline]
    fn pair(&mut self, first: u64, second: u64) {
        let places = self.words.get_mut(self.len..).and_then(<[u64]>::first_chunk_mut);
        if let Some([a, b]) = places {
            (*a, *b) = (first, second);
            self.len += 2;
            self.hash.add(first);
            self.hash.add(second);
        } else {
            self.word(first);
            self.word(second);
        }
    }

    #[inline]
    fn word(&mut self, word: u64) {
        match self.words.get_mut(self.len) {
            Some(place) => *place = word,
            None => self.room.push_word(&self.words, word),
        }
        self.len += 1;
        self.hash.add(word);
    }
}

/// Up to seven bytes as a number, in an order that is the same for each length.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let low = u64::from(u32::from_le_bytes(*first));
        // Of less than eight bytes, some stand in both.
        return low | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
    }
    // Of one to three bytes, the first, the middle and the last are all.
    let byte = |place: usize| u64::from(bytes[place]) << (8 * place);
    let len = bytes.len();
    if len == 0 { 0 } else { byte(0) | byte(len / 2) | byte(len - 1) }
}

impl Default for TagSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagSet")
            .field("words", &self.words())
            .field("texts", &self.texts().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn words(values: &[&str]) -> Vec<u64> {
        let mut set = TagSet::new();
        for value in values {
            set.push(TagValue::Str(value));
        }
        set.words().to_vec()
    }

    #[test]
    fn texts_are_gathered_for_who_asks() {
        let kind = TagValue::Enum { index: 1, texts: &["a", "b", "c"] };
        // The second time, in the room of the first.
        for _ in 0..2 {
            let mut set = TagSet::with_texts();
            for value in 0..20 {
                set.push(TagValue::Unsigned(value));
            }
            set.push(TagValue::Owned("made".into()));
            set.push(TagValue::Signed(-7));
            set.push(kind.clone());
            set.push(TagValue::Str(""));
            let numbers = (0..20).map(|number: u32| number.to_string());
            let others = ["made", "-7", "b", ""].map(String::from);
            assert!(set.texts().eq(numbers.chain(others)));
            assert_eq!(set.texts().count(), 24);
        }
        let mut unasked = TagSet::new();
        unasked.push(TagValue::Bool(true));
        assert_eq!(unasked.texts().count(), 0);
    }

    #[test]
    fn combinations_are_of_what_is_known_to_have_few_values() {
        let mut set = TagSet::with_texts();
        assert_eq!(set.combinations(), Some(1));
        set.push(TagValue::Bool(true));
        set.push(TagValue::Enum { index: 1, texts: &["a", "b", "c"] });
        set.push(TagValue::Str("constant"));
        assert_eq!(set.combinations(), Some(6));
        (0..64).for_each(|_| set.push(TagValue::Bool(false)));
        assert_eq!(set.combinations(), None);
    }

    #[test]
    fn different_texts_have_different_words() {
        let text = "abcdefghijklmnopqrstuvwxyz0123456789";
        let mut seen = HashSet::new();
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                assert!(seen.insert(words(&[&text[start..end]])), "{start} {end}");
            }
        }
    }

    #[test]
    fn different_numbers_have_different_words() {
        let edges = [0, 1, 255, 256, (1 << 55) - 1, 1 << 55, (1 << 56) - 1, 1 << 56, u64::MAX];
        let signed = edges.iter().flat_map(|edge| [edge.cast_signed(), -edge.cast_signed()]);
        let numbers = edges.into_iter().map(TagValue::Unsigned).chain(signed.map(TagValue::Signed));
        let of = |number: &TagValue<'static>| {
            let mut set = TagSet::new();
            set.push(number.clone());
            set.words().to_vec()
        };
        let mut seen: HashMap<Vec<u64>, TagValue<'_>> = HashMap::new();
        for number in numbers {
            let known = seen.entry(of(&number)).or_insert_with(|| number.clone());
            assert_eq!(*known, number);
        }
        assert!(seen.len() > 2 * edges.len());
    }

    #[test]
    fn values_that_concatenate_alike_have_different_words() {
        assert_ne!(words(&["ab", "c"]), words(&["a", "bc"]));
        assert_ne!(words(&["abcdefgh", "i"]), words(&["abcdefghi", ""]));
    }

    #[test]
    fn many_words_are_all_kept() {
        let long = "x".repeat(8 * IN_PLACE);
        let of = |last: &str| words(&["a", &long, &long, last]);
        assert_eq!(of("b").len(), 2 + 2 * (IN_PLACE + 1));
        assert_ne!(of("b"), of("c"));
    }

    #[test]
    fn the_hash_is_that_of_the_words() {
        for text in ["", "a", "abcdefgh", &"x".repeat(15), &"x".repeat(100)] {
            let mut set = TagSet::new();
            set.push(TagValue::Str(text));
            set.push(TagValue::Unsigned(u64::MAX));
            assert_eq!(set.hash(), TagSet::hash_of(set.words()), "{text}");
        }
    }
}
