//! Decides which cases belong to one of several machines.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::config::{Shard, ShardBy};
use crate::model::hash::fnv;

/// What the shard of a case depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShardItem<'a> {
    /// Cases of one group stay together. Another case is a unit of its own: its name.
    pub(crate) unit: &'a str,
    pub(crate) weight: Duration,
}

/// Whether each of the selected cases belongs to the shard. Each case belongs to exactly one of `n` shards.
pub(crate) fn holds(shard: Shard, by: ShardBy, items: &[ShardItem<'_>]) -> Vec<bool> {
    let (n, own) = (shard.n.get() as usize, shard.k.get() as usize - 1);
    match by {
        // In turn. So the shards differ by at most one case, and adjacent cases, which often have similar durations, are spread.
        ShardBy::Count => (0..items.len()).map(|position| position % n == own).collect(),
        ShardBy::Hash => items.iter().map(|item| (fnv(item.unit.as_bytes()) % n as u64) as usize == own).collect(),
        ShardBy::Time => {
            let parts = parts_of_equal_time(items, n);
            items.iter().map(|item| parts[item.unit] == own).collect()
        }
    }
}

/// The part of each unit: the longest unit first, into the part that is shortest so far. No part is then longer than 4/3 of the optimum
/// (Graham 1969, "Bounds on multiprocessing timing anomalies"). The answer depends only on the items and their order.
fn parts_of_equal_time<'a>(items: &[ShardItem<'a>], n: usize) -> HashMap<&'a str, usize> {
    let mut positions = HashMap::new();
    let mut units: Vec<(Duration, &str)> = Vec::new();
    for item in items {
        let position = *positions.entry(item.unit).or_insert(units.len());
        match units.get_mut(position) {
            Some((weight, _)) => *weight += item.weight,
            None => units.push((item.weight, item.unit)),
        }
    }
    // Stable: units of the same weight keep their order.
    units.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut loads = vec![(Duration::ZERO, 0_usize); n];
    let part_of = |(weight, unit)| {
        // Of parts with the same time, the one with fewer units: ignored tests have no weight, and are spread, too.
        let part = (0..n).min_by_key(|&part| loads[part]).unwrap_or(0);
        loads[part].0 += weight;
        loads[part].1 += 1;
        (unit, part)
    };
    units.into_iter().map(part_of).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;

    fn shard(k: u32, n: u32) -> Shard {
        Shard { k: NonZeroU32::new(k).expect("from 1"), n: NonZeroU32::new(n).expect("from 1") }
    }

    /// The part of each item; the items are in exactly one.
    fn parts(by: ShardBy, items: &[ShardItem<'_>], n: u32) -> Vec<u32> {
        let held: Vec<Vec<bool>> = (1..=n).map(|k| holds(shard(k, n), by, items)).collect();
        let part = |ix: usize| {
            let parts: Vec<u32> = (1..=n).filter(|k| held[*k as usize - 1][ix]).collect();
            assert_eq!(parts.len(), 1, "{parts:?}");
            parts[0]
        };
        (0..items.len()).map(part).collect()
    }

    fn items<'a>(units: &'a [(String, u64)]) -> Vec<ShardItem<'a>> {
        units.iter().map(|(unit, weight)| ShardItem { unit, weight: Duration::from_millis(*weight) }).collect()
    }

    proptest! {
        #[test]
        fn each_case_is_in_exactly_one_shard_and_groups_stay_together(
            units in prop::collection::vec(("[a-f]", 0..9_u64), 0..40),
            n in 1..7_u32,
        ) {
            let items = items(&units);
            for by in [ShardBy::Hash, ShardBy::Time] {
                let parts = parts(by, &items, n);
                for (item, part) in items.iter().zip(&parts) {
                    let first = items.iter().position(|other| other.unit == item.unit).expect("itself");
                    prop_assert_eq!(*part, parts[first]);
                }
            }
            let mut sizes = vec![0; n as usize];
            parts(ShardBy::Count, &items, n).into_iter().for_each(|part| sizes[part as usize - 1] += 1);
            prop_assert!(sizes.iter().max().expect("one") - sizes.iter().min().expect("one") <= 1);
        }

        /// The bound of the algorithm: without its last unit, the longest part was the shortest of all.
        #[test]
        fn longest_part_exceeds_the_mean_by_at_most_one_unit(weights in prop::collection::vec(1..50_u64, 1..40), n in 1..7_u32) {
            let units: Vec<(String, u64)> = (0..).map(|ix: u32| ix.to_string()).zip(weights).collect();
            let mut loads = vec![0; n as usize];
            let parts = parts(ShardBy::Time, &items(&units), n);
            parts.iter().zip(&units).for_each(|(part, (_, weight))| loads[*part as usize - 1] += weight);
            let (longest, total) = (loads.iter().max().expect("one"), loads.iter().sum::<u64>());
            let longest_unit = units.iter().map(|(_, weight)| *weight).max().expect("one");
            prop_assert!(longest * u64::from(n) < total + longest_unit * u64::from(n));
        }
    }

    #[test]
    fn shards_by_time_take_equally_long() {
        let units = [("a", 60), ("b", 10), ("c", 10), ("d", 10), ("e", 10), ("f", 10), ("g", 10), ("h", 0), ("i", 0)];
        let units = units.map(|(unit, weight)| (unit.to_owned(), weight));
        assert_eq!(parts(ShardBy::Time, &items(&units), 2), [1, 2, 2, 2, 2, 2, 2, 1, 1]);
    }

    #[test]
    fn shard_by_hash_of_a_test_does_not_depend_on_other_tests() {
        let units: Vec<(String, u64)> = (0..50).map(|ix| (format!("tests::number_{ix}"), 1)).collect();
        let all = items(&units);
        let parts_of_all = parts(ShardBy::Hash, &all, 4);
        assert_eq!(parts(ShardBy::Hash, &all[10..], 4), parts_of_all[10..]);
        // Recorded: machines with other versions of swimlanes must agree.
        let sizes = [1, 2, 3, 4].map(|part| parts_of_all.iter().filter(|other| **other == part).count());
        assert_eq!(sizes, [13, 12, 12, 13]);
    }
}
