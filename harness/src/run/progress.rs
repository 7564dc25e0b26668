//! How far a case has come.

use std::time::Duration;

use crate::model::event::Told;
use crate::model::outcome::Failure;
use crate::policy::plan::Planned;

/// How far a case has come.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) told: Told,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) queued: Duration,
    /// All attempts so far.
    pub(crate) took: Duration,
    /// How the first attempt failed.
    pub(crate) first: Option<Failure>,
    pub(crate) should_panic: bool,
}

impl Progress {
    /// Of a case that no worker has begun.
    pub(crate) fn not_started(told: Told, planned: &Planned) -> Self {
        let (queued, took) = (Duration::ZERO, Duration::ZERO);
        Self { told, attempt: 0, queued, took, first: None, should_panic: planned.should_panic() }
    }
}
