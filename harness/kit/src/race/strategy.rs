//! Decides which of the actors that could go on does. Knows nothing of threads, futures or time.

mod exhaustive;
mod pct;
mod random;
mod replay;
#[cfg(test)]
mod tests;

use fastrand::Rng;

use crate::race::interleaving::Interleaving;
use crate::race::strategy::exhaustive::Every;
use crate::race::strategy::pct::Pct;
use crate::race::strategy::random::of_round;
use crate::race::strategy::replay::Replay;

/// How the interleavings of a [`Race`](crate::race::Race) are chosen.
///
/// ```
/// use swimlanes_kit::race::{Explore, Race};
///
/// // Two actors that stop once each: six interleavings, and no more rounds than that.
/// let report = Race::new(2).rounds(100).explore(Explore::All).run(|_| swimlanes_kit::point!("half way"));
/// assert_eq!(report.rounds(), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Explore {
    /// At each step any actor, all with the same chance.
    #[default]
    Random,
    /// All interleavings, one after the other, up to the number of rounds: first those that differ in few choices from "each actor goes to its
    /// end". It ends early when there are no more; the report says whether it has seen them all, and whether rounds differed although their
    /// choices were the same, as they do if something is not made anew for each: then that is not known.
    All,
    /// As `All`, but only those in which an actor that could go on has to make way at most so many times. Few are enough for most races
    /// (Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs", 2007), and with many actors all
    /// are too many.
    Preemptions {
        /// How many times at most.
        at_most: usize,
    },
    /// Actors have priorities by chance, and at `depth` - 1 steps by chance the first one becomes the last: a race that takes so many
    /// steps in one order is found in each round with a chance of at least 1 / (actors x steps^(depth - 1)) (Burckhardt and others,
    /// "A randomized scheduler with probabilistic guarantees of finding bugs", 2010). 1 for races that a mere order of the actors
    /// shows, 2 for most. It takes more rounds than `Random`, and finds what that hardly ever finds: races far into long runs.
    Pct {
        /// How many steps have to come in one order for the race to be seen.
        depth: usize,
    },
    /// Nobody chooses: the actors start together, and points do not stop them. What a stress test with plain threads sees, to compare.
    Free,
}

/// What chooses, over all rounds of a race.
#[derive(Debug)]
pub(crate) enum Chooser {
    Random { seed: u64, rng: Rng },
    Every(Every),
    Pct(Pct),
    Replay(Replay),
}

impl Chooser {
    /// `n_rounds`: how many are played at most.
    pub(crate) fn new(explore: Explore, seed: u64, n_rounds: usize) -> Self {
        match explore {
            Explore::Random | Explore::Free => Self::Random { seed, rng: Rng::with_seed(seed) },
            Explore::All => Self::Every(Every::new(usize::MAX, n_rounds)),
            Explore::Preemptions { at_most } => Self::Every(Every::new(at_most, n_rounds)),
            Explore::Pct { depth } => Self::Pct(Pct::new(depth, seed)),
        }
    }

    pub(crate) fn replay(interleaving: Interleaving) -> Self {
        Self::Replay(Replay::new(interleaving))
    }

    /// A round begins.
    pub(crate) fn begin(&mut self, round: usize, n_actors: usize) {
        match self {
            Self::Random { seed, rng } => *rng = of_round(*seed, round),
            Self::Every(every) => every.begin(),
            Self::Pct(pct) => pct.begin(round, n_actors),
            Self::Replay(replay) => replay.begin(),
        }
    }

    /// Who should go on next, if that was said before: it is worth waiting for.
    pub(crate) fn wanted(&self) -> Option<usize> {
        match self {
            Self::Replay(replay) => replay.wanted(),
            Self::Random { .. } | Self::Every(_) | Self::Pct(_) => None,
        }
    }

    /// One of those that are ready: there is at least one, and they are sorted. `last` went on before.
    pub(crate) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        match self {
            Self::Random { rng, .. } => ready[rng.usize(..ready.len())],
            Self::Every(every) => every.choose(ready, last),
            Self::Pct(pct) => pct.choose(ready),
            Self::Replay(replay) => replay.choose(ready, last),
        }
    }

    /// At which step, from 1, a round first went another way than it was to go.
    pub(crate) fn misfit(&self) -> Option<usize> {
        match self {
            Self::Replay(replay) => replay.misfit(),
            Self::Every(every) => every.misfit(),
            Self::Random { .. } | Self::Pct(_) => None,
        }
    }

    /// A round is over. `false` if there is nothing else to see.
    pub(crate) fn end(&mut self) -> bool {
        match self {
            Self::Random { .. } => true,
            Self::Replay(replay) => {
                replay.end();
                true
            }
            Self::Every(every) => every.end(),
            Self::Pct(pct) => {
                pct.end();
                true
            }
        }
    }
}
