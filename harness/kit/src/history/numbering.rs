//! Numbers that are handed out: none twice, none missing, later ones greater.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Unexplained;

/// How numbering went wrong. What is numbered is as [`Debug`] writes it.
///
/// ```
/// use swimlanes_kit::history::{NumberingFault, Operation, gap_free_numbers};
///
/// let operations = [Operation::new("alice", "scene", 0, 1, 1), Operation::new("bob", "scene", 2, 3, 3)];
/// let unexplained = gap_free_numbers(&operations, 1).unwrap_err();
/// assert!(matches!(unexplained.what(), NumberingFault::Missing { number: 2, .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberingFault {
    /// Two got one number.
    #[non_exhaustive]
    Twice {
        /// What is numbered.
        series: String,
        /// Which number.
        number: u64,
        /// Who.
        actors: [String; 2],
    },
    /// Nobody got a number, though a greater one was handed out.
    #[non_exhaustive]
    Missing {
        /// What is numbered.
        series: String,
        /// The first such number.
        number: u64,
        /// Who got the next greater one.
        actor: String,
    },
    /// One got a number below the first.
    #[non_exhaustive]
    TooSmall {
        /// What is numbered.
        series: String,
        /// Which number.
        number: u64,
        /// Who.
        actor: String,
    },
    /// One began when another one had ended, and got a smaller number, or the same.
    #[non_exhaustive]
    OutOfOrder {
        /// What is numbered.
        series: String,
        /// The number of the earlier one, and that of the later one.
        numbers: [u64; 2],
        /// Who, the earlier one first.
        actors: [String; 2],
    },
}

impl fmt::Display for NumberingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { series, number, actors: [a, b] } => {
                write!(f, "{a} and {b} both got number {number} of {series}")
            }
            Self::Missing { series, number, actor } => {
                write!(f, "nobody got number {number} of {series}, and {actor} got a greater one")
            }
            Self::TooSmall { series, number, actor } => {
                write!(f, "{actor} got number {number} of {series}, which is below the first one")
            }
            Self::OutOfOrder { series, numbers: [one, other], actors: [a, b] } => {
                write!(f, "{b} began after {a} had got number {one} of {series}, and got {other}")
            }
        }
    }
}

/// Checks for each call that no number is handed out twice.
///
/// Each call is a series of its own: let it be what is numbered, a story for its scenes. Takes time in proportion to `n log n`.
///
/// # Errors
///
/// The smallest number that two got, and who.
///
/// ```
/// use swimlanes_kit::history::{History, unique_numbers};
///
/// let history = History::new();
/// let (alice, bob) = (history.begin("alice", "scene"), history.begin("bob", "scene"));
/// alice.end(1);
/// bob.end(1);
/// assert_eq!(unique_numbers(&history.operations()).unwrap_err().to_string(), r#"
/// alice  ┝ "scene" → 1 ┥
/// bob      ┝ "scene" → 1 ┥
/// alice and bob both got number 1 of "scene"
/// "#.trim());
/// ```
pub fn unique_numbers<K: Ord + Debug>(operations: &[Operation<K, u64>]) -> Result<(), Unexplained<NumberingFault>> {
    numbered(operations).into_values().try_for_each(|series| unique(&series))
}

/// Checks for each call that its numbers are `first`, `first + 1` and so on, none twice and none missing.
///
/// An operation that did not end may have got a missing number: as many may be missing as there are such operations in the series. How many were
/// handed out after the greatest one nobody can know. Takes time in proportion to `n log n`.
///
/// # Errors
///
/// The smallest number that two got, or that nobody got, or one below the first.
///
/// ```
/// use swimlanes_kit::history::{Operation, gap_free_numbers};
///
/// let operations = [Operation::new("alice", "scene", 0, 1, 1), Operation::new("bob", "scene", 2, 3, 3)];
/// assert_eq!(gap_free_numbers(&operations, 1).unwrap_err().to_string(), r#"
/// alice  ├ "scene" → 1 ┤
/// bob                    ┝ "scene" → 3 ┥
/// nobody got number 2 of "scene", and bob got a greater one
/// "#.trim());
/// ```
pub fn gap_free_numbers<K: Ord + Debug>(
    operations: &[Operation<K, u64>],
    first: u64,
) -> Result<(), Unexplained<NumberingFault>> {
    unique_numbers(operations)?;
    let mut n_open: BTreeMap<&K, u64> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| operation.ended().is_none()) {
        *n_open.entry(operation.call()).or_default() += 1;
    }
    for (key, series) in numbered(operations) {
        let mut may_miss = n_open.get(key).copied().unwrap_or(0);
        let mut next = first;
        let mut before = None;
        for (number, operation) in series {
            let (series, actor) = (format!("{key:?}"), operation.actor().to_owned());
            let drawn = |fault| {
                let timeline = Timeline::of(before.into_iter().chain([operation])).heavy(&[operation.began()]);
                Err(Unexplained::new(fault, timeline))
            };
            match number.checked_sub(next) {
                None => return drawn(NumberingFault::TooSmall { series, number, actor }),
                Some(missing) if missing > may_miss => {
                    return drawn(NumberingFault::Missing { series, number: next, actor });
                }
                Some(missing) => may_miss -= missing,
            }
            // After the greatest one there is none.
            next = number.saturating_add(1);
            before = Some(operation);
        }
    }
    Ok(())
}

/// Checks for each call that who began when another one had ended got a greater number.
///
/// Numbers may be missing; those of operations that overlap may be in any order. Takes time in proportion to `n log n`.
///
/// # Errors
///
/// The first operation with a number that is not greater than that of one before it, and that one.
///
/// ```
/// use swimlanes_kit::history::{Operation, numbers_in_order};
///
/// let operations = [Operation::new("alice", "event", 0, 1, 7), Operation::new("bob", "event", 2, 3, 5)];
/// assert_eq!(numbers_in_order(&operations).unwrap_err().to_string(), r#"
/// alice  ┝ "event" → 7 ┥
/// bob                    ┝ "event" → 5 ┥
/// bob began after alice had got number 7 of "event", and got 5
/// "#.trim());
/// ```
pub fn numbers_in_order<K: Ord + Debug>(operations: &[Operation<K, u64>]) -> Result<(), Unexplained<NumberingFault>> {
    for (key, mut series) in numbered(operations) {
        let mut by_end = series.clone();
        by_end.sort_by_key(|(_, operation)| operation.ended());
        series.sort_by_key(|(_, operation)| operation.began());
        let mut ended = by_end.into_iter().peekable();
        // The greatest number of those that had ended.
        let mut greatest: Option<(u64, &Operation<K, u64>)> = None;
        for (number, operation) in series {
            while let Some(next) = ended.next_if(|(_, earlier)| earlier.precedes(operation)) {
                greatest = greatest.filter(|(number, _)| *number >= next.0).or(Some(next));
            }
            if let Some((before, earlier)) = greatest.filter(|(before, _)| *before >= number) {
                let series = format!("{key:?}");
                let actors = [earlier.actor().to_owned(), operation.actor().to_owned()];
                let fault = NumberingFault::OutOfOrder { series, numbers: [before, number], actors };
                let timeline = Timeline::of([earlier, operation]).heavy(&[earlier.began(), operation.began()]);
                return Err(Unexplained::new(fault, timeline));
            }
        }
    }
    Ok(())
}

type Numbered<'a, K> = Vec<(u64, &'a Operation<K, u64>)>;

/// What ended, for each series in the order of its numbers.
fn numbered<K: Ord>(operations: &[Operation<K, u64>]) -> BTreeMap<&K, Numbered<'_, K>> {
    let mut series: BTreeMap<&K, Numbered<'_, K>> = BTreeMap::new();
    for operation in operations {
        if let Some(&number) = operation.result() {
            series.entry(operation.call()).or_default().push((number, operation));
        }
    }
    series.values_mut().for_each(|numbered| numbered.sort_by_key(|(number, operation)| (*number, operation.began())));
    series
}

fn unique<K: Debug>(series: &[(u64, &Operation<K, u64>)]) -> Result<(), Unexplained<NumberingFault>> {
    for pair in series.windows(2) {
        let [(number, a), (other, b)] = [pair[0], pair[1]];
        if number == other {
            let series = format!("{:?}", a.call());
            let actors = [a.actor().to_owned(), b.actor().to_owned()];
            let timeline = Timeline::of([a, b]).heavy(&[a.began(), b.began()]);
            return Err(Unexplained::new(NumberingFault::Twice { series, number, actors }, timeline));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
