//! Decides what the end of a body means for its case, in libtest's words where libtest has some.

use std::time::Duration;

use crate::model::config::{Keep, Leak};
use crate::model::event::CancelReason;
use crate::model::leaks::Leaks;
use crate::model::lease::Cleanup;
use crate::model::location::Location;
use crate::model::outcome::{BodyResult, Failure, FailureKind, Outcome, Panic, ProcessExit, TestReturn};
use crate::model::timing::Timing;
use crate::model::verdict::{NotRunReason, Verdict};
use crate::test_case::case::ShouldPanic;

/// The outcome of an attempt whose body ended in this way.
pub(crate) fn outcome(body_result: BodyResult, should_panic: ShouldPanic, at: Location) -> Outcome {
    match body_result {
        BodyResult::Skipped { reason } => Outcome::Skipped { reason },
        BodyResult::FixtureFailed { message } => failed(FailureKind::Fixture, message),
        BodyResult::FixturePanicked(panic) => Outcome::Failed(Failure {
            kind: FailureKind::Fixture,
            message: format!("a fixture panicked: {}", panic.message.as_deref().unwrap_or(NO_TEXT)),
            location: panic.location,
        }),
        BodyResult::TimedOut { limit } => {
            let message = format!("the test ran longer than its timeout of {limit:?} and was given up");
            failed(FailureKind::TimedOut, message)
        }
        BodyResult::Cancelled { limit } => failed(
            FailureKind::TimedOut,
            format!("the test ran longer than its timeout of {limit:?} and was cancelled"),
        ),
        BodyResult::FixturesTimedOut { limit } => {
            let message =
                format!("the fixtures of the test took longer than its timeout of {limit:?}, and it was given up");
            failed(FailureKind::TimedOut, message)
        }
        BodyResult::Stopped { limit, signal } => {
            let message = format!(
                "the test ran longer than its timeout of {limit:?}: its process was stopped by {signal} and did not respond any more"
            );
            failed(FailureKind::TimedOut, message)
        }
        BodyResult::Hung { limit } => {
            let message =
                format!("the test ran longer than its timeout of {limit:?}, and its whole process was unresponsive");
            failed(FailureKind::TimedOut, message)
        }
        BodyResult::RunTimedOut { limit } => {
            let message = format!("the test was still running after {limit:?}, the limit of --run-timeout");
            failed(FailureKind::TimedOut, message)
        }
        BodyResult::Died(process_exit) => {
            let kind = match process_exit {
                ProcessExit::Exit { .. } => FailureKind::Exit,
                ProcessExit::Signal { .. }
                | ProcessExit::Stopped { .. }
                | ProcessExit::Hung
                | ProcessExit::Cut
                | ProcessExit::Unknown => FailureKind::Crash,
            };
            failed(kind, format!("the test ended its process: {process_exit}"))
        }
        BodyResult::Returned(returned) => match should_panic {
            ShouldPanic::No => match returned {
                TestReturn::Passed => Outcome::Passed,
                TestReturn::Failed(message) => failed(FailureKind::Error, message),
                TestReturn::FailedByCode(message) => failed(FailureKind::ExitCode, message),
            },
            ShouldPanic::Yes | ShouldPanic::With(_) => {
                failed(FailureKind::ShouldPanic, format!("test did not panic as expected at {at}"))
            }
        },
        BodyResult::Panicked(panic) => match should_panic {
            ShouldPanic::No => Outcome::Failed(Failure {
                kind: FailureKind::Panic,
                message: panic.message.unwrap_or_else(|| NO_TEXT.to_owned()),
                location: panic.location,
            }),
            ShouldPanic::Yes => Outcome::Passed,
            ShouldPanic::With(expected) => judge_message(panic, expected),
        },
    }
}

/// Turns an attempt whose fixtures could not be torn down into a failure, even if the test was skipped or had to panic.
pub(crate) fn with_teardown(outcome: Outcome, failures: Vec<String>) -> Outcome {
    match outcome {
        Outcome::Passed | Outcome::Skipped { .. } if !failures.is_empty() => {
            failed(FailureKind::Fixture, failures.join("\n"))
        }
        outcome => outcome,
    }
}

/// The outcome of an attempt that could not be started.
pub(crate) fn not_possible(message: String) -> Outcome {
    failed(FailureKind::Error, message)
}

/// The error for a test that another process of the run has made, and this one has not.
#[cfg(unix)]
pub(crate) fn unknown_test(name: &str) -> String {
    format!(
        "no test is named `{name}` in the process that was to run it: names made at run time must be the same in every process of \
         a run; do they depend on chance, on the time, or on the process?"
    )
}

/// Turns a pass that took longer than the timeout into a failure, even if the supervisor was too slow to stop the attempt.
pub(crate) fn enforce_timeout(outcome: Outcome, took: Duration, limit: Option<Duration>) -> Outcome {
    match (outcome, limit) {
        (Outcome::Passed, Some(limit)) if took > limit => {
            failed(FailureKind::TimedOut, format!("the test took {took:.3?}, longer than its timeout of {limit:?}"))
        }
        (outcome, _) => outcome,
    }
}

/// Applies `--ensure-time`. As in libtest, a test that takes exactly the limit is too slow, and the message begins with libtest's words.
pub(crate) fn ensured(outcome: Outcome, took: Timing, limit: Option<Duration>) -> Outcome {
    let took = took.all.saturating_sub(took.in_fixtures);
    match (outcome, limit) {
        (Outcome::Passed, Some(limit)) if took >= limit => failed(
            FailureKind::TimedOut,
            format!("time limit exceeded: the test took {took:.3?}, and `--ensure-time` allows less than {limit:?}"),
        ),
        (outcome, _) => outcome,
    }
}

/// Applies `--leak fail`.
pub(crate) fn without_leaks(outcome: Outcome, leaks: &Leaks, leak: Leak) -> Outcome {
    match (outcome, leak) {
        (Outcome::Passed, Leak::Fail) if !leaks.is_none() => {
            failed(FailureKind::Leak, format!("the test left behind: {leaks}"))
        }
        (outcome, _) => outcome,
    }
}

/// Turns a skip into a failure if cargo-nextest has made attempts in other processes: it retries only what failed.
pub(crate) fn after_earlier_attempts(outcome: Outcome, earlier_attempts: u32) -> Outcome {
    match outcome {
        Outcome::Skipped { reason } if earlier_attempts > 0 => {
            let message = format!("attempt {earlier_attempts} failed, and the next one was skipped: {reason}");
            failed(FailureKind::Error, message)
        }
        outcome => outcome,
    }
}

/// The verdict of a case that did not start, in a run that stopped for this reason.
pub(crate) fn not_started(stopped: Option<CancelReason>) -> Verdict {
    let because = match stopped {
        Some(CancelReason::TooManyFailures) => NotRunReason::TooManyFailures,
        Some(CancelReason::Interrupted) => NotRunReason::Interrupted,
        Some(CancelReason::OutOfTime) => NotRunReason::OutOfTime,
        Some(CancelReason::HarnessError) => NotRunReason::HarnessError,
        None | Some(CancelReason::HostRestart | CancelReason::PlanMismatch) => NotRunReason::Held,
    };
    Verdict::NotRun { because }
}

/// Whether the directories of an attempt with this outcome are kept.
pub(crate) fn cleanup_for(keep: Keep, outcome: &Outcome) -> Cleanup {
    match (keep, outcome) {
        (Keep::None, _) | (Keep::Failed, Outcome::Passed | Outcome::Skipped { .. }) => Cleanup::Returned,
        (Keep::All, _) | (Keep::Failed, Outcome::Failed(_)) => Cleanup::Kept,
    }
}

/// The text that the standard library prints for a payload that is no text.
const NO_TEXT: &str = "Box<dyn Any>";

fn judge_message(panic: Panic, expected: &str) -> Outcome {
    let message = match &panic.message {
        Some(message) if message.contains(expected) => return Outcome::Passed,
        Some(message) => format!(
            "panic did not contain expected string\n      panic message: {message:?}\n expected substring: {expected:?}"
        ),
        None => format!(
            "expected panic with string value,\n found non-string value: `{NO_TEXT}`\n     expected substring: {expected:?}"
        ),
    };
    Outcome::Failed(Failure { kind: FailureKind::ShouldPanic, message, location: panic.location })
}

fn failed(kind: FailureKind, message: String) -> Outcome {
    Outcome::Failed(Failure { kind, message, location: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Location = Location { file: "t.rs", line: 7, column: 28 };

    #[track_caller]
    fn check(body_result: BodyResult, should_panic: ShouldPanic, expected: Result<(), (FailureKind, &str)>) {
        let actual = match outcome(body_result, should_panic, AT) {
            Outcome::Passed => Ok(()),
            Outcome::Failed(failure) => Err((failure.kind, failure.message)),
            Outcome::Skipped { reason } => panic!("skipped: {reason}"),
        };
        assert_eq!(actual, expected.map_err(|(kind, message)| (kind, message.to_owned())));
    }

    fn panicked(message: &str) -> BodyResult {
        BodyResult::Panicked(Panic { message: Some(message.to_owned()), location: None })
    }

    fn panicked_without_text() -> BodyResult {
        BodyResult::Panicked(Panic { message: None, location: None })
    }

    #[test]
    fn return_value_determines_the_outcome() {
        check(BodyResult::Returned(TestReturn::Passed), ShouldPanic::No, Ok(()));
        let failed = BodyResult::Returned(TestReturn::Failed("Error: down".to_owned()));
        check(failed, ShouldPanic::No, Err((FailureKind::Error, "Error: down")));
    }

    #[test]
    fn unexpected_panic_fails() {
        check(panicked("boom"), ShouldPanic::No, Err((FailureKind::Panic, "boom")));
        check(panicked_without_text(), ShouldPanic::No, Err((FailureKind::Panic, "Box<dyn Any>")));
    }

    #[test]
    fn should_panic_fails_without_a_panic() {
        check(panicked("boom"), ShouldPanic::Yes, Ok(()));
        check(panicked_without_text(), ShouldPanic::Yes, Ok(()));
        let did_not = (FailureKind::ShouldPanic, "test did not panic as expected at t.rs:7:28");
        check(BodyResult::Returned(TestReturn::Passed), ShouldPanic::Yes, Err(did_not));
        check(BodyResult::Returned(TestReturn::Failed("x".to_owned())), ShouldPanic::With("x"), Err(did_not));
    }

    #[test]
    fn should_panic_fails_with_another_message() {
        check(panicked("a boom b"), ShouldPanic::With("boom"), Ok(()));
        let other =
            "panic did not contain expected string\n      panic message: \"other\"\n expected substring: \"boom\"";
        check(panicked("other"), ShouldPanic::With("boom"), Err((FailureKind::ShouldPanic, other)));
        let no_text = "expected panic with string value,\n found non-string value: `Box<dyn Any>`\n     \
                       expected substring: \"boom\"";
        check(panicked_without_text(), ShouldPanic::With("boom"), Err((FailureKind::ShouldPanic, no_text)));
    }

    #[test]
    fn pass_after_the_timeout_is_a_failure() {
        let enforce_timeout = |took, limit: Option<u64>| {
            let (took, limit) = (Duration::from_micros(took), limit.map(Duration::from_millis));
            match enforce_timeout(Outcome::Passed, took, limit) {
                Outcome::Failed(failure) => format!("{:?}: {}", failure.kind, failure.message),
                outcome => format!("{outcome:?}"),
            }
        };
        assert_eq!(enforce_timeout(5_250, Some(1)), "TimedOut: the test took 5.250ms, longer than its timeout of 1ms");
        assert_eq!(enforce_timeout(1_000, Some(1)), "Passed");
        assert_eq!(enforce_timeout(5_250, None), "Passed");
    }

    #[test]
    fn fixture_failure_is_not_an_expected_panic() {
        let failed = BodyResult::FixtureFailed { message: "no port".to_owned() };
        check(failed, ShouldPanic::Yes, Err((FailureKind::Fixture, "no port")));
        let panicked = || BodyResult::FixturePanicked(Panic { message: Some("boom".to_owned()), location: None });
        for should_panic in [ShouldPanic::No, ShouldPanic::Yes, ShouldPanic::With("boom")] {
            check(panicked(), should_panic, Err((FailureKind::Fixture, "a fixture panicked: boom")));
        }
    }
}
