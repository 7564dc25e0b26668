//! Repeats an interleaving, and records where a round diverges from it.

use std::collections::VecDeque;

use crate::race::interleaving::Interleaving;

/// Repeats an interleaving.
#[derive(Debug)]
pub(crate) struct Replay {
    interleaving: Interleaving,
    /// The actors of the remaining steps.
    remaining: VecDeque<usize>,
    step: usize,
    /// The first step at which another actor continued.
    divergence: Option<usize>,
}

impl Replay {
    pub(super) fn new(interleaving: Interleaving) -> Self {
        Self { interleaving, remaining: VecDeque::new(), step: 0, divergence: None }
    }

    pub(super) fn divergence(&self) -> Option<usize> {
        self.divergence
    }

    pub(super) fn expected_next(&self) -> Option<usize> {
        self.remaining.front().copied()
    }

    pub(super) fn begin(&mut self) {
        self.remaining = self.interleaving.actors().collect();
        self.step = 0;
    }

    pub(super) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        self.step += 1;
        if let Some(expected) = self.remaining.pop_front().filter(|expected| ready.contains(expected)) {
            return expected;
        }
        self.divergence.get_or_insert(self.step);
        // In turns, so that no actor is starved while the others wait for it.
        let next = ready.iter().copied().find(|&actor| last.is_none_or(|last| actor > last));
        next.unwrap_or(ready[0])
    }

    pub(super) fn end(&mut self) {
        if !self.remaining.is_empty() {
            self.divergence.get_or_insert(self.step + 1);
        }
    }
}
