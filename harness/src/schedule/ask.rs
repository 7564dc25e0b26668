//! What the scheduler is asked, and what it answers.

use std::time::Duration;

use crate::model::event::CaseIx;
use crate::model::tags::Constraint;

/// What the scheduler knows of a case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobSpec<'a> {
    pub(crate) needs: &'a [Constraint],
    pub(crate) group: Option<&'a str>,
    /// How long it will take, as far as anybody knows.
    pub(crate) weight: Duration,
}

/// By what the next case is chosen among those that could start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The one whose chain of cases that exclude each other is longest; `serial` and `no_parallel` last.
    LongestChain,
    /// The one that stands first in the list.
    Listed,
}

/// The answer to a worker that is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Run this one. `queued` is how long a free worker could not start it because of what it needs.
    Start { case: CaseIx, queued: Duration },
    /// Nothing can start now; something will when a case finishes or a lock is released elsewhere.
    Wait,
    /// There is nothing left for this worker.
    Done,
}
