//! The test that a thread works for, as one number: a signal handler must be able to read it, and it must fit into an
//! atomic.

use crate::model::event::CaseIx;

/// The owner of a thread that works for no test.
pub(crate) const NO_OWNER: u64 = 0;

/// The owner of a thread that tears down a fixture whose scope is not `test`.
pub(crate) const TEARDOWN: u64 = 1 << 32;

/// The number of a case in one iteration; never [`NO_OWNER`] or [`TEARDOWN`].
pub(crate) fn pack(case: CaseIx, iteration: u32) -> u64 {
    (u64::from(iteration) << 32) | (u64::from(case.0) + 1)
}

/// The case and the iteration of this number.
pub(crate) fn unpack(owner: u64) -> Option<(CaseIx, u32)> {
    let case = (owner as u32).checked_sub(1)?;
    Some((CaseIx(case), (owner >> 32) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_ids_round_trip() {
        for case in [0, 1, 9_999, u32::MAX - 1] {
            for iteration in [0, 1, 1_000, u32::MAX] {
                let owner = pack(CaseIx(case), iteration);
                assert!(owner != NO_OWNER && owner != TEARDOWN);
                assert_eq!(unpack(owner), Some((CaseIx(case), iteration)));
            }
        }
    }

    #[test]
    fn owners_that_are_no_tests_unpack_to_none() {
        assert_eq!([NO_OWNER, TEARDOWN].map(unpack), [None, None]);
    }
}
