//! Decides why a run stops, when a process of its workers has come to its end.

use crate::model::event::Stop;

/// Why the run stops now, if it does: `known` is what the guard knows by then, `host` why the process says that it ended, and
/// `is_open` whether anything is left to run.
pub(crate) fn after_host(known: Option<Stop>, host: Option<Stop>, is_open: bool) -> Option<Stop> {
    match (known, host) {
        // It knows only that it was told to stop; and a run that took too long did so even if all was done then.
        (Some(Stop::OutOfTime), _) | (Some(_), Some(Stop::Interrupted)) => known,
        // It ended because a test hangs there, and knows nothing of what came then.
        (_, Some(Stop::Renewed)) => known.filter(|_| is_open),
        // If it did not hear of a stop, it was through before.
        (_, host) => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: Option<Stop>, host: Option<Stop>, is_open: bool, expected: Option<Stop>) {
        assert_eq!(after_host(known, host, is_open), expected, "{known:?}, {host:?}, {is_open}");
    }

    #[test]
    fn ctrl_c_counts_if_it_kept_anything_from_running() {
        let (asked, heard) = (Some(Stop::Interrupted), Some(Stop::Interrupted));
        check(asked, heard, true, Some(Stop::Interrupted));
        check(asked, heard, false, Some(Stop::Interrupted));
        check(asked, None, false, None);
        check(asked, Some(Stop::Renewed), true, Some(Stop::Interrupted));
        check(asked, Some(Stop::Renewed), false, None);
    }

    #[test]
    fn a_run_that_took_too_long_did_so() {
        for host in [None, Some(Stop::Interrupted), Some(Stop::Renewed)] {
            check(Some(Stop::OutOfTime), host, false, Some(Stop::OutOfTime));
            check(Some(Stop::OutOfTime), host, true, Some(Stop::OutOfTime));
        }
    }

    #[test]
    fn too_many_failures_are_the_end_also_beside_a_test_that_hangs() {
        let enough = Some(Stop::TooManyFailures);
        check(None, enough, true, enough);
        check(enough, enough, true, enough);
        check(enough, Some(Stop::Renewed), true, enough);
    }

    #[test]
    fn the_next_process_goes_on_where_a_test_hangs() {
        check(None, Some(Stop::Renewed), true, None);
        check(None, None, false, None);
        check(None, Some(Stop::Broken), true, Some(Stop::Broken));
    }
}
