//! What an attempt gets from the place where it runs: a thread of a worker, a worker process, or the process of a single test.

#[cfg(unix)]
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::execution::leak_check::LeakCheck;
use crate::execution::watchdog::Watchdog;
use crate::fixture::attempt_handle::AttemptHandle;
use crate::fixture::scope_state::ScopeState;
use crate::model::config::RunConfig;
use crate::model::event::{CancelReason, Event, TestId};
use crate::model::lease::Leases;
use crate::model::worker::{Slot, Worker};
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::os::sys::Stack;
use crate::plan::Plan;
#[cfg(unix)]
use crate::process::worker_client::WorkerClient;

/// The place where attempts run. `WorkerThread`, `WorkerProcessPlace` and `SingleTestPlace` are the three.
pub(crate) trait AttemptPlace {
    /// Sends an event on its way to the report.
    fn emit(&self, event: Event);

    /// Waits for the delay between two attempts, or until the run is cancelled.
    fn wait_backoff(&self, delay: Duration);

    /// Why no further attempt starts, if so.
    fn cancel_reason(&self) -> Option<CancelReason>;

    /// An attempt is about to start.
    fn attempt_starts(&self, test_id: &TestId, attempt: u32, at: Duration);

    /// The fixtures of the attempt that works for `owner` are there, and its body starts.
    fn body_starts(&self, owner: u64, at: Duration);

    /// The attempt runs in this other process.
    #[cfg(unix)]
    fn runs_in(&self, process: u32);
}

/// What an attempt needs to run.
pub(crate) struct AttemptContext<'a> {
    pub(crate) config: &'a RunConfig,
    pub(crate) plan: &'a Plan,
    pub(crate) clock: Clock,
    pub(crate) slot: Slot,
    pub(crate) worker: &'a Worker,
    pub(crate) process_scope: &'a ScopeState,
    pub(crate) worker_scope: &'a ScopeState,
    /// What the attempt that runs has leased.
    pub(crate) leases: &'a Leases,
    pub(crate) sink: &'a OutputSink,
    /// Who watches the clock.
    pub(crate) watch: Option<&'a Arc<Watchdog>>,
    /// The attempt that runs, for other threads.
    pub(crate) handle: &'a AttemptHandle,
    /// The stack of the thread that runs the body, for reports of hung tests.
    pub(crate) stack: Option<&'a Arc<Stack>>,
    /// The processes in which this worker's attempts run, if they do not run here.
    #[cfg(unix)]
    pub(crate) remote: Option<&'a RefCell<WorkerClient>>,
    pub(crate) place: &'a dyn AttemptPlace,
    /// Counts what attempts leave behind. `None`: other tests run in this process at the same time, or leaks are ignored.
    pub(crate) leak_check: Option<&'a LeakCheck>,
}
