//! The hash of tag values: of their words, one after the other, as they are written.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// A hash of words, begun with numbers that are random for each process: so that who chooses tag values
/// cannot choose collisions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash {
    state: u64,
    factor: u64,
}

impl Hash {
    /// Of no words.
    #[inline]
    pub(super) fn new() -> Self {
        static OF_PROCESS: OnceLock<Hash> = OnceLock::new();
        *OF_PROCESS.get_or_init(|| {
            let random = RandomState::new();
            Self { state: random.hash_one(0), factor: random.hash_one(1) | 1 }
        })
    }

    /// Mixes one more word in.
    #[inline]
    pub(super) fn add(&mut self, word: u64) {
        self.state = folded(self.state ^ word, self.factor);
    }

    #[inline]
    pub(super) fn value(self) -> u64 {
        // Once more: after one step alone, words that count up may have hashes that crowd.
        folded(self.state, self.factor)
    }
}

/// Both halves of the product, one upon the other (as in Wang Yi's wyhash).
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hashes_spread_over_all_bits() {
        let spreads = |words: &dyn Fn(u64) -> Vec<u64>| {
            let hash_of = |words: Vec<u64>| {
                let mut hash = Hash::new();
                for word in words {
                    hash.add(word);
                }
                hash.value()
            };
            let hashes: Vec<u64> = (0..10_000).map(|n| hash_of(words(n))).collect();
            for shift in [0, 32] {
                let buckets: HashSet<u64> =
                    hashes.iter().map(|hash| hash >> shift & 0x3fff).collect();
                // 16,384 places for 10,000 hashes: about 7,500 are hit by chance.
                assert!(buckets.len() > 7_000, "{} at {shift}", buckets.len());
            }
        };
        spreads(&|n| vec![n << 8 | 4]);
        spreads(&|n| vec![n << 40 | 4]);
        spreads(&|n| vec![n << 8 | 4, 7]);
        spreads(&|n| vec![7 << 8 | 3, n]);
        spreads(&|n| vec![n / 100, 7, n % 100, 9]);
    }
}
