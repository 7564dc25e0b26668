//! The result of a round.

use crate::race::interleaving::Interleaving;
use crate::together::ActorPanic;

/// The result of a round.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoundResult {
    /// The error of each actor, if there is one.
    pub(crate) errors: Vec<Option<String>>,
    /// The error of the hook after the round, or why the round was cut.
    pub(crate) after_error: Option<String>,
    /// `None` if the actors ran freely.
    pub(crate) interleaving: Option<Interleaving>,
    /// How many points without `async` were passed in futures, which they cannot stop.
    pub(crate) n_sync_points: usize,
}

impl RoundResult {
    /// The result of a round whose actors ran freely.
    pub(crate) fn free(outcomes: Vec<Result<Option<String>, ActorPanic>>) -> Self {
        let errors =
            outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|panic| Some(panic_error(&panic)))).collect();
        Self { errors, ..Self::default() }
    }

    /// How often an actor was stopped at a point.
    pub(crate) fn n_stops(&self) -> usize {
        self.interleaving.as_ref().map_or(0, Interleaving::n_stops)
    }

    pub(crate) fn is_failure(&self) -> bool {
        self.after_error.is_some() || self.errors.iter().any(Option::is_some)
    }
}

/// A panic as an error of the code under test.
pub(crate) fn panic_error(panic: &ActorPanic) -> String {
    format!("panicked: {}", panic.text())
}

/// The error of a round with too many steps.
pub(crate) fn step_limit_error(n_steps: usize) -> String {
    format!("not finished after {n_steps} steps: does an actor poll for the work of another actor?")
}
