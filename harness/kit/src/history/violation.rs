//! The violation that a checker found: its description, and a drawing of the operations that show it.

use std::error::Error;
use std::fmt;

use crate::history::timeline::Timeline;

/// A violation in a history, and the few operations that show it.
///
/// `W` describes the fault as a value that tests can match; its text is one sentence. [`Display`](fmt::Display) and [`Debug`] draw the
/// operations, with the sentence below, so `unwrap()` in a test shows both.
///
/// ```
/// use swimlanes_kit::history::{Operation, mutual_exclusion};
///
/// let operations = [Operation::new("alice", "door", 0, 2, ()), Operation::new("bob", "door", 1, 3, ())];
/// let violation = mutual_exclusion(&operations).unwrap_err();
/// assert_eq!(violation.what().actors, ["alice", "bob"]);
/// assert_eq!(violation.what().to_string(), r#"alice and bob both held "door""#);
/// println!("{violation}");
/// ```
#[derive(Clone)]
pub struct Violation<W>(Box<Parts<W>>);

#[derive(Clone)]
struct Parts<W> {
    what: W,
    timeline: Timeline,
}

impl<W> Violation<W> {
    pub(super) fn new(what: W, timeline: Timeline) -> Self {
        Self(Box::new(Parts { what, timeline }))
    }

    /// The fault.
    ///
    /// ```
    /// # use swimlanes_kit::history::{NumberingFault, Operation, unique_numbers};
    /// let operations = [Operation::new("alice", "scene", 0, 2, 1), Operation::new("bob", "scene", 1, 3, 1)];
    /// let violation = unique_numbers(&operations).unwrap_err();
    /// assert!(matches!(violation.what(), NumberingFault::Twice { number: 1, .. }));
    /// ```
    pub fn what(&self) -> &W {
        &self.0.what
    }

    /// The drawing of the operations that show it.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Operation, unique_numbers};
    /// let operations = [Operation::new("alice", "scene", 0, 2, 1), Operation::new("bob", "scene", 1, 3, 1)];
    /// println!("{}", unique_numbers(&operations).unwrap_err().timeline());
    /// ```
    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }
}

impl<W: fmt::Display> fmt::Display for Violation<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.timeline, self.0.what)
    }
}

impl<W: fmt::Display> fmt::Debug for Violation<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl<W: fmt::Display> Error for Violation<W> {}
