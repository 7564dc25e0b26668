//! Repeats an interleaving, and notes where it does not fit.

use std::collections::VecDeque;

use crate::race::interleaving::Interleaving;

/// Repeats an interleaving.
#[derive(Debug)]
pub(crate) struct Replay {
    interleaving: Interleaving,
    /// Who is to go on, from the next step on.
    left: VecDeque<usize>,
    step: usize,
    /// The first step at which another one went on.
    misfit: Option<usize>,
}

impl Replay {
    pub(super) fn new(interleaving: Interleaving) -> Self {
        Self { interleaving, left: VecDeque::new(), step: 0, misfit: None }
    }

    pub(super) fn misfit(&self) -> Option<usize> {
        self.misfit
    }

    pub(super) fn wanted(&self) -> Option<usize> {
        self.left.front().copied()
    }

    pub(super) fn begin(&mut self) {
        self.left = self.interleaving.actors().collect();
        self.step = 0;
    }

    pub(super) fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        self.step += 1;
        if let Some(wanted) = self.left.pop_front().filter(|wanted| ready.contains(wanted)) {
            return wanted;
        }
        self.misfit.get_or_insert(self.step);
        // In turns, as nobody may be the one that all others wait for.
        let next = ready.iter().copied().find(|&actor| last.is_none_or(|last| actor > last));
        next.unwrap_or(ready[0])
    }

    pub(super) fn end(&mut self) {
        if !self.left.is_empty() {
            self.misfit.get_or_insert(self.step + 1);
        }
    }
}
