//! Decides which test ended a process with several workers.

use crate::model::crash_record::CrashRecord;
use crate::model::test_id;

/// The cause of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Culprit {
    /// The attempt at this index of the list.
    One(usize),
    /// A thread that outlived this test, which is over.
    Left(u64),
    /// The teardown of a fixture whose scope is not `test`.
    Teardown,
    /// One of the running tests; it is not known which.
    OneOfThem,
    /// No test: none was running.
    NoTest,
}

/// The cause of the end of a process. `running` lists the owners of the attempts that ran. `from_record` is the owner of the thread that
/// ended the process; 0 if that is not known. In that case the cause can also be a leftover of tests that ran in this process before.
pub(crate) fn blame(from_record: u64, running: &[u64], have_others_run: bool) -> Culprit {
    match running.iter().position(|&owner| owner == from_record) {
        Some(ix) => Culprit::One(ix),
        None if from_record == test_id::TEARDOWN => Culprit::Teardown,
        None if from_record != test_id::NO_OWNER => Culprit::Left(from_record),
        None => match running.len() {
            0 => Culprit::NoTest,
            1 if !have_others_run => Culprit::One(0),
            _ => Culprit::OneOfThem,
        },
    }
}

/// Whether another test than the running one can have ended a process with one worker: the record names another owner, or there is no
/// record and other tests have run in the process before. 0 means no owner.
pub(crate) fn caused_by_other(from_record: u64, own: u64, have_others_run: bool) -> bool {
    from_record != own && (from_record != 0 || have_others_run)
}

/// The record of the thread that ended the process, by this signal or with this exit code. If several threads were about to end it, that is
/// the first one whose record matches. If none matches, it is the first one that had called `exit`, since an `exit` can take long and be
/// cut short. A signal that the process has survived proves nothing.
pub(crate) fn terminating_record((signal, code): (Option<i32>, Option<i32>), notes: Vec<CrashRecord>) -> CrashRecord {
    let is_its = |note: &CrashRecord| match (signal, code) {
        (Some(signal), _) => note.signals.is_some_and(|(_, last)| last == signal),
        (None, code) => code.is_some() && note.has_exited,
    };
    let exits = |note: &CrashRecord| note.has_exited;
    let place = notes.iter().position(is_its).or_else(|| notes.iter().position(exits));
    place.and_then(|place| notes.into_iter().nth(place)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The owner of the thread that caused this signal or exit code.
    #[track_caller]
    fn check_record(end: (Option<i32>, Option<i32>), notes: &[CrashRecord], expected: u64) {
        assert_eq!(terminating_record(end, notes.to_vec()).owner, expected);
    }

    #[test]
    fn record_that_matches_the_exit_is_the_terminating_one() {
        let exits = |owner| CrashRecord { owner, has_exited: true, ..CrashRecord::default() };
        let signal = |owner, first, last| CrashRecord { owner, signals: Some((first, last)), ..CrashRecord::default() };
        for notes in [[exits(5), signal(7, 11, 11)], [signal(7, 11, 11), exits(5)]] {
            check_record((Some(11), None), &notes, 7);
            check_record((None, Some(3)), &notes, 5);
        }
        // A stack overflow, and another thread that aborted at the same time.
        let notes = [signal(5, 11, 11), signal(7, 11, 6), signal(9, 6, 6)];
        check_record((Some(11), None), &notes, 5);
        check_record((Some(6), None), &notes, 7);
    }

    #[test]
    fn unmatched_exit_is_attributed_to_the_first_exit_record() {
        let notes = [5, 7].map(|owner| CrashRecord { owner, has_exited: true, ..CrashRecord::default() });
        check_record((Some(9), None), &notes, 5);
        check_record((None, None), &notes, 5);
        check_record((Some(11), None), &[], 0);
        let survived = CrashRecord { owner: 3, signals: Some((6, 6)), ..CrashRecord::default() };
        let survived = [survived];
        check_record((Some(9), None), &survived, 0);
        check_record((None, Some(0)), &survived, 0);
    }

    #[test]
    fn exit_of_a_worker_process_is_attributed_to_its_test_unless_another_can_have_caused_it() {
        for (from_record, have_others_run, expected) in
            [(7, false, false), (7, true, false), (5, false, true), (5, true, true), (0, false, false), (0, true, true)]
        {
            assert_eq!(caused_by_other(from_record, 7, have_others_run), expected, "{from_record}, {have_others_run}");
        }
    }

    #[track_caller]
    fn check(from_record: u64, running: &[u64], expected: Culprit) {
        assert_eq!(blame(from_record, running, false), expected);
        let expected = if (from_record, running.len()) == (0, 1) { Culprit::OneOfThem } else { expected };
        assert_eq!(blame(from_record, running, true), expected);
    }

    #[test]
    fn crash_record_names_the_culprit() {
        check(7, &[5, 7, 9], Culprit::One(1));
        check(7, &[7], Culprit::One(0));
        check(7, &[5, 9], Culprit::Left(7));
        check(7, &[], Culprit::Left(7));
        check(test_id::TEARDOWN, &[], Culprit::Teardown);
        check(test_id::TEARDOWN, &[5], Culprit::Teardown);
    }

    #[test]
    fn without_a_crash_record_only_a_single_running_test_is_the_culprit() {
        check(0, &[], Culprit::NoTest);
        check(0, &[5], Culprit::One(0));
        check(0, &[5, 9], Culprit::OneOfThem);
    }
}
