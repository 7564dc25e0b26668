//! Decides whether a case is tried again, and what is said of it in the end.

use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::verdict::Verdict;

/// What follows an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is tried again.
    Again,
    /// That was the last one.
    Over(Verdict),
}

/// What follows the `attempt`-th attempt (from 1) of a case that may be tried again `retries` times. `first` is how
/// the first attempt failed, if it did.
pub(crate) fn after(outcome: &Outcome, attempt: u32, retries: u32, first: Option<&Failure>) -> Then {
    Then::Over(match (outcome, first) {
        (Outcome::Passed, None) => Verdict::Pass,
        (Outcome::Passed, Some(first)) => Verdict::Flaky { first: first.clone() },
        (Outcome::Skipped { reason }, _) => Verdict::Skip { reason: Some(reason.clone()) },
        (Outcome::Failed(failure), _) if attempt <= retries && may_be_repeated(failure.kind) => return Then::Again,
        (Outcome::Failed(failure), _) => Verdict::Fail(failure.clone()),
    })
}

fn may_be_repeated(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Panic
        | FailureKind::Error
        | FailureKind::ExitCode
        | FailureKind::ShouldPanic
        | FailureKind::Fixture => true,
        // The body runs still, with all it holds; a second one beside it would break what its tags promise.
        FailureKind::TimedOut => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, message: "down".to_owned(), location: None }
    }

    #[track_caller]
    fn check(outcome: &Outcome, attempt: u32, retries: u32, expected: &Then) {
        let first = failure(FailureKind::Panic);
        assert_eq!(&after(outcome, attempt, retries, (attempt > 1).then_some(&first)), expected);
    }

    #[test]
    fn a_pass_after_a_failure_is_flaky() {
        check(&Outcome::Passed, 1, 2, &Then::Over(Verdict::Pass));
        check(&Outcome::Passed, 2, 2, &Then::Over(Verdict::Flaky { first: failure(FailureKind::Panic) }));
    }

    #[test]
    fn a_failure_is_repeated_as_often_as_allowed() {
        let outcome = Outcome::Failed(failure(FailureKind::Error));
        check(&outcome, 1, 0, &Then::Over(Verdict::Fail(failure(FailureKind::Error))));
        check(&outcome, 1, 1, &Then::Again);
        check(&outcome, 2, 1, &Then::Over(Verdict::Fail(failure(FailureKind::Error))));
    }

    #[test]
    fn a_case_that_still_runs_is_not_started_again() {
        let outcome = Outcome::Failed(failure(FailureKind::TimedOut));
        check(&outcome, 1, 5, &Then::Over(Verdict::Fail(failure(FailureKind::TimedOut))));
    }

    #[test]
    fn a_skip_is_final() {
        let outcome = Outcome::Skipped { reason: "no network".to_owned() };
        check(&outcome, 1, 5, &Then::Over(Verdict::Skip { reason: Some("no network".to_owned()) }));
    }
}
