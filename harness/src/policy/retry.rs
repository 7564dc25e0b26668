//! Decides whether a case is retried, and its verdict.

use std::time::Duration;

use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::model::config::RunConfig;
use crate::model::outcome::{Failure, Outcome};
use crate::model::seed::Seed;
use crate::model::verdict::Verdict;
use crate::test_case::case::Attributes;

/// How a case is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// The number of retries.
    pub(crate) retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) on: RetryOn,
}

/// The attribute of a case takes precedence over the configuration. If cargo-nextest retries the test, this process does not.
pub(crate) fn terms(attributes: &Attributes, config: &RunConfig) -> RetryPolicy {
    RetryPolicy {
        retries: if config.nextest_retries { 0 } else { attributes.retries.unwrap_or(config.retries) },
        backoff: attributes.backoff.unwrap_or(config.retry_backoff),
        on: attributes.retry_on.unwrap_or(config.retry_on),
    }
}

/// What follows an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// A retry.
    Again,
    /// No further attempt.
    Over(Verdict),
}

/// What follows the `attempt`-th attempt (from 1) of a case with this number of retries. `first` is the failure of the first attempt.
pub(crate) fn after(outcome: &Outcome, attempt: u32, retries: u32, first: Option<&Failure>) -> NextStep {
    NextStep::Over(match (outcome, first) {
        (Outcome::Passed, None) => Verdict::Pass,
        (Outcome::Passed, Some(first)) => Verdict::Flaky { first: first.clone() },
        (Outcome::Skipped { reason }, None) => Verdict::Skip { reason: Some(reason.clone()) },
        // A skip does not undo a failure.
        (Outcome::Skipped { reason }, Some(first)) => {
            let message = format!("{}\nattempt {attempt} was skipped: {reason}", first.message);
            Verdict::Fail(Failure { message, ..first.clone() })
        }
        (Outcome::Failed(_), _) if attempt <= retries => return NextStep::Again,
        (Outcome::Failed(failure), _) => Verdict::Fail(failure.clone()),
    })
}

/// The delay before the `retry`-th retry (from 1) of the case with this name. The seed decides how much of the longest delay is left out,
/// up to half, so that cases that failed together are not retried together.
pub(crate) fn delay(backoff: Backoff, seed: Seed, name: &str, retry: u32) -> Duration {
    let longest = backoff.longest_delay(retry);
    let half = u64::try_from((longest / 2).as_nanos()).unwrap_or(u64::MAX);
    longest - Duration::from_nanos(seed.draw(name, retry, half))
}

/// The verdict of a case that failed, if the run ends before its retry.
pub(crate) fn verdict_if_cancelled(first: Option<&Failure>) -> Option<Verdict> {
    first.cloned().map(Verdict::Fail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::FailureKind;

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, message: "down".to_owned(), location: None }
    }

    #[track_caller]
    fn check(outcome: &Outcome, attempt: u32, retries: u32, expected: &NextStep) {
        let first = failure(FailureKind::Panic);
        assert_eq!(&after(outcome, attempt, retries, (attempt > 1).then_some(&first)), expected);
    }

    #[test]
    fn a_pass_after_a_failure_is_flaky() {
        check(&Outcome::Passed, 1, 2, &NextStep::Over(Verdict::Pass));
        check(&Outcome::Passed, 2, 2, &NextStep::Over(Verdict::Flaky { first: failure(FailureKind::Panic) }));
    }

    #[test]
    fn failure_is_retried_up_to_the_limit() {
        let outcome = Outcome::Failed(failure(FailureKind::Error));
        check(&outcome, 1, 0, &NextStep::Over(Verdict::Fail(failure(FailureKind::Error))));
        check(&outcome, 1, 1, &NextStep::Again);
        check(&outcome, 2, 1, &NextStep::Over(Verdict::Fail(failure(FailureKind::Error))));
    }

    #[test]
    fn a_skip_is_final() {
        let outcome = Outcome::Skipped { reason: "no network".to_owned() };
        check(&outcome, 1, 5, &NextStep::Over(Verdict::Skip { reason: Some("no network".to_owned()) }));
    }

    #[test]
    fn a_skip_does_not_undo_a_failure() {
        let outcome = Outcome::Skipped { reason: "no network".to_owned() };
        let message = "down\nattempt 2 was skipped: no network".to_owned();
        check(&outcome, 2, 5, &NextStep::Over(Verdict::Fail(Failure { message, ..failure(FailureKind::Panic) })));
    }

    /// The longest delays of the first retries, in milliseconds; each actual delay is between half of that and all of it.
    #[track_caller]
    fn check_delays(backoff: Backoff, longest: [u64; 5]) {
        for (retry, longest) in (1..).zip(longest.map(Duration::from_millis)) {
            let drawn = (0..500).map(|seed| delay(backoff, Seed::new(seed), "a", retry));
            let drawn: Vec<Duration> = drawn.inspect(|&it| assert!((longest / 2..=longest).contains(&it))).collect();
            let (least, most) = (drawn.iter().min().copied(), drawn.iter().max().copied());
            assert!(least <= Some(longest * 6 / 10) && most >= Some(longest * 9 / 10), "{least:?} {most:?}");
        }
    }

    #[test]
    fn backoff_delays_grow_as_configured() {
        let ms = Duration::from_millis;
        check_delays(Backoff::None, [0; 5]);
        check_delays(Backoff::Fixed(ms(200)), [200; 5]);
        check_delays(Backoff::Exponential { first: ms(100), at_most: Duration::MAX }, [100, 200, 400, 800, 1600]);
        check_delays(Backoff::Exponential { first: ms(100), at_most: ms(500) }, [100, 200, 400, 500, 500]);
    }

    #[test]
    fn delays_do_not_overflow_after_many_retries() {
        let endless = Backoff::Exponential { first: Duration::from_secs(1), at_most: Duration::MAX };
        let longest = delay(endless, Seed::new(1), "a", u32::MAX);
        assert!(longest >= delay(endless, Seed::new(1), "a", 20));
        assert!(delay(Backoff::Fixed(Duration::MAX), Seed::new(1), "a", 1) > Duration::ZERO);
    }

    #[test]
    fn delay_depends_only_on_seed_name_and_retry() {
        let of = |seed, name, retry| delay(Backoff::Fixed(Duration::from_secs(1)), Seed::new(seed), name, retry);
        assert_eq!(of(1, "a", 1), of(1, "a", 1));
        for other in [of(2, "a", 1), of(1, "b", 1), of(1, "a", 2)] {
            assert_ne!(other, of(1, "a", 1));
        }
    }
}
