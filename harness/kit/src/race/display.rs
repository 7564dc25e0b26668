//! The report of a race as a text.

use std::fmt;

use crate::race::report::{Failure, How, Report};
use crate::race::round_result::Played;
use crate::race::strategy::Explore;

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
        if self.n_stops == 0 && self.n_actors > 1 && self.how != How::Explore(Explore::Free) {
            writeln!(f, "  no actor came to a point: nobody chose more than who begins{}", self.strangers())?;
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
        let end = match (self.is_complete, self.misfit) {
            (true, _) => "there are no more".to_owned(),
            (false, None) => "there are more".to_owned(),
            (false, Some(step)) => {
                format!(
                    "from step {step} on they differed although choices were the same: is all made anew before a round?"
                )
            }
        };
        match self.how {
            How::Replay => match self.misfit {
                Some(step) => format!("a replay, which did not fit from step {step} on"),
                None => "a replay".to_owned(),
            },
            How::Explore(Explore::Random) => format!("interleavings by chance, seed {seed}"),
            How::Explore(Explore::Pct { depth }) => format!("PCT with depth {depth}, seed {seed}"),
            How::Explore(Explore::All) => format!("one interleaving after the other, and {end}"),
            How::Explore(Explore::Preemptions { at_most }) => {
                format!("one interleaving with at most {at_most} preemptions after the other, and {end}")
            }
            How::Explore(Explore::Free) => "nobody chose".to_owned(),
        }
    }

    fn strangers(&self) -> String {
        match self.n_strangers {
            0 => String::new(),
            n => format!("; {n} points were passed by threads or tasks that are no actors"),
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
            let text = interleaving.to_string();
            if text.len() > LONGEST {
                write!(f, "\nagain: the interleaving is long; `Report::interleaving` has it")?;
            } else {
                write!(f, "\nagain: Race::new({}).replay(\"{text}\")", self.n_actors)?;
            }
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

/// As long as somebody would copy.
const LONGEST: usize = 1000;

/// Several lines are a picture, or as good as one: they stand by themselves.
fn indented(text: &str) -> String {
    match text.trim_end().lines().collect::<Vec<_>>()[..] {
        [line] => line.to_owned(),
        ref lines => lines.iter().map(|line| format!("\n    {line}")).collect(),
    }
}
