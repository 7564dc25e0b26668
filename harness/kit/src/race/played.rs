//! What a round has come to.

use crate::race::interleaving::Interleaving;

/// A round that is over.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    /// Of each actor, what went wrong.
    pub(crate) errors: Vec<Option<String>>,
    /// What did not hold after it.
    pub(crate) after: Option<String>,
    /// `None` if nobody chose.
    pub(crate) interleaving: Option<Interleaving>,
    /// How many points could not stop anybody, as they were those of threads, in a future.
    pub(crate) n_passed: usize,
}

impl Played {
    pub(crate) fn is_failure(&self) -> bool {
        self.after.is_some() || self.errors.iter().any(Option::is_some)
    }
}
