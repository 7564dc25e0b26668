//! Every event as a line of JSON, for programs: `--events FILE`. What a line looks like is said here, and nowhere else; its
//! version, [`SCHEMA`](crate::model::event::SCHEMA), counts up when a field changes its meaning or goes.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CaseFinished, Event, Gravity, RunFinished, Stop, Told};
use crate::model::leaks::Leaks;
use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::took::Took;
use crate::model::verdict::{Because, Verdict};

pub(crate) struct Records {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Records {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| Error::file("make the file of events", path, cause))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn told(&mut self, event: &Event) -> Result<(), Error> {
        let mut line = serde_json::to_vec(&record(event)).map_err(|cause| self.fail(cause.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|cause| self.fail(cause))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|cause| self.fail(cause))
    }

    fn fail(&self, cause: std::io::Error) -> Error {
        Error::file("write events to", &self.path, cause)
    }
}

/// A line. Times are nanoseconds; moments count from the start of the run.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Record<'a> {
    RunStarted {
        version: u32,
        run: &'a str,
        seed: u64,
        shuffled: bool,
        workers: u32,
        planned: usize,
        rounds: u32,
        filtered_out: usize,
        captured: bool,
        again: String,
    },
    AttemptStarted {
        case: u32,
        name: &'a str,
        round: u32,
        attempt: u32,
        worker: u32,
        at_ns: u64,
    },
    AttemptFinished {
        case: u32,
        name: &'a str,
        round: u32,
        attempt: u32,
        worker: u32,
        at_ns: u64,
        took_ns: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_fixtures_ns: Option<u64>,
        outcome: &'static str,
        #[serde(flatten)]
        failure: Option<Failed<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        leaks: Option<Leaks>,
        /// As text; what is no UTF-8 is replaced.
        output: Cow<'a, str>,
    },
    CaseFinished {
        case: u32,
        name: &'a str,
        round: u32,
        verdict: &'static str,
        #[serde(flatten)]
        failure: Option<Failed<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        first: Option<Failed<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        because: Option<Because>,
        worker: Option<u32>,
        attempts: u32,
        queued_ns: u64,
        took_ns: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_fixtures_ns: Option<u64>,
        should_panic: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        leaks: Option<Leaks>,
    },
    Kept {
        case: u32,
        name: &'a str,
        round: u32,
        path: &'a Path,
    },
    Slow {
        case: u32,
        name: &'a str,
        round: u32,
        attempt: u32,
        worker: u32,
        after_ns: u64,
        process: u32,
        thread: &'a str,
    },
    LateOutput {
        case: u32,
        name: &'a str,
        round: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        output: Cow<'a, str>,
    },
    Trouble {
        message: &'a str,
        gravity: Gravity,
    },
    RunFinished {
        took_ns: u64,
        stopped: Option<Stop>,
    },
}

/// How an attempt, a case or the first attempt of a flaky case failed.
#[derive(Serialize)]
struct Failed<'a> {
    kind: FailureKind,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
}

fn record(event: &Event) -> Record<'_> {
    match event {
        Event::RunStarted(started) => Record::RunStarted {
            version: started.version,
            run: &started.run,
            seed: started.seed.value(),
            shuffled: started.shuffled,
            workers: started.workers,
            planned: started.planned,
            rounds: started.rounds,
            filtered_out: started.filtered_out,
            captured: started.captured,
            again: started.again.to_string(),
        },
        Event::AttemptStarted { told, attempt, worker, at } => Record::AttemptStarted {
            case: told.case.0,
            name: told.name,
            round: told.round,
            attempt: *attempt,
            worker: worker.0,
            at_ns: nanoseconds(*at),
        },
        Event::AttemptFinished(finished) => attempt_finished(finished),
        Event::CaseFinished(finished) => case_finished(finished),
        Event::Kept { told: Told { case, name, round }, path } => {
            Record::Kept { case: case.0, name, round: *round, path }
        }
        Event::Slow(slow) => Record::Slow {
            case: slow.told.case.0,
            name: slow.told.name,
            round: slow.told.round,
            attempt: slow.attempt,
            worker: slow.worker.0,
            after_ns: nanoseconds(slow.after),
            process: slow.process,
            thread: &slow.thread,
        },
        Event::LateOutput { told: Told { case, name, round }, attempt, output } => Record::LateOutput {
            case: case.0,
            name,
            round: *round,
            attempt: *attempt,
            output: String::from_utf8_lossy(output),
        },
        Event::Trouble { message, gravity } => Record::Trouble { message, gravity: *gravity },
        Event::RunFinished(RunFinished { took, stopped }) => {
            Record::RunFinished { took_ns: nanoseconds(*took), stopped: *stopped }
        }
    }
}

fn attempt_finished(finished: &AttemptFinished) -> Record<'_> {
    let (outcome, failure, reason) = match &finished.outcome {
        Outcome::Passed => ("passed", None, None),
        Outcome::Failed(failure) => ("failed", Some(failed(failure)), None),
        Outcome::Skipped { reason } => ("skipped", None, Some(reason.as_str())),
    };
    let Told { case, name, round } = finished.told;
    Record::AttemptFinished {
        case: case.0,
        name,
        round,
        attempt: finished.attempt,
        worker: finished.worker.0,
        at_ns: nanoseconds(finished.at),
        took_ns: nanoseconds(finished.took.all),
        in_fixtures_ns: in_fixtures(finished.took),
        outcome,
        failure,
        reason,
        leaks: some(finished.leaks),
        output: String::from_utf8_lossy(&finished.output),
    }
}

fn case_finished(finished: &CaseFinished) -> Record<'_> {
    let (mut first, mut reason, mut because) = (None, None, None);
    let verdict = match &finished.verdict {
        Verdict::Pass => "pass",
        Verdict::Flaky { first: failure } => {
            first = Some(failed(failure));
            "flaky"
        }
        Verdict::Fail(_) => "fail",
        Verdict::Skip { reason: why } => {
            reason = why.as_deref();
            "skip"
        }
        Verdict::NotRun { because: why } => {
            because = Some(*why);
            "not_run"
        }
    };
    let Told { case, name, round } = finished.told;
    let failure = finished.verdict.failure().map(failed);
    Record::CaseFinished {
        case: case.0,
        name,
        round,
        verdict,
        failure,
        reason,
        first,
        because,
        worker: finished.worker.map(|slot| slot.0),
        attempts: finished.attempts,
        queued_ns: nanoseconds(finished.queued),
        took_ns: nanoseconds(finished.took.all),
        in_fixtures_ns: in_fixtures(finished.took),
        should_panic: finished.should_panic,
        leaks: some(finished.leaks),
    }
}

/// `None`: there was none, or nobody knows.
fn in_fixtures(took: Took) -> Option<u64> {
    (!took.in_fixtures.is_zero()).then(|| nanoseconds(took.in_fixtures))
}

fn failed(Failure { kind, message, location }: &Failure) -> Failed<'_> {
    Failed { kind: *kind, message, location: location.as_deref() }
}

fn some(leaks: Leaks) -> Option<Leaks> {
    (!leaks.is_none()).then_some(leaks)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
