//! The order in which the actors of a round ran: as a short text that can be replayed, and as a drawing.

use std::fmt;
use std::str::FromStr;

/// The name of the point at which all actors are stopped when a round begins.
pub(crate) const START: &str = "start";

/// The order in which the actors of a round ran, each time to the next point.
///
/// Its text is the list of actor numbers; [`Race::replay`](crate::race::Race::replay) takes it.
///
/// ```
/// use swimlanes_kit::race::Interleaving;
///
/// let interleaving: Interleaving = "0-1-1-0".parse()?;
/// assert_eq!(interleaving.actors().collect::<Vec<_>>(), [0, 1, 1, 0]);
/// assert_eq!(interleaving.to_string(), "0-1-1-0");
/// # Ok::<(), swimlanes_kit::race::ParseInterleavingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interleaving {
    pub(crate) steps: Vec<Step>,
}

/// An actor ran to its next point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) actor: usize,
    pub(crate) cause: StepCause,
    pub(crate) to: StepEnd,
}

/// Why an actor ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepCause {
    Chosen,
    /// The lock that blocked it was released.
    Released,
}

/// How far an actor ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepEnd {
    /// It is still running.
    Running,
    Point(&'static str),
    /// It is blocked, as far as the race can tell.
    Blocked,
    Ended,
}

impl Interleaving {
    /// The numbers of the actors, in the order in which they ran.
    pub fn actors(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter(|step| step.cause == StepCause::Chosen).map(|step| step.actor)
    }

    /// How often an actor reached a point.
    pub(crate) fn n_stops(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.to, StepEnd::Point(_))).count()
    }

    /// Draws a column for each actor and a line for each step.
    pub(crate) fn draw(&self, n_actors: usize, failures: &[Option<String>]) -> String {
        let failed = |actor: usize| failures.get(actor).is_some_and(Option::is_some);
        let label = |step: &Step| match step.to {
            StepEnd::Running => "…".to_owned(),
            StepEnd::Point(name) => name.to_owned(),
            StepEnd::Blocked => "waits".to_owned(),
            StepEnd::Ended if failed(step.actor) => "end: fails".to_owned(),
            StepEnd::Ended => "end".to_owned(),
        };
        let mut n_chosen = 0;
        let mut number = |cause| {
            n_chosen += usize::from(cause == StepCause::Chosen);
            if cause == StepCause::Chosen { n_chosen.to_string() } else { String::new() }
        };
        let mut rows: Vec<(String, usize, String)> =
            self.steps.iter().map(|step| (number(step.cause), step.actor, label(step))).collect();
        let n_omitted = rows.len().saturating_sub(MAX_ROWS);
        if n_omitted > 0 {
            rows.drain(MAX_ROWS / 2..MAX_ROWS / 2 + n_omitted);
        }
        let widest = rows.iter().map(|(.., label)| label.chars().count()).max().unwrap_or(0).max("actor 00".len());
        let mut text = String::new();
        let cut = |text: &mut String, row: usize| {
            if n_omitted > 0 && row == MAX_ROWS / 2 {
                text.push_str(&format!("       … {n_omitted} lines omitted\n"));
            }
        };
        if n_actors * (widest + 3) <= MAX_COLUMNS {
            let heads = (0..n_actors).map(|actor| format!("{:widest$}", format!("actor {actor}")));
            line(&mut text, "", heads);
            for (row, (number, actor, label)) in rows.iter().enumerate() {
                cut(&mut text, row);
                let cells = (0..n_actors)
                    .map(|column| format!("{:widest$}", if column == *actor { label.as_str() } else { "│" }));
                line(&mut text, number, cells);
            }
        } else {
            for (row, (number, actor, label)) in rows.iter().enumerate() {
                cut(&mut text, row);
                line(&mut text, number, [format!("{:8}", format!("actor {actor}")), label.clone()].into_iter());
            }
        }
        text
    }
}

/// Longer drawings are cut in the middle.
const MAX_ROWS: usize = 60;

/// Wider drawings have one line for each step instead of columns.
const MAX_COLUMNS: usize = 110;

fn line(text: &mut String, number: &str, cells: impl Iterator<Item = String>) {
    let cells = cells.collect::<Vec<_>>().join("   ");
    text.push_str(&format!("  {number:>3}  {cells}").trim_end().replace('\n', " "));
    text.push('\n');
}

impl fmt::Display for Interleaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (ix, actor) in self.actors().enumerate() {
            let dash = if ix == 0 { "" } else { "-" };
            write!(f, "{dash}{actor}")?;
        }
        Ok(())
    }
}

/// The error of a text that is not an interleaving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseInterleavingError(String);

impl fmt::Display for ParseInterleavingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an interleaving: expected actor numbers separated by dashes, such as 0-1-1-0", self.0)
    }
}

impl std::error::Error for ParseInterleavingError {}

impl FromStr for Interleaving {
    type Err = ParseInterleavingError;

    fn from_str(text: &str) -> Result<Self, ParseInterleavingError> {
        let step = |part: &str| {
            Some(Step { actor: part.trim().parse().ok()?, cause: StepCause::Chosen, to: StepEnd::Running })
        };
        let steps: Option<Vec<Step>> = text.split('-').map(step).collect();
        steps.map(|steps| Self { steps }).ok_or_else(|| ParseInterleavingError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check_drawn(n_actors: usize, steps: &[(usize, StepCause, StepEnd)], failed: Option<usize>, expected: Expect) {
        let steps = steps.iter().map(|&(actor, cause, to)| Step { actor, cause, to }).collect();
        let mut failures = vec![None; n_actors];
        if let Some(actor) = failed {
            failures[actor] = Some("duplicate key".to_owned());
        }
        // The first line keeps the indentation of the others.
        expected.assert_eq(&format!("{n_actors} actors\n{}", Interleaving { steps }.draw(n_actors, &failures)));
    }

    #[test]
    fn few_actors_are_drawn_in_columns() {
        check_drawn(
            2,
            &[
                (1, StepCause::Chosen, StepEnd::Point("after insert")),
                (0, StepCause::Chosen, StepEnd::Blocked),
                (1, StepCause::Chosen, StepEnd::Ended),
                (0, StepCause::Released, StepEnd::Ended),
            ],
            Some(0),
            expect![[r#"
                2 actors
                       actor 0        actor 1
                    1  │              after insert
                    2  waits          │
                    3  │              end
                       end: fails     │
            "#]],
        );
    }

    #[test]
    fn many_actors_are_drawn_in_lines() {
        check_drawn(
            12,
            &[(11, StepCause::Chosen, StepEnd::Point("after select")), (3, StepCause::Chosen, StepEnd::Blocked)],
            None,
            expect![[r#"
                12 actors
                    1  actor 11   after select
                    2  actor 3    waits
            "#]],
        );
    }

    #[test]
    fn invalid_interleavings_are_rejected() {
        for text in ["", "0-", "a", "0 1", "-1"] {
            assert!(text.parse::<Interleaving>().is_err(), "{text}");
        }
    }
}
