//! Says who ended a process of several workers.

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The attempt at this place of the list.
    One(usize),
    /// A thread that this test has left behind; the test itself is over.
    Left(u64),
    /// One of them, and nobody knows which.
    OneOfThem,
    /// No test: none was running.
    Nobody,
}

/// Who did it, when these attempts were running, each with its owner, and this owner's thread is the one that ended the
/// process; 0 when that is not known.
pub(crate) fn blame(of_note: u64, running: &[u64]) -> Blame {
    match running.iter().position(|&owner| owner == of_note) {
        Some(ix) => Blame::One(ix),
        None if of_note != 0 => Blame::Left(of_note),
        None => match running.len() {
            0 => Blame::Nobody,
            1 => Blame::One(0),
            _ => Blame::OneOfThem,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(of_note: u64, running: &[u64], expected: Blame) {
        assert_eq!(blame(of_note, running), expected);
    }

    #[test]
    fn a_note_names_the_culprit() {
        check(7, &[5, 7, 9], Blame::One(1));
        check(7, &[7], Blame::One(0));
        check(7, &[5, 9], Blame::Left(7));
        check(7, &[], Blame::Left(7));
    }

    #[test]
    fn without_a_note_only_a_single_one_can_be_blamed() {
        check(0, &[], Blame::Nobody);
        check(0, &[5], Blame::One(0));
        check(0, &[5, 9], Blame::OneOfThem);
    }
}
