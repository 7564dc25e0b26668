//! Decides which of the ready actors continues. Independent of threads, futures and time.

mod exhaustive;
mod pct;
mod random;
mod replay;
#[cfg(test)]
mod tests;

use crate::race::interleaving::Interleaving;
use crate::race::strategy::exhaustive::Exhaustive;
use crate::race::strategy::pct::Pct;
use crate::race::strategy::random::Random;
use crate::race::strategy::replay::Replay;

/// How the interleavings of a [`Race`](crate::race::Race) are chosen.
///
/// ```
/// use swimlanes_kit::race::{Explore, Race};
///
/// // Two actors with one point each have six interleavings, so the race ends after six rounds.
/// let report = Race::new(2).rounds(100).explore(Explore::All).run(|_| swimlanes_kit::point!("half way"));
/// assert_eq!(report.rounds(), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Explore {
    /// Each step chooses one of the ready actors at random, all with the same probability.
    #[default]
    Random,
    /// All interleavings, one after the other, up to the number of rounds. Those that differ in few choices from "each actor runs to its end"
    /// come first. The race ends early when there are no more. The report says whether all were run. That is unknown if rounds with the
    /// same choices behaved differently, for example because their data is not reset before each round.
    All,
    /// As `All`, but only interleavings with a limited number of preemptions: steps at which another actor continues although the last one
    /// could. Few preemptions are enough for most races (Musuvathi and Qadeer, "Iterative context bounding for systematic testing of
    /// multithreaded programs", 2007).
    Preemptions {
        /// The maximum number of preemptions.
        max: usize,
    },
    /// Probabilistic concurrency testing: actors have random priorities, and at `depth` - 1 random steps the first one becomes the last. Each
    /// round finds a race that needs `depth` ordered steps with a probability of at least 1 / (actors x steps^(depth - 1)) (Burckhardt and
    /// others, "A randomized scheduler with probabilistic guarantees of finding bugs", 2010). Depth 1 finds races that depend only on the
    /// order of the actors; 2 is enough for most. It needs more rounds than `Random`, but finds races deep in long runs.
    Pct {
        /// How many steps must come in a certain order to show the race.
        depth: usize,
    },
    /// No choices: the actors start together, and points do not stop them, as in a stress test with plain threads. For comparison.
    Free,
}

/// The state of a strategy over all rounds of a race.
#[derive(Debug)]
pub(crate) enum Strategy {
    Random(Random),
    Exhaustive(Exhaustive),
    Pct(Pct),
    Replay(Replay),
}

impl Strategy {
    /// `n_rounds` is the maximum number of rounds.
    pub(crate) fn new(explore: Explore, seed: u64, n_rounds: usize) -> Self {
        match explore {
            Explore::Random | Explore::Free => Self::Random(Random::new(seed)),
            Explore::All => Self::Exhaustive(Exhaustive::new(usize::MAX, n_rounds)),
            Explore::Preemptions { max } => Self::Exhaustive(Exhaustive::new(max, n_rounds)),
            Explore::Pct { depth } => Self::Pct(Pct::new(depth, seed)),
        }
    }

    pub(crate) fn replay(interleaving: Interleaving) -> Self {
        Self::Replay(Replay::new(interleaving))
    }

    /// A round begins.
    pub(crate) fn begin(&mut self, round: usize, n_actors: usize) {
        match self {
            Self::Random(random) => random.begin(round),
            Self::Exhaustive(exhaustive) => exhaustive.begin(),
            Self::Pct(pct) => pct.begin(round, n_actors),
            Self::Replay(replay) => replay.begin(),
        }
    }

    /// The actor that a replay expects to continue next; it is worth waiting for.
    pub(crate) fn expected_next(&self) -> Option<usize> {
        match self {
            Self::Replay(replay) => replay.expected_next(),
            Self::Random(_) | Self::Exhaustive(_) | Self::Pct(_) => None,
        }
    }

    /// Chooses one of the ready actors. `ready` is sorted and not empty; `last` is the actor that ran before.
    pub(crate) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        match self {
            Self::Random(random) => random.choose(ready),
            Self::Exhaustive(exhaustive) => exhaustive.choose(ready, last),
            Self::Pct(pct) => pct.choose(ready),
            Self::Replay(replay) => replay.choose(ready, last),
        }
    }

    /// The first step, from 1, at which a round diverged from the choices that it repeats.
    pub(crate) fn divergence(&self) -> Option<usize> {
        match self {
            Self::Replay(replay) => replay.divergence(),
            Self::Exhaustive(exhaustive) => exhaustive.divergence(),
            Self::Random(_) | Self::Pct(_) => None,
        }
    }

    /// Ends a round. `false` if there are no more interleavings.
    pub(crate) fn end(&mut self) -> bool {
        match self {
            Self::Random(_) => true,
            Self::Replay(replay) => {
                replay.end();
                true
            }
            Self::Exhaustive(exhaustive) => exhaustive.end(),
            Self::Pct(pct) => {
                pct.end();
                true
            }
        }
    }
}
