//! All interleavings, one after the other, beginning with those that differ in few choices.

use std::collections::VecDeque;

/// Enumerates all interleavings: first the one in which each actor runs to its end, then those that differ from it in one choice, in two,
/// and so on, so those with few preemptions come first.
///
/// Each interleaving is derived from a parent: it repeats the choices of the parent up to the last choice that differs.
#[derive(Debug)]
pub(crate) struct Exhaustive {
    max_preemptions: usize,
    /// The number of remaining rounds.
    n_remaining: usize,
    /// The prefixes of future rounds, up to the last choice that differs.
    prefixes: VecDeque<Vec<Choice>>,
    prefix: Vec<Choice>,
    /// The choices of this round.
    choices: Vec<Choice>,
    preemptions: usize,
    divergence: Option<usize>,
}

/// Which of how many alternatives was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    ix: usize,
    n: usize,
}

impl Exhaustive {
    pub(super) fn divergence(&self) -> Option<usize> {
        self.divergence
    }

    pub(super) fn new(max_preemptions: usize, n_rounds: usize) -> Self {
        let prefixes = VecDeque::from([Vec::new()]);
        let (prefix, choices) = (Vec::new(), Vec::new());
        Self { max_preemptions, n_remaining: n_rounds, prefixes, prefix, choices, preemptions: 0, divergence: None }
    }

    pub(super) fn begin(&mut self) {
        self.prefix = self.prefixes.pop_front().unwrap_or_default();
        self.n_remaining = self.n_remaining.saturating_sub(1);
        self.choices.clear();
        self.preemptions = 0;
    }

    pub(super) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        let last = last.filter(|last| ready.contains(last));
        let others = ready.iter().copied().filter(|&actor| Some(actor) != last);
        let mut alternatives: Vec<usize> = last.into_iter().chain(others).collect();
        if last.is_some() && self.preemptions >= self.max_preemptions {
            alternatives.truncate(1);
        }
        let before = self.prefix.get(self.choices.len());
        // Code that is not deterministic can have other alternatives here than in the parent round.
        let ix = before.map_or(0, |before| before.ix).min(alternatives.len() - 1);
        self.choices.push(Choice { ix, n: alternatives.len() });
        if before.is_some_and(|before| before.n != alternatives.len()) {
            self.divergence.get_or_insert(self.choices.len());
        }
        self.preemptions += usize::from(last.is_some_and(|last| last != alternatives[ix]));
        alternatives[ix]
    }

    pub(super) fn end(&mut self) -> bool {
        if self.choices.len() < self.prefix.len() {
            self.divergence.get_or_insert(self.choices.len() + 1);
        }
        for step in self.prefix.len()..self.choices.len() {
            let n = self.choices[step].n;
            for ix in 1..n {
                // One prefix more than remaining rounds records that there are more.
                if self.prefixes.len() <= self.n_remaining {
                    self.prefixes.push_back([&self.choices[..step], &[Choice { ix, n }]].concat());
                }
            }
        }
        !self.prefixes.is_empty()
    }
}
