//! What a set of tags keeps outside of itself: words that do not fit in place, and texts for who asks
//! for them. Each thread keeps one such room, so that nothing is allocated for the next set.

use std::cell::Cell;

use super::TagValue;
use super::texts::Texts;

/// Of a set that needs none, nothing.
pub(super) struct Room(Option<Box<Kept>>);

#[derive(Default)]
struct Kept {
    words: Vec<u64>,
    texts: Texts,
    gathers_texts: bool,
}

/// A thread keeps room for so many bytes of each, and not for more.
const KEPT: usize = 4096;

thread_local! {
    /// That of the last set that needed it.
    static KEPT_BY_THREAD: Cell<Option<Box<Kept>>> = const { Cell::new(None) };
}

impl Room {
    pub(super) const NONE: Self = Self(None);

    /// That of a set with texts.
    pub(super) fn for_texts() -> Self {
        let mut kept = Kept::take();
        kept.gathers_texts = true;
        Self(Some(kept))
    }

    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.0.is_some()
    }

    /// Gathers the text, if this is for texts.
    #[cold]
    pub(super) fn gather(&mut self, value: &TagValue<'_>) {
        if let Some(kept) = self.0.as_mut().filter(|kept| kept.gathers_texts) {
            kept.texts.push(value);
        }
    }

    /// Adds a word, the first one after those that stand in place.
    #[cold]
    pub(super) fn push_word(&mut self, in_place: &[u64], word: u64) {
        let words = &mut self.0.get_or_insert_with(Kept::take).words;
        if words.is_empty() {
            words.extend_from_slice(in_place);
        }
        words.push(word);
    }

    /// All words, if there are more than stand in place.
    #[cold]
    pub(super) fn words(&self) -> &[u64] {
        self.0.as_ref().map_or(&[], |kept| &kept.words)
    }

    pub(super) fn texts(&self) -> Option<&Texts> {
        self.0.as_ref().filter(|kept| kept.gathers_texts).map(|kept| &kept.texts)
    }
}

impl Drop for Room {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.give_back();
        }
    }
}

impl Room {
    #[cold]
    fn give_back(&mut self) {
        if let Some(mut kept) = self.0.take().filter(|kept| kept.is_small()) {
            kept.words.clear();
            kept.texts.clear();
            kept.gathers_texts = false;
            // Where the thread is ending, it goes with the closure.
            let _ = KEPT_BY_THREAD.try_with(|room| room.set(Some(kept)));
        }
    }
}

impl Kept {
    /// A new one if what the thread keeps is in use, or the thread is ending.
    #[expect(clippy::unnecessary_box_returns, reason = "the box is what is kept")]
    fn take() -> Box<Self> {
        KEPT_BY_THREAD.try_with(Cell::take).ok().flatten().unwrap_or_default()
    }

    fn is_small(&self) -> bool {
        self.words.capacity() * size_of::<u64>() <= KEPT && self.texts.capacity() <= KEPT
    }
}
