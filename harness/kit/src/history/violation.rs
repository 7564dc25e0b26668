//! What a checker answers if it is not content: what is wrong, and a drawing of the operations that show it.

use std::error::Error;
use std::fmt;

use crate::history::timeline::Timeline;

/// What is wrong with a history, and the few operations that show it.
///
/// `W` says what is wrong in a form that a test can match; its text is one sentence. [`Display`](fmt::Display) and [`Debug`] draw the operations
/// and put the sentence below, so that `unwrap()` in a test shows it all.
///
/// ```
/// use swimlanes_kit::history::{Operation, mutual_exclusion};
///
/// let operations = [Operation::new("alice", "door", 0, 2, ()), Operation::new("bob", "door", 1, 3, ())];
/// let unexplained = mutual_exclusion(&operations).unwrap_err();
/// assert_eq!(unexplained.what().actors, ["alice", "bob"]);
/// assert_eq!(unexplained.what().to_string(), r#"alice and bob both held "door""#);
/// println!("{unexplained}");
/// ```
#[derive(Clone)]
pub struct Unexplained<W>(Box<Parts<W>>);

#[derive(Clone)]
struct Parts<W> {
    what: W,
    timeline: Timeline,
}

impl<W> Unexplained<W> {
    pub(super) fn new(what: W, timeline: Timeline) -> Self {
        Self(Box::new(Parts { what, timeline }))
    }

    /// What is wrong.
    ///
    /// ```
    /// # use swimlanes_kit::history::{NumberingFault, Operation, unique_numbers};
    /// let operations = [Operation::new("alice", "scene", 0, 2, 1), Operation::new("bob", "scene", 1, 3, 1)];
    /// let unexplained = unique_numbers(&operations).unwrap_err();
    /// assert!(matches!(unexplained.what(), NumberingFault::Twice { number: 1, .. }));
    /// ```
    pub fn what(&self) -> &W {
        &self.0.what
    }

    /// The operations that show it.
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

impl<W: fmt::Display> fmt::Display for Unexplained<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.timeline, self.0.what)
    }
}

impl<W: fmt::Display> fmt::Debug for Unexplained<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl<W: fmt::Display> Error for Unexplained<W> {}
