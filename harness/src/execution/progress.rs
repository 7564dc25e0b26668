//! How far a case has come.

use std::time::Duration;

use crate::model::event::TestId;
use crate::model::leaks::Leaks;
use crate::model::outcome::Failure;
use crate::model::protocol::CaseProgress;
use crate::model::timing::Timing;
use crate::model::worker::Slot;
use crate::plan::Planned;

/// How far a case has come.
#[derive(Debug, Clone)]
pub(crate) struct TestProgress {
    pub(crate) test_id: TestId,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) queued: Duration,
    /// All attempts so far.
    pub(crate) took: Timing,
    /// How the first attempt failed.
    pub(crate) first: Option<Failure>,
    pub(crate) should_panic: bool,
    /// What the last attempt left behind.
    pub(crate) leaks: Leaks,
    /// Its rest before the next attempt is over.
    pub(crate) has_rested: bool,
    /// Where the last attempt failed, if it was in this process.
    pub(crate) failed_on: Option<Slot>,
}

impl TestProgress {
    /// Of a case that is to run now; other processes may have begun it.
    pub(crate) fn of(test_id: TestId, planned: &Planned, queued: Duration, progress: Option<&CaseProgress>) -> Self {
        let progress = progress.cloned().unwrap_or_default();
        let should_panic = planned.should_panic();
        let (attempt, took, first) = (progress.attempts, progress.took, progress.first);
        let (leaks, has_rested, failed_on) = (Leaks::default(), false, None);
        Self { test_id, attempt, queued, took, first, should_panic, leaks, has_rested, failed_on }
    }

    /// Of a case that no worker has begun.
    pub(crate) fn not_started(test_id: TestId, planned: &Planned) -> Self {
        Self::of(test_id, planned, Duration::ZERO, None)
    }
}
