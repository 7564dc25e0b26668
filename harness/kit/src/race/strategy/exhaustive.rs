//! One interleaving after the other, those first that differ in few choices.

use std::collections::VecDeque;

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
    pub(super) fn misfit(&self) -> Option<usize> {
        self.misfit
    }

    pub(super) fn new(most_preemptions: usize, n_rounds: usize) -> Self {
        let beginnings = VecDeque::from([Vec::new()]);
        let (beginning, taken) = (Vec::new(), Vec::new());
        Self { most_preemptions, n_left: n_rounds, beginnings, beginning, taken, preemptions: 0, misfit: None }
    }

    pub(super) fn begin(&mut self) {
        self.beginning = self.beginnings.pop_front().unwrap_or_default();
        self.n_left = self.n_left.saturating_sub(1);
        self.taken.clear();
        self.preemptions = 0;
    }

    pub(super) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
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

    pub(super) fn end(&mut self) -> bool {
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
