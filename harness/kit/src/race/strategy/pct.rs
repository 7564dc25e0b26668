//! Probabilistic concurrency testing: priorities, and a few steps at which they change.

use crate::race::strategy::random::round_rng;

/// Probabilistic concurrency testing.
#[derive(Debug)]
pub(crate) struct Pct {
    depth: usize,
    seed: u64,
    /// The largest number of steps of a round so far.
    n_steps: usize,
    step: usize,
    /// The first has the highest priority.
    priorities: Vec<usize>,
    changes: Vec<usize>,
}

impl Pct {
    pub(super) fn new(depth: usize, seed: u64) -> Self {
        Self { depth, seed, n_steps: 0, step: 0, priorities: Vec::new(), changes: Vec::new() }
    }

    pub(super) fn begin(&mut self, round: usize, n_actors: usize) {
        let mut rng = round_rng(self.seed, round);
        self.priorities = (0..n_actors).collect();
        rng.shuffle(&mut self.priorities);
        // The number of steps is unknown before the first round: assume two points for each actor.
        let n_steps = if self.n_steps == 0 { 3 * n_actors } else { self.n_steps };
        self.changes = (1..self.depth).map(|_| rng.usize(..n_steps)).collect();
        self.step = 0;
    }

    pub(super) fn choose(&mut self, ready: &[usize]) -> usize {
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

    pub(super) fn end(&mut self) {
        self.n_steps = self.n_steps.max(self.step);
    }
}
