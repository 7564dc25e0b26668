//! SplitMix64: the random numbers of a seed. The numbers of a seed never change between versions: the same seed always gives the same
//! order, the same delays and the same campaign.

/// Two to the power of 64, divided by the golden ratio; odd.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The generator of Steele, Lea and Flood (2014): small, seeded by any number, and good enough for shuffling. **Warning:** it is not
/// suitable for secrets.
///
/// ```
/// use swimlanes_core::split_mix::SplitMix64;
///
/// let mut numbers = SplitMix64::new(1_234_567);
/// assert_eq!(numbers.draw(), 6_457_827_717_110_365_317);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The numbers of this seed, from the first one.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The number of this seed with this index, from 0.
    ///
    /// ```
    /// use swimlanes_core::split_mix::SplitMix64;
    ///
    /// let mut numbers = SplitMix64::new(7);
    /// numbers.draw();
    /// assert_eq!(SplitMix64::nth(7, 1), numbers.draw());
    /// ```
    pub const fn nth(seed: u64, ix: u64) -> u64 {
        Self(seed.wrapping_add(ix.wrapping_mul(GAMMA))).draw()
    }

    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number that is at most `most`. Its bias is below `most` / 2^64.
    ///
    /// ```
    /// use swimlanes_core::split_mix::SplitMix64;
    ///
    /// assert!(SplitMix64::new(7).draw_up_to(5) <= 5);
    /// assert_eq!(SplitMix64::new(7).draw_up_to(u64::MAX), SplitMix64::new(7).draw());
    /// ```
    pub const fn draw_up_to(&mut self, most: u64) -> u64 {
        // The high half of a product (Lemire, 2019).
        ((self.draw() as u128 * (most as u128 + 1)) >> 64) as u64
    }

    /// Puts the items in an order that depends only on the seed and the number of items (Fisher and Yates).
    ///
    /// ```
    /// use swimlanes_core::split_mix::SplitMix64;
    ///
    /// let mut items = [0, 1, 2, 3, 4, 5];
    /// SplitMix64::new(1).shuffle(&mut items);
    /// assert_eq!(items, [2, 0, 1, 4, 5, 3]);
    /// ```
    pub fn shuffle<T>(mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.draw_up_to(last as u64) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected numbers come from the C code of the generator's authors.
    #[track_caller]
    fn check(seed: u64, expected: [u64; 5]) {
        let mut numbers = SplitMix64::new(seed);
        assert_eq!([(); 5].map(|()| numbers.draw()), expected);
        assert_eq!([0, 1, 2, 3, 4].map(|ix| SplitMix64::nth(seed, ix)), expected);
    }

    #[test]
    fn numbers_match_the_split_mix_64_reference() {
        check(
            1_234_567,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ],
        );
        check(
            0,
            [
                16_294_208_416_658_607_535,
                7_960_286_522_194_355_700,
                487_617_019_471_545_679,
                17_909_611_376_780_542_444,
                1_961_750_202_426_094_747,
            ],
        );
    }

    #[track_caller]
    fn check_order(seed: u64, expected: [u32; 6]) {
        let mut items = [0, 1, 2, 3, 4, 5];
        SplitMix64::new(seed).shuffle(&mut items);
        assert_eq!(items, expected);
    }

    #[test]
    fn shuffled_order_depends_only_on_the_seed() {
        check_order(1, [2, 0, 1, 4, 5, 3]);
        check_order(1, [2, 0, 1, 4, 5, 3]);
        check_order(2, [1, 0, 4, 2, 5, 3]);
    }

    #[test]
    fn every_item_comes_first_about_equally_often() {
        let mut first = [0_u32; 5];
        for seed in 0..5_000 {
            let mut items = [0, 1, 2, 3, 4];
            SplitMix64::new(seed).shuffle(&mut items);
            first[items[0]] += 1;
        }
        assert!(first.iter().all(|&n| (850..1150).contains(&n)), "{first:?}");
    }
}
