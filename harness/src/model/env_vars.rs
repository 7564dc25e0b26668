//! The variables that a suite adds to the environment of the processes that run its tests.

use std::fmt;
use std::sync::Arc;

use crate::model::worker::Worker;

type VariableValue = Arc<dyn Fn(&Worker) -> String + Send + Sync>;

/// Names, and functions that return their values for a worker.
#[derive(Clone, Default)]
pub(crate) struct Variables(Vec<(String, VariableValue)>);

impl Variables {
    /// Adds a variable.
    pub(crate) fn add(&mut self, name: &str, value: impl Fn(&Worker) -> String + Send + Sync + 'static) {
        self.0.push((name.to_owned(), Arc::new(value)));
    }

    /// The variables for the processes of this worker. If a name occurs twice, the later value counts.
    pub(crate) fn of(&self, worker: &Worker) -> impl Iterator<Item = (String, String)> {
        self.0.iter().map(|(name, value)| (name.clone(), value(worker)))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
