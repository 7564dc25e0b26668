//! Every event as a line of JSON, for programs: `--events FILE`. What a line looks like is said here, and nowhere else; its
//! version, [`SCHEMA`](crate::model::event::SCHEMA), counts up when a field changes its meaning or goes.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nojson::JsonObjectFormatter;

use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, Event, RunFinished, TestId};
use crate::model::leaks::Leaks;
use crate::model::outcome::{Failure, Outcome};
use crate::model::timing::Timing;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;

pub(crate) struct EventLog {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventLog {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| Error::file("make the file of events", path, cause))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn handle(&mut self, event: &Event) -> Result<(), Error> {
        let line = nojson::object(|line| record(event, line));
        writeln!(self.file, "{line}").map_err(|cause| self.fail(cause))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|cause| self.fail(cause))
    }

    fn fail(&self, cause: std::io::Error) -> Error {
        Error::file("write events to", &self.path, cause)
    }
}

/// The fields of a line. Times are nanoseconds; moments count from the start of the run. What there is not has no field.
fn record(event: &Event, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    match event {
        Event::RunStarted(started) => {
            line.member("event", "run_started")?;
            line.member("version", started.version)?;
            line.member("run", &*started.run)?;
            line.member("seed", started.seed.value())?;
            line.member("shuffled", started.shuffled)?;
            line.member("workers", started.workers)?;
            line.member("planned", started.planned as u64)?;
            line.member("rounds", started.iterations)?;
            line.member("filtered_out", started.filtered_out as u64)?;
            line.member("captured", started.captured)?;
            line.member("again", started.again.to_string())?;
        }
        Event::AttemptStarted { test_id, attempt, worker, at } => {
            line.member("event", "attempt_started")?;
            attempt_of(test_id, *attempt, *worker, line)?;
            line.member("at_ns", nanoseconds(*at))?;
        }
        Event::AttemptFinished(finished) => attempt_finished(finished, line)?,
        Event::CaseFinished(finished) => case_finished(finished, line)?,
        Event::Kept { test_id, path } => {
            line.member("event", "kept")?;
            case_of(test_id, line)?;
            line.member("path", path.to_string_lossy())?;
        }
        Event::Slow(slow) => {
            line.member("event", "slow")?;
            attempt_of(&slow.test_id, slow.attempt, slow.worker, line)?;
            line.member("after_ns", nanoseconds(slow.after))?;
            line.member("process", slow.process)?;
            line.member("thread", &slow.thread)?;
        }
        Event::LateOutput { test_id, attempt, output } => {
            line.member("event", "late_output")?;
            case_of(test_id, line)?;
            if let Some(attempt) = attempt {
                line.member("attempt", *attempt)?;
            }
            line.member("output", String::from_utf8_lossy(output))?;
        }
        Event::Diagnostic { message, severity } => {
            line.member("event", "trouble")?;
            line.member("message", message)?;
            line.member("gravity", severity.word())?;
        }
        Event::RunFinished(RunFinished { took, stopped }) => {
            line.member("event", "run_finished")?;
            line.member("took_ns", nanoseconds(*took))?;
            line.member("stopped", stopped.map(CancelReason::word))?;
        }
    }
    Ok(())
}

fn attempt_finished(finished: &AttemptFinished, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    line.member("event", "attempt_finished")?;
    attempt_of(&finished.test_id, finished.attempt, finished.worker, line)?;
    line.member("at_ns", nanoseconds(finished.at))?;
    took(finished.took, line)?;
    match &finished.outcome {
        Outcome::Passed => line.member("outcome", "passed")?,
        Outcome::Failed(failure) => {
            line.member("outcome", "failed")?;
            failed(failure, line)?;
        }
        Outcome::Skipped { reason } => {
            line.member("outcome", "skipped")?;
            line.member("reason", reason)?;
        }
    }
    leaks(finished.leaks, line)?;
    // As text; what is no UTF-8 is replaced.
    line.member("output", String::from_utf8_lossy(&finished.output))?;
    Ok(())
}

fn case_finished(finished: &CaseFinished, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    line.member("event", "case_finished")?;
    case_of(&finished.test_id, line)?;
    match &finished.verdict {
        Verdict::Pass => line.member("verdict", "pass")?,
        Verdict::Fail(failure) => {
            line.member("verdict", "fail")?;
            failed(failure, line)?;
        }
        Verdict::Flaky { first } => {
            line.member("verdict", "flaky")?;
            line.member("first", nojson::object(|line| failed(first, line)))?;
        }
        Verdict::Skip { reason } => {
            line.member("verdict", "skip")?;
            if let Some(reason) = reason {
                line.member("reason", reason)?;
            }
        }
        Verdict::NotRun { because } => {
            line.member("verdict", "not_run")?;
            line.member("because", because.word())?;
        }
    }
    line.member("worker", finished.worker.map(|slot| slot.0))?;
    line.member("attempts", finished.attempts)?;
    line.member("queued_ns", nanoseconds(finished.queued))?;
    took(finished.took, line)?;
    line.member("should_panic", finished.should_panic)?;
    leaks(finished.leaks, line)?;
    Ok(())
}

fn case_of(test_id: &TestId, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    line.member("case", test_id.case.0)?;
    line.member("name", test_id.name)?;
    line.member("round", test_id.iteration)?;
    Ok(())
}

fn attempt_of(test_id: &TestId, attempt: u32, worker: Slot, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    case_of(test_id, line)?;
    line.member("attempt", attempt)?;
    line.member("worker", worker.0)?;
    Ok(())
}

fn took(took: Timing, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    line.member("took_ns", nanoseconds(took.all))?;
    // None: there was none, or nobody knows.
    if !took.in_fixtures.is_zero() {
        line.member("in_fixtures_ns", nanoseconds(took.in_fixtures))?;
    }
    Ok(())
}

/// How an attempt, a case or the first attempt of a flaky case failed.
fn failed(Failure { kind, message, location }: &Failure, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    line.member("kind", kind.word())?;
    line.member("message", message)?;
    if let Some(location) = location {
        line.member("location", location)?;
    }
    Ok(())
}

fn leaks(leaks: Leaks, line: &mut JsonObjectFormatter<'_, '_, '_>) -> fmt::Result {
    if !leaks.is_none() {
        let counts = nojson::object(|line| {
            line.member("threads", leaks.threads)?;
            line.member("processes", leaks.processes)?;
            line.member("descriptors", leaks.descriptors)?;
            line.member("files", leaks.files)
        });
        line.member("leaks", counts)?;
    }
    Ok(())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
