//! The hash of an execution's tags.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// What hashes are made with: random for each process, so that who chooses tag values cannot choose
/// collisions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed([u64; 3]);

impl Default for Seed {
    fn default() -> Self {
        static OF_PROCESS: OnceLock<Seed> = OnceLock::new();
        *OF_PROCESS.get_or_init(|| {
            let random = RandomState::new();
            Self([0, 1, 2].map(|word| random.hash_one(word) | 1))
        })
    }
}

impl Seed {
    /// Mixes the words into 64 bits, each step a folded multiplication (as in Wang Yi's wyhash).
    #[inline]
    pub(super) fn hash(self, words: &[u64]) -> u64 {
        let Self([first, second, third]) = self;
        let (pairs, rest) = words.as_chunks::<2>();
        let mut hash = first;
        for [even, odd] in pairs {
            hash = folded(even ^ second, odd ^ hash);
        }
        let last = rest.first().copied().unwrap_or_default();
        folded(last ^ second, hash ^ words.len() as u64 ^ third)
    }
}

/// Both halves of the product, one upon the other.
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
        let seed = Seed::default();
        let hashes: Vec<u64> =
            (0..10_000).map(|n| seed.hash(&[n << 8 | 4, 7 << 8 | 3, n])).collect();
        for shift in [0, 32] {
            let buckets: HashSet<u64> = hashes.iter().map(|hash| hash >> shift & 0x3fff).collect();
            // 16,384 places for 10,000 hashes: about 7,500 are hit by chance.
            assert!(buckets.len() > 7_000, "{} at {shift}", buckets.len());
        }
    }
}
