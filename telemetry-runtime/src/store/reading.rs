//! What one execution says to one group: whether it counts, its tags and its numbers.
//!
//! All of that is code of the metric's author. It runs before anything of the store is touched, so
//! that it may execute events itself, and a panic leaves out no more than what it was to give.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use telemetry::{Execution, Number, ReadTags, ReadValue, TagSet, number_of, tag_of};

use super::plan::Feed;
use super::snapshot::Skip;

/// What was read of an execution, beside the words of its tags.
pub(super) struct Readings {
    /// Once the filter and the tags are read.
    found: Option<Found>,
    count: usize,
    few: [Read; FEW],
    /// All numbers, where they are too many to stand in place.
    many: Vec<Read>,
}

/// As many numbers stand in place.
const FEW: usize = 2;

/// A number, or why there is none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    Number(Number),
    Skipped(Skip),
}

/// How the series of an execution is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// By the index of its tags' values; without tags, that is 0.
    Index(usize),
    /// By the words of its tags' values.
    Words,
    /// Not at all: the filter does not keep it.
    Left,
    /// Not at all: the filter or a tag panicked.
    Panicked,
}

impl Read {
    pub(super) const PANICKED: Self = Self::Skipped(Skip::Panicked);
}

impl Readings {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { found: None, count: 0, few: [Read::PANICKED; FEW], many: Vec::new() }
    }

    /// Reads everything.
    #[inline]
    pub(super) fn read(
        &mut self,
        feed: &Feed,
        execution: &Execution<'_>,
        tags: &mut TagSet,
    ) -> Found {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.advance(feed, execution, tags))) {
                Ok(found) => return found,
                Err(payload) => {
                    discard(payload);
                    if self.found.is_none() {
                        return Found::Panicked;
                    }
                    self.push(Read::PANICKED);
                }
            }
        }
    }

    #[inline]
    fn advance(&mut self, feed: &Feed, execution: &Execution<'_>, tags: &mut TagSet) -> Found {
        let found = match self.found {
            Some(found) => found,
            None if feed.filter.is_some_and(|filter| !(filter.keeps)(execution)) => {
                return Found::Left;
            }
            None => *self.found.insert(feed.find(execution, tags)),
        };
        for reading in &feed.readings[self.count..] {
            self.push(number(&reading.value, execution));
        }
        found
    }

    #[inline]
    fn push(&mut self, read: Read) {
        match self.few.get_mut(self.count) {
            Some(place) => *place = read,
            None => self.further(read),
        }
        self.count += 1;
    }

    #[cold]
    fn further(&mut self, read: Read) {
        if self.count == FEW {
            self.many.extend_from_slice(&self.few);
        }
        self.many.push(read);
    }

    /// In the order of the feed's readings.
    #[inline]
    pub(super) fn numbers(&self) -> &[Read] {
        self.few.get(..self.count).unwrap_or(&self.many)
    }
}

impl Feed {
    /// Reads the tags alone. `false` if that panicked.
    #[inline]
    pub(super) fn read_tags(&self, execution: &Execution<'_>, tags: &mut TagSet) -> bool {
        let read = AssertUnwindSafe(|| self.push_tags(execution, tags));
        catch_unwind(read).map_err(discard).is_ok()
    }

    #[inline]
    fn find(&self, execution: &Execution<'_>, tags: &mut TagSet) -> Found {
        if let Some(index) = self.index(execution) {
            return Found::Index(index);
        }
        self.push_tags(execution, tags);
        Found::Words
    }

    /// The index of the tags' values, if they have one. No code of the user's: only what is derived, or
    /// built in, has an index.
    #[inline]
    pub(super) fn index(&self, execution: &Execution<'_>) -> Option<usize> {
        if self.is_hashed() {
            return None;
        }
        let index = (self.index)(execution);
        if index.is_none() {
            self.is_hashed.store(true, Ordering::Relaxed);
        }
        index
    }

    #[inline]
    pub(super) fn is_hashed(&self) -> bool {
        self.is_hashed.load(Ordering::Relaxed)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one call of what the macro made")]
    fn push_tags(&self, execution: &Execution<'_>, tags: &mut TagSet) {
        match self.tags {
            ReadTags::Typed { read, .. } => read(execution, tags),
            ReadTags::Named(fields) => {
                for field in fields {
                    tags.push(tag_of(execution, field));
                }
            }
            _ => {}
        }
    }

    /// The tags with their texts. They were read before without a panic.
    #[cold]
    pub(super) fn with_texts(&self, execution: &Execution<'_>) -> Option<TagSet> {
        let mut tags = TagSet::with_texts();
        self.read_tags(execution, &mut tags).then_some(tags)
    }
}

#[inline]
fn number(value: &ReadValue, execution: &Execution<'_>) -> Read {
    let number = match value {
        ReadValue::Typed { read, .. } => read(execution),
        ReadValue::Named(measurement) => number_of(execution, measurement),
        _ => None,
    };
    match number {
        None => Read::Skipped(Skip::Absent),
        Some(Number::Float(float)) if !float.is_finite() => Read::Skipped(Skip::NotFinite),
        Some(number) => Read::Number(number),
    }
}

/// A payload's own `drop` may panic; then it is left where it is.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
