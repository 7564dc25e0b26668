//! Where a case runs, and who is told.

#[cfg(unix)]
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::execution::leak_check::LeakCheck;
use crate::execution::watchdog::Watchdog;
use crate::fixture::scope_state::ScopeState;
use crate::model::config::RunConfig;
use crate::model::event::{CancelReason, Event, TestId};
use crate::model::lease::Leases;
use crate::model::worker::{Slot, Worker};
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::plan::Plan;
#[cfg(unix)]
use crate::process::worker_client::WorkerClient;

/// Where a case runs, and who is told.
pub(crate) struct AttemptContext<'a> {
    pub(crate) config: &'a RunConfig,
    pub(crate) plan: &'a Plan,
    pub(crate) clock: Clock,
    pub(crate) slot: Slot,
    pub(crate) worker: &'a Worker,
    pub(crate) run_scope: &'a ScopeState,
    pub(crate) worker_scope: &'a ScopeState,
    /// What the attempt that runs has leased.
    pub(crate) leases: &'a Leases,
    pub(crate) sink: &'a OutputSink,
    /// Who watches the clock.
    pub(crate) watch: Option<&'a Arc<Watchdog>>,
    /// The processes in which this worker's attempts run, if they do not run here.
    #[cfg(unix)]
    pub(crate) remote: Option<&'a RefCell<WorkerClient>>,
    pub(crate) emit: &'a dyn Fn(Event),
    /// Counts what attempts leave behind. `None`: other tests run beside them in this process, or nobody wants to know.
    pub(crate) leak_check: Option<&'a LeakCheck>,
    /// Waits that long between two attempts.
    pub(crate) rest: &'a dyn Fn(Duration),
    /// Why nothing is started any more, if so.
    pub(crate) stopped: &'a dyn Fn() -> Option<CancelReason>,
    /// Hears that an attempt is about to begin, which it is, and when.
    pub(crate) begin: &'a dyn Fn(&TestId, u32, Duration),
    /// Hears that the fixtures of this owner are there, and since when.
    pub(crate) body_begins: &'a dyn Fn(u64, Duration),
    /// Hears in which process it runs, if not in this one.
    #[cfg(unix)]
    pub(crate) runs_in: &'a dyn Fn(u32),
}
