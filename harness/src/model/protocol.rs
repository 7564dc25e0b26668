//! What a process of the workers is to do, as the one that reports tells it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::config::{Keep, Leak};
use crate::model::event::CaseIx;
use crate::model::leaks::Leaks;
use crate::model::outcome::{Failure, Outcome};
use crate::model::seed::Seed;
use crate::model::timing::Timing;
use crate::model::worker::Slot;

/// One case in one round.
pub(crate) type TestKey = (CaseIx, u32);

/// What a process was started for.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum ProcessRole {
    /// Runs the plan on worker threads.
    TestHost(HostSpec),
    /// Runs the attempts that it is asked for, one after the other.
    Worker(WorkerSpec),
    /// Makes copies of itself, each of which receives a [`WorkerSpec`].
    ForkServer,
    /// Makes and keeps what all processes of the run share.
    FixtureServer(FixtureServerSpec),
}

/// The run that a process belongs to.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct RunInfo {
    pub(crate) id: Arc<str>,
    pub(crate) seed: Seed,
    /// When it started, in nanoseconds of the machine's monotonic clock.
    pub(crate) epoch_nanos: u64,
    /// The process whose end is that of the run; `None`: cargo-nextest.
    pub(crate) runner: Option<u32>,
}

/// For a process that runs what is left of a plan. It makes the plan itself, and is sent [`ResumeState`] meanwhile.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct HostSpec {
    pub(crate) run: RunInfo,
}

/// For a process that serves one worker.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct WorkerSpec {
    pub(crate) run: RunInfo,
    pub(crate) slot: Slot,
    pub(crate) workers: u32,
    pub(crate) keep: Keep,
    pub(crate) leak: Leak,
    /// What tests write goes to the terminal, with the worker before each line.
    pub(crate) is_prefixed: bool,
    /// The directory of the lane.
    pub(crate) lane: PathBuf,
    /// For the environment of a copy. A process that was started has them.
    pub(crate) variables: Vec<(String, String)>,
}

/// How far a run had come when its last process ended.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct ResumeState {
    /// Told already.
    pub(crate) done: HashSet<TestKey>,
    /// CaseProgress, and to be tried again.
    pub(crate) progress: HashMap<TestKey, CaseProgress>,
    pub(crate) failures: u32,
    /// Of the plan that the cases are counted in.
    pub(crate) digest: u64,
    /// The cases of that plan, for a process that makes another one.
    pub(crate) names: Option<Vec<PlannedName>>,
}

/// A case of another process's plan.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct PlannedName {
    pub(crate) name: String,
    pub(crate) is_ignored: bool,
}

/// A case some attempts of which are over.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct CaseProgress {
    pub(crate) attempts: u32,
    pub(crate) took: Timing,
    /// How the first one failed.
    pub(crate) first: Option<Failure>,
}

/// What the controller sends to a test host after its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum HostCommand {
    /// Start nothing more.
    Stop,
}

/// What the parent of a process that serves says after the order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum WorkerRequest {
    /// One attempt of this case, with its number, from 1.
    Attempt { name: String, owner: u64, number: u32 },
    /// That was all.
    Close,
}

/// What such a process answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum WorkerResponse {
    /// It has begun to listen.
    Ready,
    /// The clock of the attempt stands since then: what is being made is not for it alone.
    Stands { at: Duration },
    /// It goes on.
    GoesOn { at: Duration },
    /// The attempt is over.
    Attempted {
        outcome: Outcome,
        took: Timing,
        leaks: Leaks,
        /// What is worth telling besides.
        notices: Vec<Notice>,
    },
    /// Everything is given back.
    Closed { notices: Vec<Notice> },
}

/// Something told beside an outcome.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Notice {
    Kept(PathBuf),
    /// What could not be cleaned up.
    Note(String),
    /// What of the suite's own failed.
    Failure(String),
}

/// For a process that keeps what all processes of a run share.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct FixtureServerSpec {
    /// The id of the run.
    pub(crate) run: Arc<str>,
    pub(crate) seed: Seed,
    /// The process whose end is that of the run.
    pub(crate) runner: u32,
    /// The name of its socket in the directory of the run.
    pub(crate) socket: String,
}

/// What somebody wants of that process.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum FixtureRequest {
    /// The value of the fixture with this path, for this test.
    Fixture { path: String, test: String },
    /// Where the server is, which is started if it does not run: one for the run, or one for this slot. Another one, if it is `dirty`.
    Server { service: Service, slot: Option<Slot>, workers: u32, dirty: Option<u32> },
    /// Something about the databases of that server, if it is still this one.
    Database { service: Service, generation: u32, wish: DatabaseRequest },
    /// The end.
    Close,
}

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Service {
    Postgres,
    Redis,
}

/// About databases. A template is named by its key; `None` is the empty one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum DatabaseRequest {
    /// What is known of the template, if it was made.
    Template { key: String },
    /// An empty database to be made a template.
    NewTemplate { key: String },
    /// It is one now; how a copy is made clean again.
    TemplateMade { key: String, clean: String, renewal: Option<Renewal> },
    /// The database of the slot, a copy of the template; a new one if it is to be made anew.
    OfSlot { slot: Slot, key: Option<String>, anew: bool },
    /// One more copy.
    Fresh { key: Option<String> },
    /// Nobody needs it any more.
    Drop { name: String },
}

/// How a copy that a test has had for itself is made what it was, if nothing but rows has changed: statements.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Renewal {
    /// Puts the rows right, and answers whether anything else has changed.
    pub(crate) clean: String,
    /// Answers whether everything else is as it was, where that did not know.
    pub(crate) compare: String,
    /// Has the server count anew what is written, and answers since when.
    pub(crate) count_anew: String,
}

/// What it answers.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum FixtureResponse {
    /// It listens.
    Ready,
    /// The value, and what was printed while it was made.
    Value { bytes: Vec<u8>, printed: Vec<u8> },
    /// There is none, because this fixture failed, if it was one, and what was printed.
    Failed { fixture: Option<String>, why: String, printed: Vec<u8> },
    /// The program of the server is not installed; what to do.
    Missing { message: String },
    /// There is none, and the test is to be skipped.
    Skipped { reason: String },
    /// Everything has ended, and what is worth telling of that.
    Closed { notices: Vec<Notice> },
}
