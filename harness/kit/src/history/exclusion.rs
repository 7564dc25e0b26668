//! Checks mutual exclusion: no two actors hold one lock at once.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::hash::Hash;

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// Two actors held one lock at once.
///
/// ```
/// use swimlanes_kit::history::{Operation, mutual_exclusion};
///
/// let operations = [Operation::new("alice", "door", 0, 2, ()), Operation::new("bob", "door", 1, 3, ())];
/// let violation = mutual_exclusion(&operations).unwrap_err();
/// assert_eq!(violation.what().key, r#""door""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlap {
    /// The key of the lock, formatted with [`Debug`].
    pub key: String,
    /// The two actors, in the order of their starts.
    pub actors: [String; 2],
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, actors: [first, second] } = self;
        write!(f, "{first} and {second} both held {key}")
    }
}

/// Checks that no two operations with the same call overlap.
///
/// Record one operation for each time that a lock is held: start it after the acquisition, end it before the release, and use the key of the
/// lock as the call. Then overlapping operations prove that two actors held the lock. An operation without an end, because its actor
/// crashed, counts as holding the lock at its start and no longer, since locks may expire.
///
/// Takes `O(n log n)` time.
///
/// # Errors
///
/// The first two operations that overlap.
///
/// ```
/// use swimlanes_kit::history::{History, mutual_exclusion};
///
/// let history = History::new();
/// let alice = history.begin("alice", "door");
/// let bob = history.begin("bob", "door");
/// alice.end(());
/// bob.end(());
/// let violation = mutual_exclusion(&history.operations()).unwrap_err();
/// assert_eq!(violation.to_string(), r#"
/// alice  ┝ "door" ┥
/// bob      ┝ "door" ┥
/// alice and bob both held "door"
/// "#.trim());
/// ```
pub fn mutual_exclusion<K, R>(operations: &[Operation<K, R>]) -> Result<(), Violation<Overlap>>
where
    K: Eq + Hash + Debug,
    R: Debug,
{
    let mut in_order: Vec<&Operation<K, R>> = operations.iter().collect();
    in_order.sort_by_key(|operation| operation.started_at());
    // For each lock the operation that held it longest so far.
    let mut holders: HashMap<&K, &Operation<K, R>> = HashMap::new();
    let until = |operation: &Operation<K, R>| operation.ended_at().unwrap_or(operation.started_at());
    for next in in_order {
        let holder = holders.entry(next.call()).or_insert(next);
        if !std::ptr::eq(*holder, next) && next.started_at() <= until(holder) {
            let key = format!("{:?}", next.call());
            let actors = [holder.actor().to_owned(), next.actor().to_owned()];
            let timeline = Timeline::of([*holder, next]).highlight(&[holder.started_at(), next.started_at()]);
            return Err(Violation::new(Overlap { key, actors }, timeline));
        }
        if until(holder) < until(next) {
            *holder = next;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::history::notation::{outcome, parse};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let operations = parse(text, str::to_owned, |_| ());
        expected.assert_eq(&outcome(mutual_exclusion(&operations)));
    }

    #[test]
    fn consecutive_holders_are_valid() {
        check(
            "
            alice [door]        [door]
            bob          [door]
        ",
            expect!["fine"],
        );
    }

    #[test]
    fn different_locks_may_overlap() {
        check(
            "
            alice [door]
            bob     [window]
        ",
            expect!["fine"],
        );
    }

    #[test]
    fn overlapping_holders_are_a_violation() {
        check(
            "
            alice [door]        [door]
            bob         [window]
            carol                  [door..]
        ",
            expect![[r#"
            alice  ┝ "door" ┥
            carol      ┝ "door" ━┥
            alice and carol both held "door""#]],
        );
    }

    #[test]
    fn short_hold_within_a_long_one_does_not_hide_a_later_overlap() {
        check(
            "
            alice [door.......................]
            bob                       [window]
            carol                           [door]
        ",
            expect![[r#"
            alice  ┝ "door" ┥
            carol       ┝ "door" ┥
            alice and carol both held "door""#]],
        );
    }

    #[test]
    fn crashed_holder_counts_only_at_its_start() {
        check(
            "
            alice [door..
            bob          [door]
        ",
            expect!["fine"],
        );
        check(
            "
            alice   [door..
            bob   [door]
        ",
            expect![[r#"
            bob    ┝ "door" ┥
            alice     ┝ "door" → ? ╍╍
            bob and alice both held "door""#]],
        );
    }
}
