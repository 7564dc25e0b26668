//! Checks numbers that are handed out: unique, without gaps, in the order of the operations.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// A fault in a series of numbers. Series are formatted with [`Debug`].
///
/// ```
/// use swimlanes_kit::history::{NumberingFault, Operation, gap_free_numbers};
///
/// let operations = [Operation::new("alice", "scene", 0, 1, 1), Operation::new("bob", "scene", 2, 3, 3)];
/// let violation = gap_free_numbers(&operations, 1).unwrap_err();
/// assert!(matches!(violation.what(), NumberingFault::Missing { number: 2, .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberingFault {
    /// A number was given twice.
    #[non_exhaustive]
    Twice {
        /// The series.
        series: String,
        /// The number.
        number: u64,
        /// The actor, or the two actors.
        actors: [String; 2],
    },
    /// A number is missing, although a greater one was given.
    #[non_exhaustive]
    Missing {
        /// The series.
        series: String,
        /// The first missing number.
        number: u64,
        /// The actor that got the next greater number.
        actor: String,
    },
    /// A number is below the first one.
    #[non_exhaustive]
    TooSmall {
        /// The series.
        series: String,
        /// The number.
        number: u64,
        /// The actor, or the two actors.
        actor: String,
    },
    /// An operation got a number that is not greater than that of an operation which ended before its start.
    #[non_exhaustive]
    OutOfOrder {
        /// The series.
        series: String,
        /// The numbers of the earlier and of the later operation.
        numbers: [u64; 2],
        /// The actors of the earlier and of the later operation.
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
                write!(f, "number {number} of {series} is missing, but {actor} got a greater one")
            }
            Self::TooSmall { series, number, actor } => {
                write!(f, "{actor} got number {number} of {series}, which is below the first one")
            }
            Self::OutOfOrder { series, numbers: [one, other], actors: [a, b] } => {
                write!(f, "{b} started after {a} had got number {one} of {series}, but got {other}")
            }
        }
    }
}

/// Checks for each series that no number was given twice.
///
/// The call is the series, for example the story whose scenes are numbered. Takes `O(n log n)` time.
///
/// # Errors
///
/// The smallest number that was given twice.
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
pub fn unique_numbers<K: Ord + Debug>(operations: &[Operation<K, u64>]) -> Result<(), Violation<NumberingFault>> {
    by_series(operations).into_values().try_for_each(|series| check_unique(&series))
}

/// Checks for each series that its numbers are `first`, `first + 1` and so on, without duplicates and gaps.
///
/// An operation without an end may have got a missing number, so as many numbers may be missing as the series has such operations. Numbers
/// after the greatest one are not checked. Takes `O(n log n)` time.
///
/// # Errors
///
/// The smallest number that was given twice, is missing, or is below the first.
///
/// ```
/// use swimlanes_kit::history::{Operation, gap_free_numbers};
///
/// let operations = [Operation::new("alice", "scene", 0, 1, 1), Operation::new("bob", "scene", 2, 3, 3)];
/// assert_eq!(gap_free_numbers(&operations, 1).unwrap_err().to_string(), r#"
/// alice  ├ "scene" → 1 ┤
/// bob                    ┝ "scene" → 3 ┥
/// number 2 of "scene" is missing, but bob got a greater one
/// "#.trim());
/// ```
pub fn gap_free_numbers<K: Ord + Debug>(
    operations: &[Operation<K, u64>],
    first: u64,
) -> Result<(), Violation<NumberingFault>> {
    unique_numbers(operations)?;
    let mut n_in_flight: BTreeMap<&K, u64> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| operation.ended_at().is_none()) {
        *n_in_flight.entry(operation.call()).or_default() += 1;
    }
    for (key, series) in by_series(operations) {
        let mut may_miss = n_in_flight.get(key).copied().unwrap_or(0);
        let mut next = first;
        let mut before = None;
        for (number, operation) in series {
            let (series, actor) = (format!("{key:?}"), operation.actor().to_owned());
            let fail = |fault| {
                let timeline = Timeline::of(before.into_iter().chain([operation])).highlight(&[operation.started_at()]);
                Err(Violation::new(fault, timeline))
            };
            match number.checked_sub(next) {
                None => return fail(NumberingFault::TooSmall { series, number, actor }),
                Some(missing) if missing > may_miss => {
                    return fail(NumberingFault::Missing { series, number: next, actor });
                }
                Some(missing) => may_miss -= missing,
            }
            // After the greatest number of all there is none.
            next = number.saturating_add(1);
            before = Some(operation);
        }
    }
    Ok(())
}

/// Checks for each series that an operation which started after the end of another one got a greater number.
///
/// Numbers may be missing, and those of overlapping operations may be in any order. Takes `O(n log n)` time.
///
/// # Errors
///
/// The first operation whose number is not greater than that of an earlier one, and the earlier one.
///
/// ```
/// use swimlanes_kit::history::{Operation, numbers_in_order};
///
/// let operations = [Operation::new("alice", "event", 0, 1, 7), Operation::new("bob", "event", 2, 3, 5)];
/// assert_eq!(numbers_in_order(&operations).unwrap_err().to_string(), r#"
/// alice  ┝ "event" → 7 ┥
/// bob                    ┝ "event" → 5 ┥
/// bob started after alice had got number 7 of "event", but got 5
/// "#.trim());
/// ```
pub fn numbers_in_order<K: Ord + Debug>(operations: &[Operation<K, u64>]) -> Result<(), Violation<NumberingFault>> {
    for (key, mut series) in by_series(operations) {
        let mut by_end = series.clone();
        by_end.sort_by_key(|(_, operation)| operation.ended_at());
        series.sort_by_key(|(_, operation)| operation.started_at());
        let mut with_end = by_end.into_iter().peekable();
        // The greatest number of the operations that have ended.
        let mut greatest: Option<(u64, &Operation<K, u64>)> = None;
        for (number, operation) in series {
            while let Some(next) = with_end.next_if(|(_, earlier)| earlier.precedes(operation)) {
                greatest = greatest.filter(|(number, _)| *number >= next.0).or(Some(next));
            }
            if let Some((before, earlier)) = greatest.filter(|(before, _)| *before >= number) {
                let series = format!("{key:?}");
                let actors = [earlier.actor().to_owned(), operation.actor().to_owned()];
                let fault = NumberingFault::OutOfOrder { series, numbers: [before, number], actors };
                let timeline =
                    Timeline::of([earlier, operation]).highlight(&[earlier.started_at(), operation.started_at()]);
                return Err(Violation::new(fault, timeline));
            }
        }
    }
    Ok(())
}

type SeriesNumbers<'a, K> = Vec<(u64, &'a Operation<K, u64>)>;

/// The operations that have ended, for each series in the order of their numbers.
fn by_series<K: Ord>(operations: &[Operation<K, u64>]) -> BTreeMap<&K, SeriesNumbers<'_, K>> {
    let mut series: BTreeMap<&K, SeriesNumbers<'_, K>> = BTreeMap::new();
    for operation in operations {
        if let Some(&number) = operation.result() {
            series.entry(operation.call()).or_default().push((number, operation));
        }
    }
    series
        .values_mut()
        .for_each(|numbers| numbers.sort_by_key(|(number, operation)| (*number, operation.started_at())));
    series
}

fn check_unique<K: Debug>(series: &[(u64, &Operation<K, u64>)]) -> Result<(), Violation<NumberingFault>> {
    for pair in series.windows(2) {
        let [(number, a), (other, b)] = [pair[0], pair[1]];
        if number == other {
            let series = format!("{:?}", a.call());
            let actors = [a.actor().to_owned(), b.actor().to_owned()];
            let timeline = Timeline::of([a, b]).highlight(&[a.started_at(), b.started_at()]);
            return Err(Violation::new(NumberingFault::Twice { series, number, actors }, timeline));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
