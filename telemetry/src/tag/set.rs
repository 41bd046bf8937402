//! The tag values of one execution, as words that tell series apart.
//!
//! A text of up to seven bytes is one word, a longer one a word and its bytes, the last eight of
//! which may overlap those before: so that nothing is copied byte by byte, and nothing is allocated.
//! What does not fit in place goes to memory that the thread keeps for the purpose.
//! Values of different forms have different words even where they print alike; who keeps series sees
//! to it that they are one. The texts are gathered only for who asks for them: once a series, not once
//! an execution.

use std::cell::Cell;
use std::fmt;

use super::TagValue;

/// The values of a metric's tags for one execution, in the order of the tags.
pub struct TagSet<'e> {
    words: [u64; IN_PLACE],
    len: usize,
    further: Further,
    /// The values themselves, if somebody asks for them.
    values: Option<Box<Values<'e>>>,
}

// Boxed, so that a set is one pointer longer for each, and not three.
#[derive(Default)]
struct Values<'e>(Vec<TagValue<'e>>);

#[derive(Default)]
struct Words(Vec<u64>);

/// All words, where they are too many to stand in place.
struct Further(Option<Box<Words>>);

/// As many words stand in place.
const IN_PLACE: usize = 8;
/// A thread keeps room for as many words, 4 KiB, and not for more.
const KEPT: usize = 512;

thread_local! {
    /// Room for words, of the last set that needed it.
    static ROOM: Cell<Option<Box<Words>>> = const { Cell::new(None) };
}

// The lowest byte of a word that begins a value; below these, the length of a text in that word.
const LONG: u64 = 0x10;
const UNSIGNED: u64 = 0x11;
const SIGNED: u64 = 0x12;
const BOOL: u64 = 0x13;
const ENUM: u64 = 0x14;
/// Bytes of a text that fit beside its length.
const SHORT: usize = 7;

impl<'e> TagSet<'e> {
    /// No values; of those to come, only the words are kept.
    #[inline]
    pub const fn new() -> Self {
        Self { words: [0; IN_PLACE], len: 0, further: Further(None), values: None }
    }

    /// No values; those to come are kept.
    pub fn with_values() -> Self {
        Self { values: Some(Box::default()), ..Self::new() }
    }

    /// Adds the next value.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where it is called, it is known which form it is")]
    pub fn push(&mut self, value: TagValue<'e>) {
        match &value {
            TagValue::Str(text) => self.text(text.as_bytes()),
            TagValue::Owned(text) => self.text(text.as_bytes()),
            TagValue::Unsigned(value) => self.pair(UNSIGNED, *value),
            TagValue::Signed(value) => self.pair(SIGNED, value.cast_unsigned()),
            TagValue::Bool(value) => self.word(BOOL | u64::from(*value) << 8),
            // Which one of which texts: enums of several types may stand in one place.
            TagValue::Enum { index, texts } => {
                self.pair(ENUM | (*index as u64) << 8, texts.as_ptr().addr() as u64);
            }
        }
        if self.values.is_some() {
            self.keep(value);
        }
    }

    #[cold]
    fn keep(&mut self, value: TagValue<'e>) {
        if let Some(values) = &mut self.values {
            values.0.push(value);
        }
    }

    /// What tells these values from others: equal for equal values of equal forms.
    #[inline]
    pub fn words(&self) -> &[u64] {
        self.words.get(..self.len).unwrap_or_else(|| self.all_words())
    }

    #[cold]
    fn all_words(&self) -> &[u64] {
        self.further.0.as_ref().map_or(&[], |words| &words.0)
    }

    /// The values in the order of the tags; none unless the set was made [with
    /// them](TagSet::with_values).
    pub fn values(&self) -> &[TagValue<'e>] {
        self.values.as_ref().map_or(&[], |values| &values.0)
    }

    fn text(&mut self, bytes: &[u8]) {
        let len = bytes.len();
        let form = (len as u64) << 8 | LONG;
        if len <= SHORT {
            return self.word(short(bytes) << 8 | len as u64);
        }
        if len <= 16
            && let Some([a, b, c]) =
                self.words.get_mut(self.len..).and_then(<[u64]>::first_chunk_mut)
            && let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk())
        {
            (*a, *b, *c) = (form, u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            self.len += 3;
            return;
        }
        self.word(form);
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
    fn pair(&mut self, first: u64, second: u64) {
        self.word(first);
        self.word(second);
    }

    #[inline]
    fn word(&mut self, word: u64) {
        match self.words.get_mut(self.len) {
            Some(place) => *place = word,
            None => self.further(word),
        }
        self.len += 1;
    }

    #[cold]
    fn further(&mut self, word: u64) {
        // New if what the thread keeps is in use, or the thread is ending.
        let kept = || ROOM.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let words = &mut self.further.0.get_or_insert_with(kept).0;
        if self.len == IN_PLACE {
            words.extend_from_slice(&self.words);
        }
        words.push(word);
    }
}

impl Drop for Further {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.keep();
        }
    }
}

impl Further {
    #[cold]
    fn keep(&mut self) {
        let Some(mut words) = self.0.take().filter(|words| words.0.capacity() <= KEPT) else {
            return;
        };
        words.0.clear();
        // Where the thread is ending, it goes with the closure.
        let _ = ROOM.try_with(|room| room.set(Some(words)));
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

impl Default for TagSet<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TagSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagSet")
            .field("words", &self.words())
            .field("values", &self.values())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn words(values: &[&str]) -> Vec<u64> {
        let mut set = TagSet::new();
        for value in values {
            set.push(TagValue::Str(value));
        }
        set.words().to_vec()
    }

    #[test]
    fn values_are_kept_for_who_asks() {
        let mut set = TagSet::with_values();
        for value in 0..20 {
            set.push(TagValue::Unsigned(value));
        }
        set.push(TagValue::Owned("made".into()));
        let numbers = (0..20).map(TagValue::Unsigned);
        assert!(numbers.chain([TagValue::Owned("made".into())]).eq(set.values().iter().cloned()));
        assert_eq!(set.words().len(), 41);
        let mut unasked = TagSet::new();
        unasked.push(TagValue::Bool(true));
        assert!(unasked.values().is_empty());
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
}
