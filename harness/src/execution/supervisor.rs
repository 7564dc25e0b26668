//! Looks after one lane: starts its thread, watches the deadline of the case that runs there, gives a hung one up and
//! replaces the lane, and tears it down in the end.

use std::sync::Arc;
use std::time::Duration;

use crate::execution::run_state::RunState;
#[cfg(unix)]
use crate::execution::stdio_probe;
use crate::execution::teardown::Teardown;
use crate::execution::test_run::{self, LaneInfo};
use crate::execution::watchdog::{LaneEvent, Watchdog, WatchedAttempt};
use crate::execution::worker;
use crate::fixture::scope_state::ScopeState;
use crate::lane::run_dir::RunDir;
use crate::model::event::{CancelReason, Event, Severity};
use crate::model::worker::Slot;
use crate::os::{debugger, thread};
use crate::policy::retry;

/// How long a thread may take to drop what tests have left in its thread-local values.
const GRACE: Duration = Duration::from_secs(10);

/// Looks after the lane of this slot until the run has nothing more for it.
pub(crate) fn supervise(run: &Arc<RunState>, slot: Slot) {
    // One for all lanes of the slot: a lane that was given up may write for as long as the run lasts.
    let sink = run.sink();
    loop {
        let watch = Arc::new(Watchdog::new(
            run.clock,
            Arc::clone(&sink),
            run.event_sink.due(slot),
            debugger::root(run.config.runner),
        ));
        let worker_scope = Arc::new(ScopeState::default());
        run.lane_starts(slot, &watch, &worker_scope);
        let lane = {
            let (run, watch, scope) = (Arc::clone(run), Arc::clone(&watch), Arc::clone(&worker_scope));
            thread::start(&lane_name(slot.0), move || {
                let _open = watch.open();
                worker::work(&run, slot, &watch, &scope);
            })
        };
        let lane = match lane {
            Ok(lane) => lane,
            Err(cause) => return fail(run, format!("cannot start the thread of worker {slot}: {cause}")),
        };
        run.dispatcher.worker_started();
        let event = watch.wait();
        run.lane_ended(slot);
        match event {
            LaneEvent::Ended => match thread::joined_within(lane, GRACE) {
                Ok(has_ended) => {
                    if !has_ended {
                        run.emit(Event::Diagnostic { message: locals_note(slot), severity: Severity::Note });
                    }
                    Teardown::new(&run.config, &|event| run.emit(event)).close_worker(&worker_scope);
                    return test_run::emit_late(&sink, &run.plan, &|event| run.emit(event));
                }
                Err(_) => {
                    return fail(run, format!("worker {slot} ended outside of a test; a defect of swimlanes"));
                }
            },
            LaneEvent::TimedOut(watched) => {
                give_up(run, slot, &watched, &watch);
                tear_down_abandoned(run, slot, &watched, &watch, &worker_scope);
                run.dispatcher.abandoned();
            }
        }
    }
}

/// Reports the attempt that hangs. Its locks stay held. Its thread ends with the body or with the process.
fn give_up(run: &RunState, slot: Slot, watched: &WatchedAttempt, watch: &Arc<Watchdog>) {
    let planned = &run.plan.cases[watched.progress.test_id.case.ix()];
    let retries = retry::terms(planned.case.attributes(), &run.config).retries;
    let retries = if run.event_sink.is_guarded() { retries } else { 0 };
    let place = LaneInfo { slot, keep: run.config.keep, capture: run.config.capture, retries };
    let (verdict, events) = test_run::timed_out(watched, watch, planned, place);
    events.into_iter().for_each(|event| run.emit(event));
    run.event_sink.end(slot);
    run.abandoned(&watched.progress.test_id, watched.progress.attempt, watch);
    if let Some(verdict) = verdict {
        run.count(&verdict);
    }
    if run.event_sink.is_guarded() {
        // What runs may end; the rest is for another process, where nothing hangs and nothing is held.
        run.dispatcher.stop(CancelReason::HostRestart);
        #[cfg(unix)]
        stdio_probe::look_after_locks();
    }
}

/// Tears down the fixtures of the attempt that hangs and of its worker, as far as that is possible while the test runs.
fn tear_down_abandoned(
    run: &RunState,
    slot: Slot,
    watched: &WatchedAttempt,
    watch: &Watchdog,
    worker_scope: &ScopeState,
) {
    let emit = |event| run.emit(event);
    let users = [watched.progress.test_id.name];
    if let Ok(run_dir) = RunDir::for_run(&run.process_scope, &run.id) {
        run_dir.lane_given_up(slot);
    }
    let teardown = Teardown::beside(&run.config, &emit, &users);
    teardown.close_abandoned(&watch.handle);
    teardown.discard_fixtures(worker_scope);
}

/// The name of a lane's thread.
pub(crate) fn lane_name(slot: u32) -> String {
    format!("lane-{slot}")
}

/// The note for a thread whose tests are over, and that does not end.
fn locals_note(slot: Slot) -> String {
    format!(
        "the thread-local values of worker {slot} were not dropped within {} seconds: a destructor hangs; they are leaked",
        GRACE.as_secs()
    )
}

fn fail(run: &RunState, message: String) {
    run.emit(Event::Diagnostic { message, severity: Severity::Fault });
    run.dispatcher.stop(CancelReason::HarnessError);
}
