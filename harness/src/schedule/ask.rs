//! The input of the scheduler, and its answers.

use std::time::Duration;

use crate::model::event::CaseIx;
use crate::model::tags::Constraint;

/// What the scheduler knows about a test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobSpec<'a> {
    pub(crate) needs: &'a [Constraint],
    pub(crate) group: Option<&'a str>,
    /// The expected duration.
    pub(crate) weight: Duration,
}

/// How the next test is chosen among those that could start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The test whose chain of mutually exclusive tests is longest; `serial` and `no_parallel` last.
    LongestChain,
    /// The first test of the list.
    Listed,
}

/// The answer to a free worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Run this test. `queued` is how long a free worker could not start it because of its needs.
    Start { case: CaseIx, queued: Duration },
    /// Nothing can start now; something can when a test finishes or another process releases a lock.
    Wait,
    /// Nothing remains for this worker.
    Done,
}
