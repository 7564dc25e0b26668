//! Chance as a value: a seed that is printed, and can be given again.

use std::fmt;

use crate::model::hash::fnv;

/// What every random choice of a run is derived from.
///
/// It is printed with the run and with every failure; `--shuffle-seed` and `--seed` take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Seed(u64);

impl Seed {
    /// The seed with this value.
    pub(crate) const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The seed that stands for a name: its hash, cut to a number that can be typed.
    pub(crate) fn from_name(name: &str) -> Self {
        Self(fnv(name.as_bytes()) % 1_000_000_000)
    }

    /// The number that gives this seed again.
    pub(crate) const fn value(self) -> u64 {
        self.0
    }

    /// A number up to `most` that depends on the seed, the name and the number alone.
    pub(crate) fn draw(self, name: &str, number: u32, most: u64) -> u64 {
        let from_name = Chance(self.0).next() ^ Self::from_name(name).0;
        let from_number = Chance(from_name).next() ^ u64::from(number);
        let above = u128::from(most) + 1;
        ((u128::from(Chance(from_number).next()) * above) >> 64) as u64
    }

    /// Puts `items` in an order that depends on the seed and their number alone (Fisher and Yates).
    pub(crate) fn shuffle<T>(self, items: &mut [T]) {
        let mut chance = Chance(self.0);
        for last in (1..items.len()).rev() {
            items.swap(last, chance.below(last + 1));
        }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, seeded by any number, good enough to shuffle with.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by the high half of a product (Lemire, 2019). Its bias is below 2^-40 for any list of
    /// tests.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seed: u64, expected: [u32; 6]) {
        let mut items = [0, 1, 2, 3, 4, 5];
        Seed::new(seed).shuffle(&mut items);
        assert_eq!(items, expected);
    }

    #[test]
    fn an_order_depends_on_the_seed_alone() {
        check(1, [2, 0, 1, 4, 5, 3]);
        check(1, [2, 0, 1, 4, 5, 3]);
        check(2, [1, 0, 4, 2, 5, 3]);
    }

    #[test]
    fn every_item_comes_first_about_equally_often() {
        let mut first = [0_u32; 5];
        for seed in 0..5_000 {
            let mut items = [0, 1, 2, 3, 4];
            Seed::new(seed).shuffle(&mut items);
            first[items[0]] += 1;
        }
        assert!(first.iter().all(|&n| (850..1150).contains(&n)), "{first:?}");
    }
}
