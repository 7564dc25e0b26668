//! The messages between the processes of a run.

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

/// One case in one iteration.
pub(crate) type TestKey = (CaseIx, u32);

/// What a process was started for.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum ProcessRole {
    /// Runs the plan on worker threads.
    TestHost(HostSpec),
    /// Runs one attempt after another, on request.
    Worker(WorkerSpec),
    /// Forks copies of itself, each of which receives a [`WorkerSpec`].
    ForkServer,
    /// Makes and keeps what all processes of the run share.
    FixtureServer(FixtureServerSpec),
}

/// The run that a process belongs to.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct RunInfo {
    pub(crate) id: Arc<str>,
    pub(crate) seed: Seed,
    /// The start of the run, in nanoseconds of the machine's monotonic clock.
    pub(crate) epoch_nanos: u64,
    /// The process that the run ends with; `None` under cargo-nextest.
    pub(crate) runner: Option<u32>,
}

/// For a test host, which runs the remaining tests of a plan. It makes the plan by itself, and meanwhile receives a [`ResumeState`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct HostSpec {
    pub(crate) run: RunInfo,
}

/// For a process that runs the tests of one worker.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct WorkerSpec {
    pub(crate) run: RunInfo,
    pub(crate) slot: Slot,
    pub(crate) workers: u32,
    pub(crate) keep: Keep,
    pub(crate) leak: Leak,
    /// When the teardown of a fixture is slow, and its limit.
    pub(crate) slow_after: Duration,
    pub(crate) teardown_timeout: Duration,
    /// Whether each attempt runs on its own thread.
    pub(crate) fresh_threads: bool,
    /// Each line that tests write goes to the terminal, with its worker.
    pub(crate) is_prefixed: bool,
    /// The directory of the lane.
    pub(crate) lane: PathBuf,
    /// The environment of a forked process. A process that was started from the file has it already.
    pub(crate) variables: Vec<(String, String)>,
}

/// The progress of a run at the end of its last test host.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct ResumeState {
    /// The cases with a verdict.
    pub(crate) done: HashSet<TestKey>,
    /// The cases with attempts, but without a verdict.
    pub(crate) progress: HashMap<TestKey, CaseProgress>,
    pub(crate) failures: u32,
    /// The digest of the plan that the cases are numbered in.
    pub(crate) digest: u64,
    /// The cases of that plan, for a process whose own plan differs.
    pub(crate) names: Option<Vec<PlannedName>>,
}

/// A case in the plan of another process.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct PlannedName {
    pub(crate) name: String,
    pub(crate) is_ignored: bool,
}

/// The progress of a case that has attempts, but no verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct CaseProgress {
    pub(crate) attempts: u32,
    pub(crate) took: Timing,
    /// How its first attempt failed.
    pub(crate) first: Option<Failure>,
}

/// What the controller sends to a test host after its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum HostCommand {
    /// Start no further test.
    Stop,
    /// Tear down what can be torn down while tests run, and exit.
    TearDown,
}

/// What the parent of a worker process sends after its role.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum WorkerRequest {
    /// Run this attempt of this case; its number counts from 1.
    Attempt { name: String, owner: u64, number: u32 },
    /// There are no further attempts.
    Close,
}

/// What a worker process answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum WorkerResponse {
    /// It waits for requests.
    Ready,
    /// The clock of the attempt has been paused since then: a value is made that outlives the attempt.
    Stands { at: Duration },
    /// The clock has been resumed.
    GoesOn { at: Duration },
    /// The attempt is over.
    Attempted {
        outcome: Outcome,
        took: Timing,
        leaks: Leaks,
        /// What to report in addition.
        notices: Vec<Notice>,
    },
    /// All resources are released.
    Closed { notices: Vec<Notice> },
    /// A fixture is torn down now.
    Closing,
}

/// A message in addition to an outcome.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Notice {
    Kept(PathBuf),
    /// A failed cleanup.
    Note(String),
    /// A failure of the suite's own code outside of a test.
    Failure(String),
}

/// For the fixture server.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct FixtureServerSpec {
    /// The id of the run.
    pub(crate) run: Arc<str>,
    pub(crate) seed: Seed,
    /// The process that the run ends with.
    pub(crate) runner: u32,
    /// The name of the socket in the directory of the run.
    pub(crate) socket: String,
}

/// A request to the fixture server.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum FixtureRequest {
    /// The value of the fixture with this path, for this test.
    Fixture { path: String, test: String },
    /// The address of a server: one for the run, or one for this slot. It is started if it does not run. If the server of generation
    /// `dirty` still runs, it is replaced.
    Server { service: Service, slot: Option<Slot>, workers: u32, dirty: Option<u32> },
    /// A request about the databases of a server, if that is still the server of this generation.
    Database { service: Service, generation: u32, wish: DatabaseRequest },
    /// The fixture server is to exit.
    Close,
}

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Service {
    Postgres,
    Redis,
}

/// A request about databases. A template is named by its key; `None` is the empty one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum DatabaseRequest {
    /// What is known of the template, if it exists.
    Template { key: String },
    /// An empty database, which is to become a template.
    NewTemplate { key: String },
    /// The template is complete. `clean` and `renewal` describe how a copy is cleaned.
    TemplateMade { key: String, clean: String, renewal: Option<Renewal> },
    /// The database of the slot, a copy of the template. With `anew` it is created again.
    OfSlot { slot: Slot, key: Option<String>, anew: bool },
    /// One more copy of the template.
    Fresh { key: Option<String> },
    /// The database is not needed any more.
    Drop { name: String },
}

/// The statements that clean a copy after a test had it for itself, if only rows have changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Renewal {
    /// Restores the rows, and returns whether anything else has changed.
    pub(crate) clean: String,
    /// Returns whether everything else is unchanged, if `clean` could not tell.
    pub(crate) compare: String,
    /// Resets the server's statistics of writes, and returns the time of the reset.
    pub(crate) count_anew: String,
}

/// The answer of the fixture server.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum FixtureResponse {
    /// It waits for requests.
    Ready,
    /// The value, and what its setup printed.
    Value { bytes: Vec<u8>, printed: Vec<u8> },
    /// The setup failed: the fixture that failed, if it was one, the reason, and what the setup printed.
    Failed { fixture: Option<String>, why: String, printed: Vec<u8> },
    /// The program of the server is not installed; the message says what to do.
    Missing { message: String },
    /// The fixture skips the test.
    Skipped { reason: String },
    /// Everything was torn down; the notices report failures.
    Closed { notices: Vec<Notice> },
}
