//! Chance for the sample year: each part of the story has dice of its own, so that the same seed tells the same story in any order.

use crate::rng::Rng;
use jiff::Timestamp;
use uuid::Uuid;

/// Dice of one part of the story.
pub(super) struct Dice(Rng);

impl Dice {
    /// Dice for a part that is named by numbers.
    pub(super) fn of(seed: u64, part: &[u64]) -> Self {
        let mixed = part.iter().fold(seed, |sum, n| scramble(sum ^ n.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        Self(Rng::seeded(mixed))
    }

    /// Dice whose throws nobody can repeat, for what is secret.
    pub(super) fn secret(rng: &Rng) -> Self {
        Self(rng.clone())
    }

    /// At least 0 and below 1.
    pub(super) fn share(&self) -> f64 {
        (u64::from_be_bytes(self.0.bytes()) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True in this share of cases.
    pub(super) fn chance(&self, share: f64) -> bool {
        self.share() < share
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn within(&self, low: i64, high: i64) -> i64 {
        low + (self.share() * (high - low + 1) as f64) as i64
    }

    /// A place below a length.
    pub(super) fn place(&self, length: usize) -> usize {
        (self.share() * length as f64) as usize
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[self.place(of.len())]
    }

    /// One of several by weight.
    pub(super) fn weighted<T: Copy>(&self, of: &[(f64, T)]) -> T {
        let mut left = self.share() * of.iter().map(|(weight, _)| weight).sum::<f64>();
        for (weight, value) in of {
            left -= weight;
            if left < 0.0 {
                return *value;
            }
        }
        of[of.len() - 1].1
    }

    /// An id of a moment.
    pub(super) fn id(&self, at: Timestamp) -> Uuid {
        self.0.id(at)
    }
}

/// A 64-bit mixer (the finaliser of SplitMix64): neighbours become strangers.
fn scramble(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Turns running numbers into 45 bits that look like any other session id: one to one, so that no two are alike.
pub(super) fn session_bits(seed: u64, number: u64) -> u64 {
    const MASK: u64 = (1 << 45) - 1;
    (0..3).fold(number & MASK, |bits, round| {
        let bits = (bits ^ (scramble(seed.wrapping_add(round)) & MASK)).wrapping_mul(0x9e37_79b9_7f4a_7c15) & MASK;
        bits ^ (bits >> 23)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_running_numbers_get_the_same_session_id() {
        let bits: std::collections::HashSet<u64> = (0..200_000).map(|n| session_bits(7, n * 4099)).collect();
        assert_eq!(bits.len(), 200_000);
        assert!(bits.iter().all(|b| b >> 45 == 0));
    }

    #[test]
    fn weights_are_kept_and_a_seed_tells_the_same_again() {
        let dice = Dice::of(1, &[2, 3]);
        let heads = (0..10_000).filter(|_| dice.weighted(&[(3.0, true), (1.0, false)])).count();
        assert!((7_000..8_000).contains(&heads), "{heads}");
        assert!((0..1000).all(|_| (2..=4).contains(&dice.within(2, 4))));
        let id = |part: &[u64]| Dice::of(1, part).id(Timestamp::UNIX_EPOCH);
        assert_eq!(id(&[2, 3]), id(&[2, 3]));
        assert_ne!(id(&[2, 3]), id(&[3, 2]));
    }
}
