//! Which tags have a series in a group that may have no more: asked without a lock.
//!
//! A thread that was turned away keeps one of these. As long as no series comes or goes, tags that are
//! not in it go to the overflow series, and what that costs is a hash of their texts and one or two
//! cells. Tags that seem to be in it are asked for in the registry, which knows for certain.
//!
//! It takes 8 to 16 bytes a series, once for all threads.

use std::hash::{BuildHasher as _, RandomState};

use telemetry::TagSet;

use super::tags;

/// The hashes of a group's series at one moment.
#[derive(Debug)]
pub(super) struct Filter {
    hasher: RandomState,
    /// The upper halves of the hashes, which are not 0, each in the next free cell after the one that
    /// the lower half gives. As many as a power of 2, at least half of them 0.
    cells: Box<[u32]>,
}

impl Filter {
    /// Of series by their hashes, which [`tags::hash`] makes with the same hasher.
    pub(super) fn new(hasher: RandomState, series: impl ExactSizeIterator<Item = u64>) -> Self {
        let size = (series.len() * 2).next_power_of_two();
        let mut filter = Self { hasher, cells: vec![0; size].into() };
        for hash in series {
            if let Err(place) = filter.place(hash) {
                filter.cells[place] = upper(hash);
            }
        }
        filter
    }

    /// Whether these tags may have a series; if not, they have none.
    pub(super) fn may_have(&self, tags: &TagSet) -> bool {
        self.place(tags::hash(tags, self.hasher.build_hasher())).is_ok()
    }

    /// The cell of the hash, or else the one where it would be.
    fn place(&self, hash: u64) -> Result<usize, usize> {
        let mask = self.cells.len() - 1;
        let mut place = lower(hash) & mask;
        loop {
            match self.cells[place] {
                0 => return Err(place),
                cell if cell == upper(hash) => return Ok(place),
                _ => place = (place + 1) & mask,
            }
        }
    }
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn lower(hash: u64) -> usize {
    hash as u32 as usize
}

#[cfg(test)]
mod tests {
    use telemetry::TagValue;

    use super::*;

    fn set(value: u64) -> TagSet {
        let mut set = TagSet::with_texts();
        set.push(TagValue::Unsigned(value));
        set.push(TagValue::Str("eu"));
        set
    }

    #[test]
    fn tags_that_have_a_series_are_never_denied_one() {
        let hasher = RandomState::new();
        let series: Vec<u64> =
            (0..1_000).map(|value| tags::hash(&set(value), hasher.build_hasher())).collect();
        let filter = Filter::new(hasher, series.into_iter());
        assert!((0..1_000).all(|value| filter.may_have(&set(value))));
        let wrong = (1_000..101_000).filter(|value| filter.may_have(&set(*value))).count();
        assert!(wrong < 10, "{wrong} of 100,000 are asked for in vain");
    }

    #[test]
    fn without_series_there_is_nothing_to_be_asked_for() {
        let filter = Filter::new(RandomState::new(), std::iter::empty());
        assert!(!filter.may_have(&set(1)));
    }
}
