//! Increments against what came out in the end.

use std::collections::BTreeSet;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Unexplained;

/// With more possible sums than this, only the smallest and the greatest are looked at.
const MOST_SUMS: usize = 10_000;

/// The sum is not one that the increments can make.
///
/// ```
/// use swimlanes_kit::history::{Operation, adds_up};
///
/// let added = [Operation::new("alice", 1, 0, 2, ()), Operation::new("bob", 1, 1, 3, ())];
/// let unexplained = adds_up(&added, 0, 1).unwrap_err();
/// assert_eq!((unexplained.what().expected, unexplained.what().found), ([2, 2], 1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongSum {
    /// What it was before.
    pub before: i64,
    /// The smallest and the greatest sum that can be; they differ if operations did not end.
    pub expected: [i64; 2],
    /// What it is.
    pub found: i64,
    /// How many increments ended.
    pub ended: usize,
}

impl fmt::Display for WrongSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, expected: [least, most], found, ended } = self;
        let increments = if *ended == 1 { "increment" } else { "increments" };
        write!(f, "after {ended} {increments} from {before} it must be {least}")?;
        if least != most {
            write!(f, " to {most}")?;
        }
        write!(f, ", and is {found}")
    }
}

/// Checks that what was there before and all increments make what is there after.
///
/// The calls are the increments; they may be negative. One that did not end counts or does not.
///
/// Takes time in proportion to `n`, and to the sums that operations without an end make possible; if these are more than 10 000, a sum between the
/// smallest and the greatest is taken to be possible.
///
/// # Errors
///
/// What it should be and what it is. Drawn are the increments that overlapped with another one, since an increment is lost to one that it overlaps;
/// all of them if none did.
///
/// # Panics
///
/// If what it must be does not fit in an `i64`.
///
/// ```
/// use swimlanes_kit::history::{Operation, adds_up};
///
/// let added = [Operation::new("alice", 1, 0, 2, ()), Operation::new("bob", 1, 1, 3, ())];
/// assert!(adds_up(&added, 5, 7).is_ok());
/// assert_eq!(adds_up(&added, 5, 6).unwrap_err().to_string(), r#"
/// alice  ├ 1 ┤
/// bob      ├ 1 ┤
/// after 2 increments from 5 it must be 7, and is 6
/// "#.trim());
/// ```
pub fn adds_up<R: Debug>(
    operations: &[Operation<i64, R>],
    before: i64,
    after: i64,
) -> Result<(), Unexplained<WrongSum>> {
    // What they make on the way is nobody's concern.
    let plus = |sum: i128, more: i64| sum + i128::from(more);
    let (ended, open): (Vec<_>, Vec<_>) = operations.iter().partition(|operation| operation.ended().is_some());
    let certain = ended.iter().fold(i128::from(before), |sum, operation| plus(sum, *operation.call()));
    let mut sums = BTreeSet::from([certain]);
    let mut all_are_known = true;
    for operation in open {
        sums = sums.iter().flat_map(|&sum| [sum, plus(sum, *operation.call())]).collect();
        if sums.len() > MOST_SUMS {
            all_are_known = false;
            sums = sums.first().into_iter().chain(sums.last()).copied().collect();
        }
    }
    let least = *sums.first().expect("there is a sum of what ended");
    let most = *sums.last().expect("there is a sum of what ended");
    let found = i128::from(after);
    let is_possible = if all_are_known { sums.contains(&found) } else { (least..=most).contains(&found) };
    if is_possible {
        return Ok(());
    }
    let expected = [least, most].map(|sum| i64::try_from(sum).expect("the sum of increments fits in an i64"));
    let wrong = WrongSum { before, expected, found: after, ended: ended.len() };
    let overlapping = overlapping(operations);
    let drawn = if overlapping.is_empty() { operations.iter().collect() } else { overlapping };
    Err(Unexplained::new(wrong, Timeline::of(drawn)))
}

/// Those that overlap with another one, in the order in which they began.
fn overlapping<C, R>(operations: &[Operation<C, R>]) -> Vec<&Operation<C, R>> {
    let mut in_order: Vec<&Operation<C, R>> = operations.iter().collect();
    in_order.sort_by_key(|operation| operation.began());
    let mut overlaps = vec![false; in_order.len()];
    // The one so far that ends last.
    let mut longest = 0;
    let until = |ix: usize| in_order[ix].ended().unwrap_or(u64::MAX);
    for ix in 1..in_order.len() {
        if in_order[ix].began() <= until(longest) {
            overlaps[longest] = true;
            overlaps[ix] = true;
        }
        if until(longest) < until(ix) {
            longest = ix;
        }
    }
    in_order.into_iter().zip(overlaps).filter(|(_, overlaps)| *overlaps).map(|(operation, _)| operation).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::history::notation::{outcome, parsed};

    #[track_caller]
    fn check(text: &str, after: i64, expected: Expect) {
        let operations = parsed(text, |amount| amount.parse().expect("an amount"), |_| ());
        expected.assert_eq(&outcome(adds_up(&operations, 0, after)));
    }

    #[test]
    fn all_increments_make_the_sum() {
        check(
            "
            alice [1] [5]
            bob     [-2]
        ",
            4,
            expect!["fine"],
        );
    }

    #[test]
    fn a_lost_increment_shows_those_that_overlap() {
        check(
            "
            alice [1]     [1]
            bob       [1]   [1]
            carol                [1]
        ",
            4,
            expect![[r#"
            alice  ├ 1 ┤
            bob        ├ 1 ┤
            after 5 increments from 0 it must be 5, and is 4"#]],
        );
    }

    #[test]
    fn a_wrong_sum_without_any_overlap_shows_all() {
        check(
            "alice [1] [1] [1]",
            2,
            expect![[r#"
            alice  ├ 1 ┤  ├ 1 ┤  ├ 1 ┤
            after 3 increments from 0 it must be 3, and is 2"#]],
        );
    }

    #[test]
    fn each_that_did_not_end_counts_or_does_not() {
        check(
            "
            alice [1] [10..
            bob     [5..
        ",
            6,
            expect!["fine"],
        );
        check(
            "
            alice [1] [10..
            bob     [5..
        ",
            7,
            expect![[r#"
            alice  ├ 1 ┤  ├ 10 → ? ╌╌
            bob        ├ 5 → ? ╌╌╌╌╌╌
            after 1 increment from 0 it must be 1 to 16, and is 7"#]],
        );
    }

    #[test]
    fn so_many_that_not_all_sums_can_be_tried_are_judged_by_the_smallest_and_the_greatest() {
        let open = |n: u32| Operation::<i64, ()>::pending("alice", 1 << n, u64::from(n));
        let operations: Vec<_> = (0..40).map(open).collect();
        assert!(adds_up(&operations, 0, 12_345_678).is_ok());
        assert!(adds_up(&operations, 0, 1 << 40).is_err());
        assert!(adds_up(&operations, 0, -1).is_err());
    }

    #[test]
    fn what_increments_make_on_the_way_need_not_fit() {
        let added = |n, at| Operation::new("alice", n, at, at + 1, ());
        let operations = [added(i64::MAX, 0), added(1, 2), added(-5, 4)];
        assert!(adds_up(&operations, 0, i64::MAX - 4).is_ok());
        assert!(adds_up(&operations, 0, 7).is_err());
    }
}
