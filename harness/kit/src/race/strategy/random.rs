//! Chance from a seed, for each round anew.

use fastrand::Rng;

/// What is chosen by chance in that round.
pub(super) fn of_round(seed: u64, round: usize) -> Rng {
    // Rounds with neighbouring numbers have nothing in common: the factor is odd, and its bits are those of the golden ratio.
    Rng::with_seed(seed ^ (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
