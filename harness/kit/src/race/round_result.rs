//! What a round has come to.

use crate::race::interleaving::Interleaving;
use crate::together::Panicked;

/// A round that is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Played {
    /// Of each actor, what went wrong.
    pub(crate) errors: Vec<Option<String>>,
    /// What did not hold after it, or why it was not chosen to its end.
    pub(crate) after: Option<String>,
    /// `None` if nobody chose.
    pub(crate) interleaving: Option<Interleaving>,
    /// How many points could not stop anybody, as they were those of threads, in a future.
    pub(crate) n_passed: usize,
}

impl Played {
    /// A round in which nobody chose.
    pub(crate) fn free(ended: Vec<Result<Option<String>, Panicked>>) -> Self {
        let errors = ended.into_iter().map(|ended| ended.unwrap_or_else(|panicked| Some(shown(&panicked)))).collect();
        Self { errors, ..Self::default() }
    }

    /// How often an actor was stopped.
    pub(crate) fn n_stops(&self) -> usize {
        self.interleaving.as_ref().map_or(0, Interleaving::n_stops)
    }

    pub(crate) fn is_failure(&self) -> bool {
        self.after.is_some() || self.errors.iter().any(Option::is_some)
    }
}

/// A panic as an error of the code under test.
pub(crate) fn shown(panicked: &Panicked) -> String {
    format!("panicked: {}", panicked.text())
}

/// Why nobody chooses any more.
pub(crate) fn too_long(n_steps: usize) -> String {
    format!("not through after {n_steps} steps: does an actor look again and again for what another one has to do?")
}
