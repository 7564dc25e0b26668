//! The configuration that all processes of one worker share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::lane::database_file;
use crate::model::config::{Capture, Isolation, Keep, Leak, RunConfig};
use crate::model::env_vars::Variables;
use crate::model::protocol::RunInfo;
use crate::model::worker::{Slot, Worker};
use crate::os::env;

/// The configuration that all processes of one worker share.
#[derive(Debug, Clone)]
pub(crate) struct ProcessConfig {
    pub(crate) run: RunInfo,
    pub(crate) slot: Slot,
    pub(crate) workers: u32,
    pub(crate) keep: Keep,
    pub(crate) leak: Leak,
    /// The limit for the teardown of each fixture.
    pub(crate) teardown_timeout: Duration,
    pub(crate) slow_after: Duration,
    pub(crate) fresh_threads: bool,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) capture: Capture,
    /// The variables that the suite adds to their environment.
    pub(crate) variables: Variables,
    /// Whether a process runs several attempts, or each attempt has its own.
    pub(crate) reuse: bool,
    /// What to do with a stopped process whose test has no timeout.
    pub(crate) stops: StoppedPolicy,
}

/// What to do with a stopped process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoppedPolicy {
    /// Leave it: it may be continued.
    Leave,
    /// Kill it, since the earlier process of its test was stopped, too.
    Kill,
}

impl ProcessConfig {
    /// The processes of the worker with this slot.
    pub(crate) fn new(config: &RunConfig, run: RunInfo, slot: Slot) -> Self {
        Self {
            run,
            slot,
            workers: config.workers.get(),
            keep: config.keep,
            leak: config.leak,
            teardown_timeout: config.teardown_timeout,
            slow_after: config.slow_after,
            fresh_threads: config.fresh_threads,
            run_timeout: config.run_timeout,
            capture: config.capture,
            variables: config.variables.clone(),
            reuse: config.isolation == Isolation::Process,
            stops: StoppedPolicy::Leave,
        }
    }

    /// The environment variables of a process, for code that does not use fixtures. `lane` is the directory of its worker.
    pub(crate) fn variables(&self, lane: &Path) -> Vec<(String, String)> {
        let worker = Worker::new(self.slot, self.workers, Arc::clone(&self.run.id), self.run.seed);
        let ours = [
            ("SWIMLANES_SLOT".to_owned(), self.slot.to_string()),
            ("SWIMLANES_RUN_ID".to_owned(), self.run.id.to_string()),
            ("DATABASE_URL".to_owned(), database_file::url(&database_file::path(lane))),
        ];
        let postgres_url =
            env::postgres_url_for_others().map(|url| ("SWIMLANES_POSTGRES_URL".to_owned(), url.to_string()));
        ours.into_iter().chain(postgres_url).chain(self.variables.of(&worker)).collect()
    }
}
