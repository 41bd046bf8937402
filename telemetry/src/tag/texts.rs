//! The texts of one execution's tag values: gathered for who keeps series, once a series, or for who
//! has to say that there can be no more.

use std::cell::Cell;
use std::fmt::Write as _;

use super::TagValue;

/// Texts, one after the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How many combinations of values there are, if each tag has those that are known of it at
    /// compile time; one of which nothing is known counts as one.
    combinations: Option<usize>,
}

/// A thread keeps room for texts of so many bytes, and not for more.
const KEPT: usize = 4096;

thread_local! {
    /// That of the last set that needed it.
    static ROOM: Cell<Option<Box<Texts>>> = const { Cell::new(None) };
}

impl Texts {
    /// No texts, in the room that the thread keeps: new if that is in use, or the thread is ending.
    pub(super) fn take() -> Box<Self> {
        let mut texts = ROOM.try_with(Cell::take).ok().flatten().unwrap_or_default();
        texts.all.clear();
        texts.ends.clear();
        texts.combinations = Some(1);
        texts
    }

    /// Leaves the room to the next set of this thread.
    pub(super) fn give_back(self: Box<Self>) {
        if self.all.capacity() <= KEPT && self.ends.capacity() <= KEPT / size_of::<usize>() {
            // Where the thread is ending, it goes with the closure.
            let _ = ROOM.try_with(|room| room.set(Some(self)));
        }
    }

    pub(super) fn push(&mut self, value: &TagValue<'_>) {
        // Writing to a text cannot fail.
        let _ = match value {
            TagValue::Unsigned(value) => write!(self.all, "{value}"),
            TagValue::Signed(value) => write!(self.all, "{value}"),
            other => self.all.write_str(&other.text()),
        };
        self.ends.push(self.all.len());
        let count = match value {
            TagValue::Enum { texts, .. } => texts.len(),
            TagValue::Bool(_) => 2,
            _ => 1,
        };
        self.combinations = self.combinations.and_then(|all| all.checked_mul(count));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = &self.all[start..*end];
            start = *end;
            text
        })
    }

    pub(super) fn combinations(&self) -> Option<usize> {
        self.combinations
    }
}
