//! Draws operations as bars: one row for each actor, time from left to right.

mod layout;

use std::fmt;

use crate::history::operation::Operation;
use crate::history::timeline::layout::{Bar, Layout};

/// The maximum number of bars.
const MAX_BARS: usize = 16;
/// Longer labels are cut.
const MAX_LABEL_LENGTH: usize = 32;
/// In a wider drawing the bars have numbers, and the labels are listed below.
const MAX_WIDTH: usize = 110;

/// Operations as bars, one row for each actor.
///
/// The order is exact: a bar to the left of another one ended before the other one started. Lengths are not to scale, as a bar needs room for
/// its label. A bar without a right end is an operation that did not end. A heavy bar is an operation that the sentence below mentions.
///
/// Limits: at most 16 operations are drawn, and the others are counted; labels have at most 32 characters. If the drawing would be wider than
/// 110 columns, the bars have numbers and the labels are listed below it.
///
/// ```
/// use swimlanes_kit::history::{Operation, Timeline};
///
/// let operations = [Operation::new("alice", "write", 0, 2, 1), Operation::in_flight("bob", "write", 1)];
/// let timeline = Timeline::of(&operations).to_string();
/// assert_eq!(timeline, r#"
/// alice  ├ "write" → 1 ┤
/// bob      ├ "write" → ? ╌╌
/// "#.trim_start());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    bars: Vec<Bar>,
    n_omitted: usize,
}

impl Timeline {
    /// Draws calls and results, formatted with [`Debug`]; the result `()` is omitted.
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
        Self::with_labels(operations, |operation| label(operation.call(), operation.result()))
    }

    /// Draws operations with the given labels.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Operation, Timeline};
    /// let operations = [Operation::new("alice", "door", 0, 1, ())];
    /// let timeline = Timeline::with_labels(&operations, |operation| operation.call().to_uppercase());
    /// assert_eq!(timeline.to_string(), "alice  ├ DOOR ┤\n");
    /// ```
    #[must_use]
    pub fn with_labels<'a, C: 'a, R: 'a>(
        operations: impl IntoIterator<Item = &'a Operation<C, R>>,
        label: impl Fn(&Operation<C, R>) -> String,
    ) -> Self {
        let bar = |operation: &Operation<C, R>| Bar {
            actor: operation.actor().to_owned(),
            label: shorten(label(operation)),
            started_at: operation.started_at(),
            ended_at: operation.ended_at(),
            is_highlighted: false,
        };
        let mut operations = operations.into_iter();
        let mut bars: Vec<Bar> = operations.by_ref().take(MAX_BARS).map(bar).collect();
        bars.sort_by_key(|bar| bar.started_at);
        Self { bars, n_omitted: operations.count() }
    }

    /// Highlights the bars that started at these ticks.
    pub(super) fn highlight(mut self, started_at: &[u64]) -> Self {
        for bar in &mut self.bars {
            bar.is_highlighted = started_at.contains(&bar.started_at);
        }
        self
    }
}

/// The call and the result as a label.
pub(super) fn label(call: &impl fmt::Debug, result: Option<&impl fmt::Debug>) -> String {
    let result = result.map_or("?".to_owned(), |result| format!("{result:?}"));
    if result == "()" { format!("{call:?}") } else { format!("{call:?} → {result}") }
}

fn shorten(label: String) -> String {
    let label = label.replace('\n', " ");
    if label.chars().count() <= MAX_LABEL_LENGTH {
        return label;
    }
    label.chars().take(MAX_LABEL_LENGTH - 1).chain(['…']).collect()
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.bars.iter().map(|bar| bar.label.clone()).collect();
        let layout = Layout::new(&self.bars, labels);
        if layout.width() <= MAX_WIDTH {
            layout.fmt(f)?;
        } else {
            let numbers = (1..=self.bars.len()).map(|number| number.to_string()).collect();
            Layout::new(&self.bars, numbers).fmt(f)?;
            for (number, bar) in (1..).zip(&self.bars) {
                writeln!(f, "{number:>3}  {} {}", bar.actor, bar.label)?;
            }
        }
        match self.n_omitted {
            0 => Ok(()),
            1 => writeln!(f, "… and 1 more operation"),
            n => writeln!(f, "… and {n} more operations"),
        }
    }
}

#[cfg(test)]
mod tests;
