//! A run with test hosts. The controller itself runs no test, so no test can end it. It starts a test host and reports its events. When a
//! test crashes the test host, the controller reports which test that was, and starts the next test host for the remaining tests.

use crate::controller::exit_code::{self, Code};
use crate::controller::run_loop::Controller;
use crate::controller::test_host::{HostEnd, HostHandle, TestHost};
use crate::lane::run_dir::{self, RunDir};
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, Severity};
use crate::model::protocol::RunInfo;
use crate::os::clock::Clock;
use crate::os::state_dir::StateDir;
use crate::plan::Plan;
use crate::process::event_loop::Poller;
use crate::process::orphans;
use crate::report::Reports;

/// Runs test hosts until every test has a verdict. `first` was started while the plan was made.
///
/// # Errors
///
/// If signals cannot be handled, a result is missing, or the report cannot be written.
pub(crate) fn run(
    plan: &Plan,
    config: &RunConfig,
    run: RunInfo,
    first: HostHandle,
    clock: Clock,
    mut reports: Reports,
) -> Result<Code, Error> {
    let poller = Poller::open()?;
    let mut controller = Controller::new(plan, config, run, clock, &mut reports);
    let mut hosts =
        TestHosts { poller: &poller, first: Some(first), is_unlike: false, noise_reported: false, crashed: false };
    if let Err(error) = hosts.run(&mut controller) {
        // The results so far are reported nevertheless.
        controller.diagnose(error.to_string(), Severity::Fault);
        controller.stopped = Some(CancelReason::HarnessError);
    }
    controller.report_remaining();
    controller.end_processes();
    if hosts.crashed {
        clean_up(&mut controller);
    }
    controller.report_end();
    exit_code::conclude(reports.finish(), plan)
}

/// The test hosts of a run, one after the other.
struct TestHosts<'a> {
    poller: &'a Poller,
    first: Option<HostHandle>,
    /// The plans of the test hosts differ from that of the controller.
    is_unlike: bool,
    /// A test wrote into the pipe of the events, and that was reported.
    noise_reported: bool,
    /// A test host crashed or was killed.
    crashed: bool,
}

impl TestHosts<'_> {
    fn run(&mut self, controller: &mut Controller<'_>) -> Result<(), Error> {
        while controller.remaining.len() > 0 && controller.stopped.is_none() {
            let before = (controller.remaining.len(), controller.remaining.attempts());
            match self.run_one(controller)? {
                HostEnd::Finished(finished)
                    if finished.stopped == Some(CancelReason::PlanMismatch) && !self.is_unlike =>
                {
                    self.is_unlike = true;
                    let message = "the test process registered other tests than the process that started it, or in another order; it \
                                   finds tests by their names";
                    controller.diagnose(message.to_owned(), Severity::Note);
                    continue;
                }
                HostEnd::Finished(finished) => controller.workers_finished(finished),
                HostEnd::Crashed(exit) => {
                    self.crashed = true;
                    controller.recover(&exit)?;
                }
            }
            let is_unchanged = before == (controller.remaining.len(), controller.remaining.attempts());
            if controller.stopped.is_none() && controller.remaining.len() > 0 && is_unchanged {
                controller.no_progress();
            }
        }
        Ok(())
    }

    /// Starts a test host for the tests that remain, and reports its events until it exits.
    fn run_one(&mut self, controller: &mut Controller<'_>) -> Result<HostEnd, Error> {
        let handle = self.first.take().map_or_else(|| HostHandle::start(&controller.run), Ok)?;
        let names = self.is_unlike.then(|| controller.plan.names());
        let resume = controller.remaining.resumed(controller.plan.digest(), names);
        let mut host = TestHost::new(handle, &resume, self.poller, controller, self.noise_reported)?;
        let followed = controller.follow(&mut host);
        self.noise_reported = host.noise_reported();
        if let Err(error) = &followed {
            controller.diagnose(error.to_string(), Severity::Note);
        }
        let (end, left_processes) = host.end(followed.is_ok())?;
        if left_processes {
            controller.emit(orphans::were_ended());
        }
        Ok(end)
    }
}

/// Cleans up after a test host that crashed.
fn clean_up(controller: &mut Controller<'_>) {
    let state_dir = StateDir::for_user();
    let left = RunDir::enter(state_dir.clone(), &controller.run.id).and_then(|run_dir| run_dir.leave());
    run_dir::sweep(&state_dir);
    state_dir.remove_if_empty();
    if let Err(error) = left {
        controller.diagnose(format!("cleaning up after the run: {error}"), Severity::Note);
    }
}
