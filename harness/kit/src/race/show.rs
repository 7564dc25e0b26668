//! The report of a race as a text.

use std::fmt;

use crate::race::choose::Explore;
use crate::race::played::Played;
use crate::race::report::{Failure, How, Report};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_rounds = self.rounds();
        match self.failed_rounds() {
            0 => write!(f, "no race in {}", rounds(n_rounds))?,
            n_failed => write!(f, "a race in {n_failed} of {}", rounds(n_rounds))?,
        }
        let n_actors = match self.n_actors {
            1 => "1 actor".to_owned(),
            n => format!("{n} actors"),
        };
        writeln!(f, ": {n_actors}, {}", self.chosen())?;
        for failure in &self.failures {
            let n = failure.rounds();
            writeln!(f, "  {n:>4} x  {}{}", self.whose(failure), failure.error())?;
        }
        if self.n_passed > 0 {
            writeln!(f, "  {} points without `async` were passed: they cannot stop a future", self.n_passed)?;
        }
        if let Some((round, first)) = &self.first {
            self.show_first(f, *round, first)?;
        }
        Ok(())
    }
}

impl Report {
    fn chosen(&self) -> String {
        let seed = self.seed;
        let end = if self.is_complete { "there are no more" } else { "there are more" };
        match self.how {
            How::Replay => "a replay".to_owned(),
            How::Explore(Explore::Random) => format!("interleavings by chance, seed {seed}"),
            How::Explore(Explore::Pct { depth }) => format!("PCT with depth {depth}, seed {seed}"),
            How::Explore(Explore::All) => format!("one interleaving after the other, and {end}"),
            How::Explore(Explore::Preemptions { at_most }) => {
                format!("one interleaving with at most {at_most} preemptions after the other, and {end}")
            }
            How::Explore(Explore::Free) => "nobody chose".to_owned(),
        }
    }

    fn whose(&self, failure: &Failure) -> String {
        match failure.most_actors() {
            Some(most) if most == failure.fewest_actors() => format!("{most} of {} actors: ", self.n_actors),
            Some(most) => format!("{} to {most} of {} actors: ", failure.fewest_actors(), self.n_actors),
            None => "after the round: ".to_owned(),
        }
    }

    fn show_first(&self, f: &mut fmt::Formatter<'_>, round: usize, first: &Played) -> fmt::Result {
        writeln!(f, "\nthe first one, round {round}:")?;
        if let Some(interleaving) = &first.interleaving {
            f.write_str(&interleaving.draw(self.n_actors, &first.errors))?;
        }
        for (actor, error) in first.errors.iter().enumerate() {
            if let Some(error) = error {
                writeln!(f, "  actor {actor}: {}", indented(error))?;
            }
        }
        if let Some(error) = &first.after {
            writeln!(f, "  after the round: {}", indented(error))?;
        }
        if let Some(interleaving) = &first.interleaving {
            let replays = self.replays();
            write!(f, "\nagain: Race::new({}).replay(\"{interleaving}\")", self.n_actors)?;
            if replays.of > 0 {
                write!(f, "  failed in the same way {} of {} times", replays.same, replays.of)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn rounds(n: usize) -> String {
    if n == 1 { "1 round".to_owned() } else { format!("{n} rounds") }
}

/// Lines after the first one stand below it.
fn indented(text: &str) -> String {
    text.trim_end().lines().collect::<Vec<_>>().join("\n           ")
}
