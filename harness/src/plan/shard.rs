//! Decides which cases belong to one of several machines.

use crate::model::config::Shard;

/// Whether the case at `position` of the selected ones, from 0, belongs to the shard. The cases are distributed in
/// turn. So the shards differ by at most one case, and adjacent cases, which often have similar durations, are spread.
pub(crate) fn holds(shard: Shard, position: usize) -> bool {
    position % shard.n.get() as usize == shard.k.get() as usize - 1
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn each_case_is_in_exactly_one_shard() {
        for n in 1..=7 {
            for position in 0..30 {
                let shard =
                    |k| Shard { k: NonZeroU32::new(k).expect("from 1"), n: NonZeroU32::new(n).expect("from 1") };
                assert_eq!((1..=n).filter(|&k| holds(shard(k), position)).count(), 1);
            }
        }
    }
}
