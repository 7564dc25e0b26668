//! The rounds of a race, one after the other, whoever its actors are.

use std::time::Duration;

use crate::point::racing;
use crate::race::Race;
use crate::race::choose::{Chooser, Explore};
use crate::race::patience::Patience;
use crate::race::played::Played;
use crate::race::report::{How, Report};

/// What the actors of one round need.
pub(super) struct Turn<'t, 'p> {
    pub(super) round: usize,
    /// `None` if nobody chooses.
    pub(super) chooser: Option<&'t mut Chooser>,
    pub(super) patience: &'t mut Patience<'p>,
}

impl<'a> Race<'a> {
    /// Runs all rounds, and the replays of the first that failed; `play` runs the actors of one.
    pub(super) async fn run_rounds(mut self, mut play: impl AsyncFnMut(Turn<'_, 'a>) -> Played) -> Report {
        let limit = if self.waiting.is_some() { Duration::from_secs(2) } else { Duration::from_millis(20) };
        let mut patience = Patience {
            waiting: self.waiting.take(),
            limit: self.patience.unwrap_or(limit),
            stuck_after: self.stuck_after,
        };
        let replay = self.replay.take();
        let how = if replay.is_some() { How::Replay } else { How::Explore(self.explore) };
        let mut report = Report::new(self.n_actors, self.seed, how);
        let mut chooser = match (replay, self.explore) {
            (Some(interleaving), _) => Some(Chooser::replay(interleaving)),
            (None, Explore::Free) => None,
            (None, explore) => Some(Chooser::new(explore, self.seed, self.n_rounds)),
        };
        let _racing = chooser.is_some().then(racing);
        for round in 0..self.n_rounds {
            let turn = Turn { round, chooser: chooser.as_mut(), patience: &mut patience };
            let has_failed = report.add(round, self.run_round(turn, &mut play).await);
            if has_failed && self.until_race {
                break;
            }
            if chooser.as_mut().is_some_and(|chooser| !chooser.end()) {
                report.is_complete = true;
                break;
            }
        }
        if let (How::Explore(_), Some(interleaving)) = (how, report.interleaving().cloned()) {
            let mut again = Chooser::replay(interleaving);
            for round in report.rounds()..report.rounds() + self.n_replays {
                let turn = Turn { round, chooser: Some(&mut again), patience: &mut patience };
                let played = self.run_round(turn, &mut play).await;
                report.add_replay(&played);
            }
        }
        report
    }

    async fn run_round(
        &mut self,
        mut turn: Turn<'_, 'a>,
        play: &mut impl AsyncFnMut(Turn<'_, 'a>) -> Played,
    ) -> Played {
        let round = turn.round;
        if let Some(before) = &mut self.before
            && let Some(error) = before(round).await
        {
            panic!("cannot prepare round {round} of the race: {error}");
        }
        if let Some(chooser) = &mut turn.chooser {
            chooser.begin(round, self.n_actors);
        }
        let mut played = play(turn).await;
        if let Some(after) = &mut self.after {
            played.after = after(round).await;
        }
        played
    }
}
