//! The order in which the actors of a round went on: as a short text that can be given again, and as a picture.

use std::fmt;
use std::str::FromStr;

/// Where all actors are when a round begins.
pub(crate) const START: &str = "start";

/// The order in which the actors of a round went on, each time to the next point.
///
/// Its text is the numbers of the actors; [`Race::replay`](crate::race::Race::replay) takes it.
///
/// ```
/// use swimlanes_kit::race::Interleaving;
///
/// let interleaving: Interleaving = "0-1-1-0".parse()?;
/// assert_eq!(interleaving.actors().collect::<Vec<_>>(), [0, 1, 1, 0]);
/// assert_eq!(interleaving.to_string(), "0-1-1-0");
/// # Ok::<(), swimlanes_kit::race::NoInterleaving>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interleaving {
    pub(crate) steps: Vec<Step>,
}

/// An actor went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) actor: usize,
    pub(crate) why: Why,
    pub(crate) to: Reached,
}

/// Why an actor went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Chosen,
    /// What it waited for was given back.
    Released,
}

/// How far an actor went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Nobody knows yet.
    Going,
    Point(&'static str),
    /// A lock, or so it seems.
    Wait,
    End,
}

impl Interleaving {
    /// The numbers of the actors, in the order in which they went on.
    pub fn actors(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter(|step| step.why == Why::Chosen).map(|step| step.actor)
    }

    /// How often an actor came to a point.
    pub(crate) fn n_stops(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.to, Reached::Point(_))).count()
    }

    /// A column for each actor, a line for each time that one went on.
    pub(crate) fn draw(&self, n_actors: usize, failures: &[Option<String>]) -> String {
        let failed = |actor: usize| failures.get(actor).is_some_and(Option::is_some);
        let label = |step: &Step| match step.to {
            Reached::Going => "…".to_owned(),
            Reached::Point(name) => name.to_owned(),
            Reached::Wait => "waits".to_owned(),
            Reached::End if failed(step.actor) => "end: fails".to_owned(),
            Reached::End => "end".to_owned(),
        };
        let mut n_chosen = 0;
        let mut number = |why| {
            n_chosen += usize::from(why == Why::Chosen);
            if why == Why::Chosen { n_chosen.to_string() } else { String::new() }
        };
        let mut rows: Vec<(String, usize, String)> =
            self.steps.iter().map(|step| (number(step.why), step.actor, label(step))).collect();
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        if left_out > 0 {
            rows.drain(MOST_ROWS / 2..MOST_ROWS / 2 + left_out);
        }
        let widest = rows.iter().map(|(.., label)| label.chars().count()).max().unwrap_or(0).max("actor 00".len());
        let mut drawn = String::new();
        let cut = |drawn: &mut String, row: usize| {
            if left_out > 0 && row == MOST_ROWS / 2 {
                drawn.push_str(&format!("       … {left_out} lines are left out\n"));
            }
        };
        if n_actors * (widest + 3) <= MOST_COLUMNS {
            let heads = (0..n_actors).map(|actor| format!("{:widest$}", format!("actor {actor}")));
            line(&mut drawn, "", heads);
            for (row, (number, actor, label)) in rows.iter().enumerate() {
                cut(&mut drawn, row);
                let cells = (0..n_actors)
                    .map(|column| format!("{:widest$}", if column == *actor { label.as_str() } else { "│" }));
                line(&mut drawn, number, cells);
            }
        } else {
            for (row, (number, actor, label)) in rows.iter().enumerate() {
                cut(&mut drawn, row);
                line(&mut drawn, number, [format!("{:8}", format!("actor {actor}")), label.clone()].into_iter());
            }
        }
        drawn
    }
}

/// What somebody reads of an interleaving.
const MOST_ROWS: usize = 60;

/// What a terminal shows of a line.
const MOST_COLUMNS: usize = 110;

fn line(drawn: &mut String, number: &str, cells: impl Iterator<Item = String>) {
    let cells = cells.collect::<Vec<_>>().join("   ");
    drawn.push_str(&format!("  {number:>3}  {cells}").trim_end().replace('\n', " "));
    drawn.push('\n');
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

/// A text is not an interleaving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoInterleaving(String);

impl fmt::Display for NoInterleaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no interleaving: numbers of actors with dashes between them, such as 0-1-1-0", self.0)
    }
}

impl std::error::Error for NoInterleaving {}

impl FromStr for Interleaving {
    type Err = NoInterleaving;

    fn from_str(text: &str) -> Result<Self, NoInterleaving> {
        let step = |part: &str| Some(Step { actor: part.trim().parse().ok()?, why: Why::Chosen, to: Reached::Going });
        let steps: Option<Vec<Step>> = text.split('-').map(step).collect();
        steps.map(|steps| Self { steps }).ok_or_else(|| NoInterleaving(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check_drawn(n_actors: usize, steps: &[(usize, Why, Reached)], failed: Option<usize>, expected: Expect) {
        let steps = steps.iter().map(|&(actor, why, to)| Step { actor, why, to }).collect();
        let mut failures = vec![None; n_actors];
        if let Some(actor) = failed {
            failures[actor] = Some("duplicate key".to_owned());
        }
        // The first line keeps the indentation of the others.
        expected.assert_eq(&format!("{n_actors} actors\n{}", Interleaving { steps }.draw(n_actors, &failures)));
    }

    #[test]
    fn few_actors_have_columns() {
        check_drawn(
            2,
            &[
                (1, Why::Chosen, Reached::Point("after insert")),
                (0, Why::Chosen, Reached::Wait),
                (1, Why::Chosen, Reached::End),
                (0, Why::Released, Reached::End),
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
    fn many_actors_have_lines() {
        check_drawn(
            12,
            &[(11, Why::Chosen, Reached::Point("after select")), (3, Why::Chosen, Reached::Wait)],
            None,
            expect![[r#"
                12 actors
                    1  actor 11   after select
                    2  actor 3    waits
            "#]],
        );
    }

    #[test]
    fn what_is_no_interleaving_is_refused() {
        for text in ["", "0-", "a", "0 1", "-1"] {
            assert!(text.parse::<Interleaving>().is_err(), "{text}");
        }
    }
}
