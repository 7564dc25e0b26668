//! Random interleavings, with an independent random number generator for each round.

use fastrand::Rng;

/// Chooses one of the ready actors at random.
#[derive(Debug)]
pub(crate) struct Random {
    seed: u64,
    rng: Rng,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, rng: Rng::with_seed(seed) }
    }

    pub(super) fn begin(&mut self, round: usize) {
        self.rng = round_rng(self.seed, round);
    }

    pub(super) fn choose(&mut self, ready: &[usize]) -> usize {
        ready[self.rng.usize(..ready.len())]
    }
}

/// The random number generator of a round.
pub(super) fn round_rng(seed: u64, round: usize) -> Rng {
    // Rounds with neighbouring numbers have nothing in common: the factor is odd, and its bits are those of the golden ratio.
    Rng::with_seed(seed ^ (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
