//! The report of one test: its output, why it failed, where it ran, and the command that runs it again.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::model::event::{AttemptFinished, CaseFinished, RunStarted, TestId};
use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::shell::quoted;
use crate::model::timing::Timing;
use crate::model::verdict::NotRunReason;
use crate::report::buffer::{Buffer, FAINT};

/// A case, and those of its attempts that are reported.
pub(crate) struct TestReport {
    pub(crate) finished: CaseFinished,
    pub(crate) attempts: Vec<AttemptFinished>,
}

/// A directory that was kept for inspection.
pub(crate) struct KeptPath {
    pub(crate) test_id: TestId,
    pub(crate) path: PathBuf,
}

/// The reports of several tests under a heading, and the list of their names, as in libtest.
pub(crate) fn section(
    heading: &str,
    pieces: &[TestReport],
    kept_paths: &[KeptPath],
    started: &RunStarted,
    buffer: &mut Buffer,
) -> io::Result<()> {
    buffer.line(format_args!("\n{heading}:"))?;
    if pieces.iter().any(has_block) {
        buffer.line("")?;
    }
    for piece in pieces.iter().filter(|piece| has_block(piece)) {
        block(piece, kept_paths, started, buffer)?;
    }
    buffer.line(format_args!("\n{heading}:"))?;
    for name in names(pieces) {
        buffer.line(format_args!("    {name}"))?;
    }
    Ok(())
}

fn has_block(piece: &TestReport) -> bool {
    !piece.attempts.is_empty()
}

fn block(piece: &TestReport, kept_paths: &[KeptPath], started: &RunStarted, buffer: &mut Buffer) -> io::Result<()> {
    let finished = &piece.finished;
    let name = finished.test_id.name;
    for (ix, attempt) in piece.attempts.iter().enumerate() {
        if ix > 0 {
            buffer.line("")?;
        }
        write!(buffer, "---- {name} stdout")?;
        if finished.attempts > 1 {
            write!(buffer, ", attempt {} of {}", attempt.attempt, finished.attempts)?;
        }
        if started.iterations > 1 {
            write!(buffer, ", iteration {}", attempt.test_id.iteration)?;
        }
        buffer.line(" ----")?;
        buffer.raw(&attempt.output);
        buffer.end_line();
        if let Outcome::Failed(failure) = &attempt.outcome
            && !is_in_output(failure, &attempt.output, started.captured)
        {
            buffer.line(format_args!("note: {}", failure.message))?;
        }
        if let Outcome::Skipped { reason } = &attempt.outcome {
            buffer.line(format_args!("note: skipped: {reason}"))?;
        }
        facts(attempt, finished, started, buffer)?;
    }
    for kept in kept_paths.iter().filter(|kept| {
        (kept.test_id.case, kept.test_id.iteration) == (finished.test_id.case, finished.test_id.iteration)
    }) {
        buffer.styled(FAINT, &format!("  = kept: {}", kept.path.display()))?;
        buffer.line("")?;
    }
    if finished.verdict.failure().is_some() {
        buffer.styled(FAINT, &format!("  = again: {} {}", started.again, quoted(name)))?;
        buffer.line("")?;
    }
    buffer.line("")
}

/// Whether the message is in the output already: the panic hook and our own code write it there.
fn is_in_output(failure: &Failure, output: &[u8], captured: bool) -> bool {
    match failure.kind {
        FailureKind::Panic | FailureKind::Error => !output.is_empty() || !captured,
        // The panic hook does not know that a fixture has panicked.
        FailureKind::Fixture => !captured || String::from_utf8_lossy(output).contains(&failure.message),
        FailureKind::ShouldPanic
        | FailureKind::ExitCode
        | FailureKind::TimedOut
        | FailureKind::Crash
        | FailureKind::Exit
        | FailureKind::Leak => false,
    }
}

fn facts(
    attempt: &AttemptFinished,
    finished: &CaseFinished,
    started: &RunStarted,
    buffer: &mut Buffer,
) -> io::Result<()> {
    let mut facts = format!("  = worker {} of {}", attempt.worker, started.workers);
    facts += &format!(", seed {}, took {}", started.seed, seconds(attempt.took.all));
    if let Some(time) = in_fixtures(attempt.took) {
        facts += &format!(", in fixtures {}", seconds(time));
    }
    if finished.queued.as_millis() > 0 {
        facts += &format!(", queued {}", seconds(finished.queued));
    }
    buffer.styled(FAINT, &facts)?;
    buffer.line("")
}

/// The time in fixtures, if it is at least a hundredth of the total, and a millisecond.
pub(crate) fn in_fixtures(took: Timing) -> Option<Duration> {
    let least = (took.all / 100).max(Duration::from_millis(1));
    (took.in_fixtures >= least).then_some(took.in_fixtures)
}

/// "1.25s", "0.004s"
pub(crate) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.1 { format!("{seconds:.3}s") } else { format!("{seconds:.2}s") }
}

/// The names of the cases, each once, even if it failed in several iterations.
fn names(pieces: &[TestReport]) -> Vec<&'static str> {
    let mut names: Vec<_> = pieces.iter().map(|piece| piece.finished.test_id.name).collect();
    names.sort();
    names.dedup();
    names
}

/// The number of tests without a result, and why. A test that was running when the run ended has no result either.
pub(crate) fn not_run_line(n: usize, because: NotRunReason) -> String {
    let what = match (because, n) {
        (NotRunReason::Interrupted | NotRunReason::OutOfTime, 1) => "test has no result",
        (NotRunReason::Interrupted | NotRunReason::OutOfTime, _) => "tests have no result",
        (NotRunReason::TooManyFailures | NotRunReason::HarnessError | NotRunReason::Held, 1) => "test did not run",
        (NotRunReason::TooManyFailures | NotRunReason::HarnessError | NotRunReason::Held, _) => "tests did not run",
    };
    format!("{n} {what}: {}", why_not_run(because))
}

/// Describes why tests did not start.
pub(crate) fn why_not_run(because: NotRunReason) -> &'static str {
    match because {
        NotRunReason::TooManyFailures => "as many failed as --max-fail allows",
        NotRunReason::Interrupted => "the run was interrupted",
        NotRunReason::OutOfTime => "the run took longer than --run-timeout allows",
        NotRunReason::HarnessError => "swimlanes itself failed",
        NotRunReason::Held => "a test that timed out is still running and holds what they need",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: u64, fixture_rows: u64, is_shown: bool) {
        let [all, fixture_rows] = [all, fixture_rows].map(Duration::from_micros);
        assert_eq!(in_fixtures(Timing { all, in_fixtures: fixture_rows }), is_shown.then_some(fixture_rows));
    }

    #[test]
    fn short_time_in_fixtures_is_not_shown() {
        check(0, 0, false);
        check(900, 900, false);
        check(1_000, 1_000, true);
        check(5_000, 1_000, true);
        check(200_000, 1_999, false);
        check(200_000, 2_000, true);
    }
}
