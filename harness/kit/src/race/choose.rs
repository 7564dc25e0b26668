//! Decides which of the actors that could go on does. Knows nothing of threads, futures or time.

use std::collections::VecDeque;

use fastrand::Rng;

use crate::race::interleaving::Interleaving;

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
        Self::Replay(Replay { interleaving, left: VecDeque::new(), step: 0, misfit: None })
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
            Self::Replay(replay) => replay.left.front().copied(),
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
            Self::Replay(replay) => replay.misfit,
            Self::Every(every) => every.misfit,
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

/// What is chosen by chance in that round.
fn of_round(seed: u64, round: usize) -> Rng {
    // Rounds with neighbouring numbers have nothing in common: the factor is odd, and its bits are those of the golden ratio.
    Rng::with_seed(seed ^ (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Repeats an interleaving.
#[derive(Debug)]
pub(crate) struct Replay {
    interleaving: Interleaving,
    left: VecDeque<usize>,
    step: usize,
    misfit: Option<usize>,
}

impl Replay {
    fn begin(&mut self) {
        self.left = self.interleaving.actors().collect();
        self.step = 0;
    }

    fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        self.step += 1;
        if let Some(wanted) = self.left.pop_front().filter(|wanted| ready.contains(wanted)) {
            return wanted;
        }
        self.misfit.get_or_insert(self.step);
        // In turns, as nobody may be the one that all others wait for.
        let next = ready.iter().copied().find(|&actor| last.is_none_or(|last| actor > last));
        next.unwrap_or(ready[0])
    }

    fn end(&mut self) {
        if !self.left.is_empty() {
            self.misfit.get_or_insert(self.step + 1);
        }
    }
}

/// Goes through all interleavings: first the one in which each actor goes to its end, then those that differ from it in one choice, in two,
/// and so on, so those with few preemptions first.
///
/// Each has one that it comes from: the same without its last choice that differs, and what follows that.
#[derive(Debug)]
pub(crate) struct Every {
    most_preemptions: usize,
    /// How many rounds there are still room for.
    n_left: usize,
    /// How rounds to come begin, up to the last choice that differs.
    beginnings: VecDeque<Vec<Taken>>,
    beginning: Vec<Taken>,
    /// Each step of this round.
    taken: Vec<Taken>,
    preemptions: usize,
    misfit: Option<usize>,
}

/// Of how many choices which one was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    chosen: usize,
    of: usize,
}

impl Every {
    fn new(most_preemptions: usize, n_rounds: usize) -> Self {
        let beginnings = VecDeque::from([Vec::new()]);
        let (beginning, taken) = (Vec::new(), Vec::new());
        Self { most_preemptions, n_left: n_rounds, beginnings, beginning, taken, preemptions: 0, misfit: None }
    }

    fn begin(&mut self) {
        self.beginning = self.beginnings.pop_front().unwrap_or_default();
        self.n_left = self.n_left.saturating_sub(1);
        self.taken.clear();
        self.preemptions = 0;
    }

    fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        let last = last.filter(|last| ready.contains(last));
        let others = ready.iter().copied().filter(|&actor| Some(actor) != last);
        let mut choices: Vec<usize> = last.into_iter().chain(others).collect();
        if last.is_some() && self.preemptions >= self.most_preemptions {
            choices.truncate(1);
        }
        let before = self.beginning.get(self.taken.len());
        // Code that is not deterministic can have other choices here than in the round that this one comes from.
        let chosen = before.map_or(0, |before| before.chosen).min(choices.len() - 1);
        self.taken.push(Taken { chosen, of: choices.len() });
        if before.is_some_and(|before| before.of != choices.len()) {
            self.misfit.get_or_insert(self.taken.len());
        }
        self.preemptions += usize::from(last.is_some_and(|last| last != choices[chosen]));
        choices[chosen]
    }

    fn end(&mut self) -> bool {
        if self.taken.len() < self.beginning.len() {
            self.misfit.get_or_insert(self.taken.len() + 1);
        }
        for step in self.beginning.len()..self.taken.len() {
            let of = self.taken[step].of;
            for chosen in 1..of {
                // One more than there is room for says that there are more.
                if self.beginnings.len() <= self.n_left {
                    self.beginnings.push_back([&self.taken[..step], &[Taken { chosen, of }]].concat());
                }
            }
        }
        !self.beginnings.is_empty()
    }
}

/// Probabilistic concurrency testing.
#[derive(Debug)]
pub(crate) struct Pct {
    depth: usize,
    seed: u64,
    /// The most steps that a round has had.
    n_steps: usize,
    step: usize,
    /// The first has the highest priority.
    priorities: Vec<usize>,
    changes: Vec<usize>,
}

impl Pct {
    fn new(depth: usize, seed: u64) -> Self {
        Self { depth, seed, n_steps: 0, step: 0, priorities: Vec::new(), changes: Vec::new() }
    }

    fn begin(&mut self, round: usize, n_actors: usize) {
        let mut rng = of_round(self.seed, round);
        self.priorities = (0..n_actors).collect();
        rng.shuffle(&mut self.priorities);
        // Nobody knows how many steps there are before the first round: as if each actor stopped twice.
        let n_steps = if self.n_steps == 0 { 3 * n_actors } else { self.n_steps };
        self.changes = (1..self.depth).map(|_| rng.usize(..n_steps)).collect();
        self.step = 0;
    }

    fn choose(&mut self, ready: &[usize]) -> usize {
        let first = |priorities: &[usize]| priorities.iter().copied().find(|actor| ready.contains(actor));
        let mut actor = first(&self.priorities).unwrap_or(ready[0]);
        for _ in self.changes.iter().filter(|&&change| change == self.step) {
            self.priorities.retain(|&other| other != actor);
            self.priorities.push(actor);
            actor = first(&self.priorities).unwrap_or(actor);
        }
        self.step += 1;
        actor
    }

    fn end(&mut self) {
        self.n_steps = self.n_steps.max(self.step);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Plays a round of actors that stop so many times each, and answers who went on.
    fn play(chooser: &mut Chooser, round: usize, stops: &[usize]) -> Vec<usize> {
        let mut left: Vec<usize> = stops.iter().map(|stops| stops + 1).collect();
        let mut played = Vec::new();
        chooser.begin(round, stops.len());
        loop {
            let ready: Vec<usize> = (0..left.len()).filter(|&actor| left[actor] > 0).collect();
            if ready.is_empty() {
                return played;
            }
            let actor = chooser.choose(&ready, played.last().copied());
            left[actor] -= 1;
            played.push(actor);
        }
    }

    /// All orders of as many steps, by brute force.
    fn every_order(left: &mut [usize], so_far: &mut Vec<usize>, orders: &mut BTreeSet<Vec<usize>>) {
        if left.iter().all(|&left| left == 0) {
            orders.insert(so_far.clone());
        }
        for actor in 0..left.len() {
            if left[actor] > 0 {
                left[actor] -= 1;
                so_far.push(actor);
                every_order(left, so_far, orders);
                so_far.pop();
                left[actor] += 1;
            }
        }
    }

    /// How often an actor that could have gone on had to make way.
    fn preemptions(order: &[usize]) -> usize {
        let is_left = |at: usize| order[at + 2..].contains(&order[at]);
        (0..order.len().saturating_sub(2)).filter(|&at| order[at] != order[at + 1] && is_left(at)).count()
    }

    #[track_caller]
    fn check_every(stops: &[usize], most_preemptions: usize) {
        let mut orders = BTreeSet::new();
        every_order(&mut stops.iter().map(|stops| stops + 1).collect::<Vec<_>>(), &mut Vec::new(), &mut orders);
        orders.retain(|order| preemptions(order) <= most_preemptions);
        let mut chooser = Chooser::Every(Every::new(most_preemptions, usize::MAX));
        let mut seen = BTreeSet::new();
        for round in 0.. {
            assert!(seen.insert(play(&mut chooser, round, stops)), "an interleaving came twice");
            if !chooser.end() {
                break;
            }
        }
        assert_eq!(seen, orders);
    }

    #[test]
    fn all_interleavings_come_once_each() {
        for stops in [&[0][..], &[1, 1], &[2, 1], &[0, 0, 0], &[1, 1, 1], &[2, 0, 3], &[1, 1, 0, 1]] {
            check_every(stops, usize::MAX);
        }
    }

    #[test]
    fn all_interleavings_are_known_to_be_more_than_there_was_room_for() {
        for (n_rounds, is_complete) in [(5, false), (6, true), (7, true)] {
            let mut chooser = Chooser::new(Explore::All, 0, n_rounds);
            let mut n_played = 0;
            let mut is_more = true;
            while is_more && n_played < n_rounds {
                play(&mut chooser, n_played, &[1, 1]);
                is_more = chooser.end();
                n_played += 1;
            }
            assert_eq!((n_played, is_more), (n_rounds.min(6), !is_complete));
        }
    }

    #[test]
    fn rounds_that_differ_are_noticed() {
        let mut chooser = Chooser::new(Explore::All, 0, 100);
        play(&mut chooser, 0, &[1, 1]);
        assert!(chooser.end());
        assert_eq!(chooser.misfit(), None);
        play(&mut chooser, 1, &[0, 0]);
        chooser.end();
        play(&mut chooser, 2, &[0, 0]);
        chooser.end();
        play(&mut chooser, 3, &[0]);
        assert!(chooser.misfit().is_some());
    }

    #[test]
    fn a_replay_of_another_length_is_noticed() {
        for (text, misfit) in [("0-1-0-1", None), ("0-1-0", Some(4)), ("0-1-0-1-1", Some(5)), ("1-1-1-0", Some(3))] {
            let mut chooser = Chooser::replay(text.parse().expect("an interleaving"));
            play(&mut chooser, 0, &[1, 1]);
            chooser.end();
            assert_eq!(chooser.misfit(), misfit, "{text}");
        }
    }

    #[test]
    fn few_preemptions_are_no_more() {
        for most in 0..4 {
            check_every(&[2, 2, 1], most);
        }
    }

    #[test]
    fn a_seed_gives_the_same_rounds_again() {
        for explore in [Explore::Random, Explore::Pct { depth: 3 }] {
            let rounds = |seed| {
                let mut chooser = Chooser::new(explore, seed, 20);
                (0..20).map(|round| play(&mut chooser, round, &[2, 2, 2])).collect::<Vec<_>>()
            };
            assert_eq!(rounds(7), rounds(7));
            assert_ne!(rounds(7), rounds(8));
            assert!(rounds(7).iter().collect::<BTreeSet<_>>().len() > 10, "rounds differ");
        }
    }

    #[test]
    fn pct_of_depth_one_lets_each_actor_go_to_its_end() {
        let mut chooser = Chooser::new(Explore::Pct { depth: 1 }, 7, 20);
        for round in 0..20 {
            assert_eq!(preemptions(&play(&mut chooser, round, &[2, 2, 2])), 0);
        }
    }

    #[test]
    fn pct_makes_at_most_as_many_actors_give_way_as_its_depth_says() {
        for depth in 1..5 {
            let mut chooser = Chooser::new(Explore::Pct { depth }, 7, 100);
            for round in 0..100 {
                assert!(preemptions(&play(&mut chooser, round, &[2, 2, 2, 2])) < depth);
                chooser.end();
            }
        }
    }

    #[test]
    fn a_replay_is_what_was_played() {
        let mut chooser = Chooser::replay("2-0-1-0-1-2".parse().expect("an interleaving"));
        for round in 0..3 {
            assert_eq!(play(&mut chooser, round, &[1, 1, 1]), [2, 0, 1, 0, 1, 2]);
        }
        assert_eq!(chooser.misfit(), None);
        // One that does not fit goes on all the same.
        assert_eq!(play(&mut chooser, 3, &[1, 0]).len(), 3);
        assert_eq!(chooser.misfit(), Some(1));
    }
}
