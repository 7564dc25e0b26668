//! The events of a run. Reporters see nothing else, so everything that a report shows is a field of an event.
//!
//! `report::event_log` defines which record `--events` writes for each event; `process::event_stream` sends events between processes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use swimlanes_core::events::VERSION as SCHEMA;

use crate::model::leaks::Leaks;
use crate::model::outcome::Outcome;
use crate::model::rerun::RerunCommand;
use crate::model::seed::Seed;
use crate::model::timing::Timing;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;

/// The index of a case in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct CaseIx(pub(crate) u32);

impl CaseIx {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

/// One case in one iteration, as events name it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct TestId {
    pub(crate) case: CaseIx,
    /// Not sent: the reader of events from another process fills it in.
    #[serde(skip)]
    pub(crate) name: &'static str,
    /// From 1; more than one only with `--repeat`.
    pub(crate) iteration: u32,
}

/// A fact about a run. Times count from the start of the run.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum Event {
    AttemptStarted {
        test_id: TestId,
        /// From 1.
        attempt: u32,
        worker: Slot,
        at: Duration,
    },
    AttemptFinished(AttemptFinished),
    /// Exactly one for each planned case and iteration.
    CaseFinished(CaseFinished),
    /// An attempt runs longer than most.
    Slow(Slow),
    /// A directory was kept for inspection.
    Kept {
        test_id: TestId,
        path: PathBuf,
    },
    /// A thread that outlived its test has written this after the end of the attempt.
    LateOutput {
        test_id: TestId,
        /// Known if the attempt timed out; the text is then its stack at a later time.
        attempt: Option<u32>,
        #[serde(skip)]
        output: Vec<u8>,
    },
    /// Something went wrong outside of any test.
    Diagnostic {
        message: String,
        severity: Severity,
    },
    RunFinished(RunFinished),
    /// The first event. The controller creates it, and no process sends it. serde requires variants that it skips to be the last.
    #[serde(skip)]
    RunStarted(RunStarted),
}

impl Event {
    /// The test that the event is about, if there is one.
    pub(crate) fn test_id_mut(&mut self) -> Option<&mut TestId> {
        match self {
            Self::AttemptStarted { test_id, .. } | Self::Kept { test_id, .. } | Self::LateOutput { test_id, .. } => {
                Some(test_id)
            }
            Self::AttemptFinished(finished) => Some(&mut finished.test_id),
            Self::CaseFinished(finished) => Some(&mut finished.test_id),
            Self::Slow(slow) => Some(&mut slow.test_id),
            Self::RunStarted(_) | Self::Diagnostic { .. } | Self::RunFinished(_) => None,
        }
    }
}

/// How a diagnostic affects the result of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) enum Severity {
    /// For information: for instance, a directory could not be removed.
    Note,
    /// The suite's own code failed outside of a test: the run fails.
    Failure,
    /// The harness failed, so its results cannot be trusted.
    Fault,
}

/// The first event.
#[derive(Debug, Clone)]
pub(crate) struct RunStarted {
    pub(crate) version: u32,
    pub(crate) run: Arc<str>,
    /// The binary ID of the suite; unknown in a suite with its own `main`.
    pub(crate) suite: Option<Arc<str>>,
    pub(crate) seed: Seed,
    /// The order was random, from the seed.
    pub(crate) shuffled: bool,
    pub(crate) workers: u32,
    /// The number of verdicts to come, for all iterations together.
    pub(crate) planned: usize,
    pub(crate) iterations: u32,
    pub(crate) filtered_out: usize,
    /// The output of tests is captured into their events; otherwise it is on the terminal already.
    pub(crate) captured: bool,
    /// The command that runs one test of the suite again.
    pub(crate) again: RerunCommand,
}

/// An attempt runs longer than most.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Slow {
    pub(crate) test_id: TestId,
    pub(crate) attempt: u32,
    pub(crate) worker: Slot,
    /// It has run for longer than this time.
    pub(crate) after: Duration,
    /// The process that it runs in.
    pub(crate) process: u32,
    /// The thread that it runs on.
    pub(crate) thread: String,
}

/// An attempt is over.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct AttemptFinished {
    pub(crate) test_id: TestId,
    pub(crate) attempt: u32,
    pub(crate) worker: Slot,
    pub(crate) at: Duration,
    pub(crate) took: Timing,
    pub(crate) outcome: Outcome,
    pub(crate) leaks: Leaks,
    /// The captured stdout and stderr of the attempt, in the order of the writes.
    #[serde(skip)]
    pub(crate) output: Vec<u8>,
}

/// A case is over.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct CaseFinished {
    pub(crate) test_id: TestId,
    pub(crate) verdict: Verdict,
    /// The worker of the last attempt; `None` if there was no attempt.
    pub(crate) worker: Option<Slot>,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// How long a free worker could not start the case because of its tags.
    pub(crate) queued: Duration,
    /// The sum of all attempts.
    pub(crate) took: Timing,
    /// It carries `#[should_panic]`, which libtest prints.
    pub(crate) should_panic: bool,
    /// The leaks of the last attempt.
    pub(crate) leaks: Leaks,
}

/// The last event.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct RunFinished {
    pub(crate) took: Duration,
    pub(crate) stopped: Option<CancelReason>,
}

/// Why a run ended before all its cases had run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum CancelReason {
    /// `--max-fail` failures were reached.
    TooManyFailures,
    /// Ctrl-C, or a signal that asks the process to end.
    Interrupted,
    /// The run took longer than its limit.
    OutOfTime,
    /// The harness itself failed.
    HarnessError,
    /// A test hangs in this process, so another process runs the remaining tests. A process ends for this reason, a run never does.
    HostRestart,
    /// The plan of this process differs from that of the controller, so it needs the controller's names. A process ends for this reason, a
    /// run never does.
    PlanMismatch,
}
