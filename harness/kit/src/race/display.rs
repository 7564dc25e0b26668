//! The report of a race as a text.

use std::fmt;

use crate::race::report::{Failure, Report, RunMode};
use crate::race::round_result::RoundResult;
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
        writeln!(f, ": {n_actors}, {}", self.strategy())?;
        for failure in &self.failures {
            let n = failure.rounds();
            writeln!(f, "  {n:>4} x  {}{}", self.affected_actors(failure), failure.error())?;
        }
        if self.n_stops == 0 && self.n_actors > 1 && self.mode != RunMode::Explore(Explore::Free) {
            writeln!(f, "  no actor reached a point, so only the order of starts was chosen{}", self.points_outside())?;
        }
        if self.n_sync_points > 0 {
            writeln!(f, "  {} points without `async` were passed: they cannot stop a future", self.n_sync_points)?;
        }
        if let Some((round, first)) = &self.first_failure {
            self.show_first(f, *round, first)?;
        }
        Ok(())
    }
}

impl Report {
    fn strategy(&self) -> String {
        let seed = self.seed;
        let end = match (self.is_complete, self.divergence) {
            (true, _) => "all of them were run".to_owned(),
            (false, None) => "there are more".to_owned(),
            (false, Some(step)) => {
                format!(
                    "from step {step} on, rounds with the same choices differed: is all data reset before each round?"
                )
            }
        };
        match self.mode {
            RunMode::Replay => match self.divergence {
                Some(step) => format!("a replay that diverged at step {step}"),
                None => "a replay".to_owned(),
            },
            RunMode::Explore(Explore::Random) => format!("random interleavings, seed {seed}"),
            RunMode::Explore(Explore::Pct { depth }) => format!("PCT with depth {depth}, seed {seed}"),
            RunMode::Explore(Explore::All) => format!("one interleaving after the other, and {end}"),
            RunMode::Explore(Explore::Preemptions { max }) => {
                format!("one interleaving with at most {max} preemptions after the other, and {end}")
            }
            RunMode::Explore(Explore::Free) => "free-running actors".to_owned(),
        }
    }

    fn points_outside(&self) -> String {
        match self.n_points_outside {
            0 => String::new(),
            n => format!("; {n} points were passed by threads or tasks that are not actors"),
        }
    }

    fn affected_actors(&self, failure: &Failure) -> String {
        match failure.max_actors() {
            Some(most) if most == failure.min_actors() => format!("{most} of {} actors: ", self.n_actors),
            Some(most) => format!("{} to {most} of {} actors: ", failure.min_actors(), self.n_actors),
            None => "after the round: ".to_owned(),
        }
    }

    fn show_first(&self, f: &mut fmt::Formatter<'_>, round: usize, first: &RoundResult) -> fmt::Result {
        writeln!(f, "\nfirst failure, in round {round}:")?;
        if let Some(interleaving) = &first.interleaving {
            f.write_str(&interleaving.draw(self.n_actors, &first.errors))?;
        }
        for (actor, error) in first.errors.iter().enumerate() {
            if let Some(error) = error {
                writeln!(f, "  actor {actor}: {}", indent(error))?;
            }
        }
        if let Some(error) = &first.after_error {
            writeln!(f, "  after the round: {}", indent(error))?;
        }
        if let Some(interleaving) = &first.interleaving {
            let replays = self.replays();
            let text = interleaving.to_string();
            if text.len() > MAX_REPLAY_LENGTH {
                write!(f, "\nreplay: the interleaving is too long to print; use `Report::interleaving`")?;
            } else {
                write!(f, "\nreplay: Race::new({}).replay(\"{text}\")", self.n_actors)?;
            }
            if replays.total > 0 {
                write!(f, "  failed in the same way {} of {} times", replays.same, replays.total)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn rounds(n: usize) -> String {
    if n == 1 { "1 round".to_owned() } else { format!("{n} rounds") }
}

/// A longer interleaving is not printed.
const MAX_REPLAY_LENGTH: usize = 1000;

/// Several lines are a drawing: they are printed below the heading.
fn indent(text: &str) -> String {
    match text.trim_end().lines().collect::<Vec<_>>()[..] {
        [line] => line.to_owned(),
        ref lines => lines.iter().map(|line| format!("\n    {line}")).collect(),
    }
}
