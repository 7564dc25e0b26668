//! What a run tells while it goes on. Reporters live on these alone: everything a reader can be told is a field here.
//!
//! Which record `--events` writes for each is said in `report::event_log`; how they go between processes, in `process::event_stream`.

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

/// The place of a case in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct CaseIx(pub(crate) u32);

impl CaseIx {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

/// One case in one round, as events name it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct TestId {
    pub(crate) case: CaseIx,
    /// Who reads events that another process has sent fills it in.
    #[serde(skip)]
    pub(crate) name: &'static str,
    /// From 1; more than one only with `--repeat`.
    pub(crate) iteration: u32,
}

/// One thing that happened. Moments count from the start of the run.
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
    /// Exactly one for each planned case and round.
    CaseFinished(CaseFinished),
    /// An attempt runs for longer than most.
    Slow(Slow),
    /// Something was left for somebody to look at.
    Kept {
        test_id: TestId,
        path: PathBuf,
    },
    /// A thread that a test has left behind has written this after the attempt was over.
    LateOutput {
        test_id: TestId,
        /// If it is known: that one was given up, and this says where it was later.
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
    /// The first one. TestId by the process that reports, and sent by none; serde wants variants that it skips behind the others.
    #[serde(skip)]
    RunStarted(RunStarted),
}

impl Event {
    /// The case it is about, if it is about one.
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

/// What trouble means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) enum Severity {
    /// Somebody should know: a directory could not be removed, say.
    Note,
    /// The suite's own code failed outside of a test: the run is red.
    Failure,
    /// The harness failed, and its results are not to be trusted.
    Fault,
}

/// The first event.
#[derive(Debug, Clone)]
pub(crate) struct RunStarted {
    pub(crate) version: u32,
    pub(crate) run: Arc<str>,
    pub(crate) seed: Seed,
    /// The order was drawn from the seed.
    pub(crate) shuffled: bool,
    pub(crate) workers: u32,
    /// How many cases will be told of, all rounds together.
    pub(crate) planned: usize,
    pub(crate) iterations: u32,
    pub(crate) filtered_out: usize,
    /// What tests write is kept for their events; otherwise it has gone to the terminal already.
    pub(crate) captured: bool,
    /// The command that runs one test of the suite again.
    pub(crate) again: RerunCommand,
}

/// An attempt runs for longer than most.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Slow {
    pub(crate) test_id: TestId,
    pub(crate) attempt: u32,
    pub(crate) worker: Slot,
    /// It has run longer than this.
    pub(crate) after: Duration,
    /// The process it runs in.
    pub(crate) process: u32,
    /// The thread it runs on.
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
    /// What the attempt wrote to stdout and stderr, in the order it was written.
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
    /// How many there were.
    pub(crate) attempts: u32,
    /// How long a free worker could not start it because of what it needs.
    pub(crate) queued: Duration,
    /// All attempts together.
    pub(crate) took: Timing,
    /// It carries `#[should_panic]`, which libtest prints.
    pub(crate) should_panic: bool,
    /// Of the last attempt.
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
    /// As many failed as `--max-fail` allows.
    TooManyFailures,
    /// Ctrl-C, or a signal that asks to end.
    Interrupted,
    /// It has taken longer than it may.
    OutOfTime,
    /// The harness itself failed.
    HarnessError,
    /// A test hangs in this process; another one goes on. Never the end of a run.
    HostRestart,
    /// This process has made other tests than the one that reports, and needs their names. Never the end of a run.
    PlanMismatch,
}
