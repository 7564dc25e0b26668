//! Decides the order of the runs, and their seeds.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use swimlanes_core::split_mix::SplitMix64;

use crate::stability::model::PlannedRun;

/// Seeds are below this, so that they are easy to type.
const SEEDS: u64 = 1_000_000_000;

/// All runs of a campaign, in their order.
///
/// Levels alternate between ascending and descending order, such as 1,2,4,4,2,1. If all runs of one level came first, a gradual change of
/// the machine would look like an effect of the level. Suites take turns, so that an interrupted campaign has run all of them.
pub(super) fn plan(n_suites: usize, runs: u32, levels: &[u32], seed: u64) -> Vec<PlannedRun> {
    let rounds = (0..runs).flat_map(|round| (0..n_suites).map(move |suite| (round, suite)));
    let planned = rounds.flat_map(|(round, suite)| {
        let block: Vec<(usize, u32)> = match round % 2 {
            0 => levels.iter().copied().enumerate().collect(),
            _ => levels.iter().copied().enumerate().rev().collect(),
        };
        block.into_iter().map(move |(level_ix, level)| {
            // The seeds of a suite do not depend on the other suites of the campaign.
            let ix = u64::from(round) * levels.len() as u64 + level_ix as u64;
            PlannedRun { suite, level, seed: SplitMix64::nth(seed, ix) % SEEDS }
        })
    });
    planned.collect()
}

/// A random seed.
pub(super) fn fresh_seed() -> u64 {
    // The standard library seeds its hash maps from the system's source of randomness.
    RandomState::new().build_hasher().finish() % SEEDS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check(n_suites: usize, runs: u32, levels: &[u32], expected: &str) {
        let suites = ["a", "b", "c"];
        let planned = plan(n_suites, runs, levels, 7);
        let words: Vec<_> = planned.iter().map(|run| format!("{}{}", suites[run.suite], run.level)).collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn levels_alternate_between_ascending_and_descending() {
        check(1, 4, &[1, 2, 4], "a1 a2 a4 a4 a2 a1 a1 a2 a4 a4 a2 a1");
        check(1, 3, &[8], "a8 a8 a8");
    }

    #[test]
    fn suites_take_turns() {
        check(2, 2, &[1, 4], "a1 a4 b1 b4 a4 a1 b4 b1");
        check(0, 2, &[1, 4], "");
    }

    #[test]
    fn seeds_are_those_of_the_campaign_and_differ_from_run_to_run() {
        let seeds =
            |n_suites, seed| plan(n_suites, 100, &[1, 2, 4], seed).iter().map(|run| run.seed).collect::<Vec<_>>();
        assert_eq!(seeds(1, 7), seeds(1, 7));
        assert_eq!(seeds(1, 7).into_iter().collect::<BTreeSet<_>>().len(), 300);
        assert_eq!(seeds(1, 7)[..3], [892_374_487, 594_955_804, 815_609_346]);
        assert_eq!(&seeds(1, 7)[..3], &seeds(2, 7)[..3]);
        assert_ne!(seeds(1, 7), seeds(1, 8));
    }
}
