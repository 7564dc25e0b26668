//! The seed of random choices, which is printed and can be set.

use std::fmt;

use swimlanes_core::split_mix::SplitMix64;

use crate::model::hash::fnv;

/// The seed for the random choices of a test. A fixture: write `seed: Seed` among the parameters of a test.
///
/// It is derived from the seed of the run, the name of the test and the number of the attempt. So two tests of a run make different
/// choices, a retry makes other choices than the attempt before, and the command that the report prints below a failure repeats those of
/// the first attempt. They do not depend on the worker, the order or other tests.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn sorts(seed: Seed) {
///     let mut state = seed.value();
///     let mut numbers: Vec<u64> = (0..100)
///         .map(|_| {
///             state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
///             state
///         })
///         .collect();
///     numbers.sort();
///     assert!(numbers.is_sorted(), "seed {seed}");
/// }
/// # fn main() {}
/// ```
///
/// In a fixture that several tests share (scope `"worker"`, `"process"` or `"run"`), it is derived from the seed of the run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// The seed with this value.
    pub(crate) const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The seed of a name: its hash, reduced to a number that is easy to type.
    pub(crate) fn from_name(name: &str) -> Self {
        Self(fnv(name.as_bytes()) % 1_000_000_000)
    }

    /// The number, for instance for `seed_from_u64` of the crate rand. It uses all 64 bits.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// A random number up to `most`, which depends only on the seed, the name and the number.
    pub(crate) fn draw(self, name: &str, number: u32, most: u64) -> u64 {
        let from_name = SplitMix64::new(self.0).draw() ^ Self::from_name(name).0;
        let from_number = SplitMix64::new(from_name).draw() ^ u64::from(number);
        SplitMix64::new(from_number).draw_up_to(most)
    }

    /// The seed of an attempt of a test, in a run with this seed.
    pub(crate) fn of_attempt(self, test: &str, attempt: u32) -> Self {
        Self(self.draw(test, attempt, u64::MAX))
    }

    /// Shuffles `items`. The order depends only on the seed and their number.
    pub(crate) fn shuffle<T>(self, items: &mut [T]) {
        SplitMix64::new(self.0).shuffle(items);
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[track_caller]
    fn check(seed: u64, name: &str, number: u32, most: u64, expected: u64) {
        assert_eq!(Seed::new(seed).draw(name, number, most), expected);
    }

    #[test]
    fn draws_are_deterministic() {
        check(1, "a", 1, 1_000_000_000, 58_584_001);
        check(2, "a", 1, 1_000_000_000, 738_379_555);
        check(1, "b", 1, 1_000_000_000, 636_399_065);
        check(1, "a", 2, 1_000_000_000, 461_308_221);
        check(1, "a", 1, u64::MAX, 1_080_684_079_793_688_357);
    }
}
