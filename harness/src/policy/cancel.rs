//! Decides why a run stops, when a test host has ended.

use crate::model::event::CancelReason;

/// Why the run stops now, if it does. `reason` is what the controller knows, `host` is the reason that the test host reported, and
/// `is_open` says whether any test remains.
pub(crate) fn after_host(
    reason: Option<CancelReason>,
    host: Option<CancelReason>,
    is_open: bool,
) -> Option<CancelReason> {
    match (reason, host) {
        // The test host knows only that it had to stop. A run that took too long did so even if all its tests are done.
        (Some(CancelReason::OutOfTime), _) | (Some(_), Some(CancelReason::Interrupted)) => reason,
        // The test host ended because a test hangs there, and knows nothing of later events.
        (_, Some(CancelReason::HostRestart)) => reason.filter(|_| is_open),
        // A test host that does not report a stop had finished before.
        (_, host) => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reason: Option<CancelReason>, host: Option<CancelReason>, is_open: bool, expected: Option<CancelReason>) {
        assert_eq!(after_host(reason, host, is_open), expected, "{reason:?}, {host:?}, {is_open}");
    }

    #[test]
    fn ctrl_c_is_reported_only_if_it_stopped_the_run() {
        let (asked, reported) = (Some(CancelReason::Interrupted), Some(CancelReason::Interrupted));
        check(asked, reported, true, Some(CancelReason::Interrupted));
        check(asked, reported, false, Some(CancelReason::Interrupted));
        check(asked, None, false, None);
        check(asked, Some(CancelReason::HostRestart), true, Some(CancelReason::Interrupted));
        check(asked, Some(CancelReason::HostRestart), false, None);
    }

    #[test]
    fn run_timeout_overrides_other_reasons() {
        for host in [None, Some(CancelReason::Interrupted), Some(CancelReason::HostRestart)] {
            check(Some(CancelReason::OutOfTime), host, false, Some(CancelReason::OutOfTime));
            check(Some(CancelReason::OutOfTime), host, true, Some(CancelReason::OutOfTime));
        }
    }

    #[test]
    fn max_fail_ends_the_run_beside_a_test_that_hangs() {
        let enough = Some(CancelReason::TooManyFailures);
        check(None, enough, true, enough);
        check(enough, enough, true, enough);
        check(enough, Some(CancelReason::HostRestart), true, enough);
    }

    #[test]
    fn host_restart_does_not_end_the_run() {
        check(None, Some(CancelReason::HostRestart), true, None);
        check(None, None, false, None);
        check(None, Some(CancelReason::HarnessError), true, Some(CancelReason::HarnessError));
    }
}
