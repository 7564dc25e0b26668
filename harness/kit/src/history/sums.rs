//! Checks that increments are not lost: the final sum must be the sum of the increments.

use std::collections::BTreeSet;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// With more possible sums than this, only the smallest and the greatest are checked.
const MAX_SUMS: usize = 10_000;

/// The final sum is none that the increments can produce.
///
/// ```
/// use swimlanes_kit::history::{Operation, conserves_sum};
///
/// let increments = [Operation::new("alice", 1, 0, 2, ()), Operation::new("bob", 1, 1, 3, ())];
/// let violation = conserves_sum(&increments, 0, 1).unwrap_err();
/// assert_eq!((violation.what().expected, violation.what().actual), ([2, 2], 1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SumMismatch {
    /// The sum before the increments.
    pub before: i64,
    /// The smallest and the greatest possible sum; they differ if operations did not end.
    pub expected: [i64; 2],
    /// The sum after the increments.
    pub actual: i64,
    /// The number of increments that ended.
    pub n_increments: usize,
}

impl fmt::Display for SumMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, expected: [least, most], actual, n_increments } = self;
        let increments = if *n_increments == 1 { "increment" } else { "increments" };
        write!(f, "after {n_increments} {increments} from {before} the sum must be {least}")?;
        if least != most {
            write!(f, " to {most}")?;
        }
        write!(f, ", but is {actual}")
    }
}

/// Checks that `after` is the sum of `before` and all increments.
///
/// The calls are the increments; they may be negative. An increment without an end may count or not.
///
/// Takes time in proportion to `n` and to the number of possible sums. If operations without an end make more than 10,000 sums possible, any
/// sum between the smallest and the greatest is accepted.
///
/// # Errors
///
/// The possible sums and the actual one. The drawing shows the increments that overlap with another one, since only an overlap loses an
/// increment; if none overlap, it shows all.
///
/// # Panics
///
/// If the possible sums do not fit in an `i64`.
///
/// ```
/// use swimlanes_kit::history::{Operation, conserves_sum};
///
/// let increments = [Operation::new("alice", 1, 0, 2, ()), Operation::new("bob", 1, 1, 3, ())];
/// assert!(conserves_sum(&increments, 5, 7).is_ok());
/// assert_eq!(conserves_sum(&increments, 5, 6).unwrap_err().to_string(), r#"
/// alice  ├ 1 ┤
/// bob      ├ 1 ┤
/// after 2 increments from 5 the sum must be 7, but is 6
/// "#.trim());
/// ```
pub fn conserves_sum<R: Debug>(
    operations: &[Operation<i64, R>],
    before: i64,
    after: i64,
) -> Result<(), Violation<SumMismatch>> {
    // Sums on the way may overflow an `i64`.
    let plus = |sum: i128, more: i64| sum + i128::from(more);
    let (with_end, in_flight): (Vec<_>, Vec<_>) =
        operations.iter().partition(|operation| operation.ended_at().is_some());
    let certain = with_end.iter().fold(i128::from(before), |sum, operation| plus(sum, *operation.call()));
    let mut sums = BTreeSet::from([certain]);
    let mut is_exact = true;
    for operation in in_flight {
        sums = sums.iter().flat_map(|&sum| [sum, plus(sum, *operation.call())]).collect();
        if sums.len() > MAX_SUMS {
            is_exact = false;
            sums = sums.first().into_iter().chain(sums.last()).copied().collect();
        }
    }
    let least = *sums.first().expect("there is a sum of the ended operations");
    let most = *sums.last().expect("there is a sum of the ended operations");
    let actual = i128::from(after);
    let is_possible = if is_exact { sums.contains(&actual) } else { (least..=most).contains(&actual) };
    if is_possible {
        return Ok(());
    }
    let expected = [least, most].map(|sum| i64::try_from(sum).expect("the sum of increments fits in an i64"));
    let mismatch = SumMismatch { before, expected, actual: after, n_increments: with_end.len() };
    let overlapping = overlapping(operations);
    let operations = if overlapping.is_empty() { operations.iter().collect() } else { overlapping };
    Err(Violation::new(mismatch, Timeline::of(operations)))
}

/// The operations that overlap with another one, in the order of their starts.
fn overlapping<C, R>(operations: &[Operation<C, R>]) -> Vec<&Operation<C, R>> {
    let mut in_order: Vec<&Operation<C, R>> = operations.iter().collect();
    in_order.sort_by_key(|operation| operation.started_at());
    let mut overlaps = vec![false; in_order.len()];
    // The operation so far that ends last.
    let mut longest = 0;
    let until = |ix: usize| in_order[ix].ended_at().unwrap_or(u64::MAX);
    for ix in 1..in_order.len() {
        if in_order[ix].started_at() <= until(longest) {
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
    use crate::history::notation::{outcome, parse};

    #[track_caller]
    fn check(text: &str, after: i64, expected: Expect) {
        let operations = parse(text, |amount| amount.parse().expect("an amount"), |_| ());
        expected.assert_eq(&outcome(conserves_sum(&operations, 0, after)));
    }

    #[test]
    fn sum_of_all_increments_is_valid() {
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
    fn lost_increment_shows_overlapping_operations() {
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
            after 5 increments from 0 the sum must be 5, but is 4"#]],
        );
    }

    #[test]
    fn wrong_sum_without_overlap_shows_all_operations() {
        check(
            "alice [1] [1] [1]",
            2,
            expect![[r#"
            alice  ├ 1 ┤  ├ 1 ┤  ├ 1 ┤
            after 3 increments from 0 the sum must be 3, but is 2"#]],
        );
    }

    #[test]
    fn increment_in_flight_may_count_or_not() {
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
            after 1 increment from 0 the sum must be 1 to 16, but is 7"#]],
        );
    }

    #[test]
    fn too_many_possible_sums_are_checked_by_their_range() {
        let open = |n: u32| Operation::<i64, ()>::in_flight("alice", 1 << n, u64::from(n));
        let operations: Vec<_> = (0..40).map(open).collect();
        assert!(conserves_sum(&operations, 0, 12_345_678).is_ok());
        assert!(conserves_sum(&operations, 0, 1 << 40).is_err());
        assert!(conserves_sum(&operations, 0, -1).is_err());
    }

    #[test]
    fn intermediate_sums_may_overflow() {
        let increment = |n, at| Operation::new("alice", n, at, at + 1, ());
        let operations = [increment(i64::MAX, 0), increment(1, 2), increment(-5, 4)];
        assert!(conserves_sum(&operations, 0, i64::MAX - 4).is_ok());
        assert!(conserves_sum(&operations, 0, 7).is_err());
    }
}
