//! Draws operations: one row for each actor, time from left to right.

mod layout;

use std::fmt;

use crate::history::operation::Operation;
use crate::history::timeline::layout::{Bar, Layout};

/// More than this many are not drawn: a window is small, or nobody looks at it.
const MOST: usize = 16;
/// Longer labels lose their end.
const LONGEST_LABEL: usize = 32;
/// In a wider drawing the bars have numbers, and the labels stand below.
const WIDEST: usize = 110;

/// Operations as bars, one row for each actor.
///
/// What lies left of something ended before that began: this order is exact. Lengths are not to scale, a bar is as long as its label needs.
/// A bar with an open end is an operation that did not end; a heavy bar is one that the sentence below speaks of.
///
/// Limits: 16 operations are drawn, the others counted; labels have at most 32 characters. If the drawing would be wider than 110 columns, the
/// bars have numbers and the labels stand below it.
///
/// ```
/// use swimlanes_kit::history::{Operation, Timeline};
///
/// let operations = [Operation::new("alice", "write", 0, 2, 1), Operation::pending("bob", "write", 1)];
/// let drawn = Timeline::of(&operations).to_string();
/// assert_eq!(drawn, r#"
/// alice  ├ "write" → 1 ┤
/// bob      ├ "write" → ? ╌╌
/// "#.trim_start());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    bars: Vec<Bar>,
    left_out: usize,
}

impl Timeline {
    /// Draws what was called and what came back as [`Debug`] writes it; `()` is left out.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Operation, Timeline};
    /// let operations = [Operation::new("alice", "door", 0, 1, ())];
    /// assert_eq!(Timeline::of(&operations).to_string(), "alice  ├ \"door\" ┤\n");
    /// ```
    #[must_use]
    pub fn of<'a, C, R>(operations: impl IntoIterator<Item = &'a Operation<C, R>>) -> Self
    where
        C: fmt::Debug + 'a,
        R: fmt::Debug + 'a,
    {
        Self::labelled(operations, |operation| label(operation.call(), operation.result()))
    }

    /// Draws them with other labels.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Operation, Timeline};
    /// let operations = [Operation::new("alice", "door", 0, 1, ())];
    /// let drawn = Timeline::labelled(&operations, |operation| operation.call().to_uppercase());
    /// assert_eq!(drawn.to_string(), "alice  ├ DOOR ┤\n");
    /// ```
    #[must_use]
    pub fn labelled<'a, C: 'a, R: 'a>(
        operations: impl IntoIterator<Item = &'a Operation<C, R>>,
        label: impl Fn(&Operation<C, R>) -> String,
    ) -> Self {
        let bar = |operation: &Operation<C, R>| Bar {
            actor: operation.actor().to_owned(),
            label: shortened(label(operation)),
            began: operation.began(),
            ended: operation.ended(),
            heavy: false,
        };
        let mut operations = operations.into_iter();
        let mut bars: Vec<Bar> = operations.by_ref().take(MOST).map(bar).collect();
        bars.sort_by_key(|bar| bar.began);
        Self { bars, left_out: operations.count() }
    }

    /// Makes the bars heavy that began at these ticks.
    pub(super) fn heavy(mut self, began: &[u64]) -> Self {
        for bar in &mut self.bars {
            bar.heavy = began.contains(&bar.began);
        }
        self
    }
}

/// What was called and what came back.
pub(super) fn label(call: &impl fmt::Debug, result: Option<&impl fmt::Debug>) -> String {
    let result = result.map_or("?".to_owned(), |result| format!("{result:?}"));
    if result == "()" { format!("{call:?}") } else { format!("{call:?} → {result}") }
}

fn shortened(label: String) -> String {
    let label = label.replace('\n', " ");
    if label.chars().count() <= LONGEST_LABEL {
        return label;
    }
    label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.bars.iter().map(|bar| bar.label.clone()).collect();
        let layout = Layout::new(&self.bars, labels);
        if layout.width() <= WIDEST {
            layout.fmt(f)?;
        } else {
            let numbers = (1..=self.bars.len()).map(|number| number.to_string()).collect();
            Layout::new(&self.bars, numbers).fmt(f)?;
            for (number, bar) in (1..).zip(&self.bars) {
                writeln!(f, "{number:>3}  {} {}", bar.actor, bar.label)?;
            }
        }
        match self.left_out {
            0 => Ok(()),
            1 => writeln!(f, "… and 1 more operation"),
            n => writeln!(f, "… and {n} more operations"),
        }
    }
}

#[cfg(test)]
mod tests;
