//! Converts events to records, which other programs read.

use std::borrow::Cow;
use std::time::Duration;

use swimlanes_core::events::{
    self, AttemptOfTest, AttemptOutcome, AttemptStarted, CaseVerdict, Diagnostic, FailureRecord, Kept, LateOutput,
    LeakCounts, Record, StopReason, TestOfIteration,
};

use crate::model::event::{
    AttemptFinished, CancelReason, CaseFinished, Event, RunFinished, RunStarted, Severity, Slow, TestId,
};
use crate::model::leaks::{LeakNames, Leaks};
use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::timing::Timing;
use crate::model::verdict::{NotRunReason, Verdict};
use crate::model::worker::Slot;

pub(super) fn record(event: &Event) -> Record<'_> {
    match event {
        Event::RunStarted(started) => Record::RunStarted(run_started(started)),
        Event::AttemptStarted { test_id, attempt, worker, at } => {
            let attempt = attempt_of(test_id, *attempt, *worker);
            Record::AttemptStarted(AttemptStarted { attempt, at_ns: nanoseconds(*at) })
        }
        Event::AttemptFinished(finished) => Record::AttemptFinished(attempt_finished(finished)),
        Event::CaseFinished(finished) => Record::CaseFinished(case_finished(finished)),
        Event::Kept { test_id, path } => Record::Kept(Kept { test: test(test_id), path: path.to_string_lossy() }),
        Event::Slow(slow) => Record::Slow(slow_attempt(slow)),
        Event::LateOutput { test_id, attempt, output } => {
            let output = String::from_utf8_lossy(output);
            Record::LateOutput(LateOutput { test: test(test_id), attempt: *attempt, output })
        }
        Event::Diagnostic { message, severity } => {
            Record::Diagnostic(Diagnostic { message: message.into(), severity: severity_of(*severity) })
        }
        Event::RunFinished(RunFinished { took, stopped }) => {
            let (took_ns, stopped) = (nanoseconds(*took), stopped.map(stop_reason));
            Record::RunFinished(events::RunFinished { took_ns, stopped })
        }
    }
}

fn run_started(started: &RunStarted) -> events::RunStarted<'_> {
    events::RunStarted {
        version: started.version,
        run: Cow::Borrowed(&started.run),
        suite: started.suite.as_deref().map(Cow::Borrowed),
        seed: started.seed.value(),
        shuffled: started.shuffled,
        workers: started.workers,
        planned: started.planned as u64,
        iterations: started.iterations,
        filtered_out: started.filtered_out as u64,
        captured: started.captured,
        again: started.again.to_string().into(),
    }
}

fn attempt_finished(finished: &AttemptFinished) -> events::AttemptFinished<'_> {
    events::AttemptFinished {
        attempt: attempt_of(&finished.test_id, finished.attempt, finished.worker),
        at_ns: nanoseconds(finished.at),
        took: took(finished.took),
        outcome: match &finished.outcome {
            Outcome::Passed => AttemptOutcome::Passed,
            Outcome::Failed(failure) => AttemptOutcome::Failed(failed(failure)),
            Outcome::Skipped { reason } => AttemptOutcome::Skipped { reason: reason.into() },
        },
        leaks: leaks(&finished.leaks),
        output: String::from_utf8_lossy(&finished.output),
    }
}

fn case_finished(finished: &CaseFinished) -> events::CaseFinished<'_> {
    events::CaseFinished {
        test: test(&finished.test_id),
        verdict: match &finished.verdict {
            Verdict::Pass => CaseVerdict::Pass,
            Verdict::Fail(failure) => CaseVerdict::Fail(failed(failure)),
            Verdict::Flaky { first } => CaseVerdict::Flaky { first: failed(first) },
            Verdict::Skip { reason } => CaseVerdict::Skip { reason: reason.as_deref().map(Cow::Borrowed) },
            Verdict::NotRun { because } => CaseVerdict::NotRun { because: not_run_reason(*because) },
        },
        worker: finished.worker.map(|slot| slot.0),
        attempts: finished.attempts,
        queued_ns: nanoseconds(finished.queued),
        took: took(finished.took),
        should_panic: finished.should_panic,
        leaks: leaks(&finished.leaks),
    }
}

fn slow_attempt(slow: &Slow) -> events::Slow<'_> {
    events::Slow {
        attempt: attempt_of(&slow.test_id, slow.attempt, slow.worker),
        after_ns: nanoseconds(slow.after),
        process: slow.process,
        thread: Cow::Borrowed(&slow.thread),
    }
}

fn test(test_id: &TestId) -> TestOfIteration<'_> {
    TestOfIteration { case: test_id.case.0, name: Cow::Borrowed(test_id.name), iteration: test_id.iteration }
}

fn attempt_of(test_id: &TestId, attempt: u32, worker: Slot) -> AttemptOfTest<'_> {
    AttemptOfTest { test: test(test_id), attempt, worker: worker.0 }
}

fn took(took: Timing) -> events::Timing {
    events::Timing { took_ns: nanoseconds(took.all), in_fixtures_ns: nanoseconds(took.in_fixtures) }
}

fn failed(Failure { kind, message, location }: &Failure) -> FailureRecord<'_> {
    let location = location.as_deref().map(Cow::Borrowed);
    FailureRecord { kind: failure_kind(*kind), message: Cow::Borrowed(message), location }
}

fn leaks(leaks: &Leaks) -> Option<LeakCounts> {
    let Leaks { threads, processes, descriptors, files, ref names } = *leaks;
    let LeakNames { threads: thread_names, processes: commands, descriptors: targets } = names.clone();
    let counts = LeakCounts { threads, processes, descriptors, files, thread_names, commands, targets };
    (!leaks.is_none()).then_some(counts)
}

fn failure_kind(kind: FailureKind) -> events::FailureKind {
    match kind {
        FailureKind::Panic => events::FailureKind::Panic,
        FailureKind::Error => events::FailureKind::Error,
        FailureKind::ExitCode => events::FailureKind::ExitCode,
        FailureKind::ShouldPanic => events::FailureKind::ShouldPanic,
        FailureKind::Fixture => events::FailureKind::Fixture,
        FailureKind::TimedOut => events::FailureKind::TimedOut,
        FailureKind::Crash => events::FailureKind::Crash,
        FailureKind::Exit => events::FailureKind::Exit,
        FailureKind::Leak => events::FailureKind::Leak,
    }
}

fn not_run_reason(reason: NotRunReason) -> events::NotRunReason {
    match reason {
        NotRunReason::TooManyFailures => events::NotRunReason::TooManyFailures,
        NotRunReason::Interrupted => events::NotRunReason::Interrupted,
        NotRunReason::OutOfTime => events::NotRunReason::OutOfTime,
        NotRunReason::HarnessError => events::NotRunReason::Broken,
        NotRunReason::Held => events::NotRunReason::Held,
    }
}

fn severity_of(severity: Severity) -> events::Severity {
    match severity {
        Severity::Note => events::Severity::Note,
        Severity::Failure => events::Severity::Failure,
        Severity::Fault => events::Severity::Fault,
    }
}

fn stop_reason(reason: CancelReason) -> StopReason {
    match reason {
        CancelReason::TooManyFailures => StopReason::TooManyFailures,
        CancelReason::Interrupted => StopReason::Interrupted,
        CancelReason::OutOfTime => StopReason::OutOfTime,
        // A run never ends for the last two reasons. If it did, that would be an error of the harness, as in the exit
        // code.
        CancelReason::HarnessError | CancelReason::HostRestart | CancelReason::PlanMismatch => StopReason::Broken,
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
