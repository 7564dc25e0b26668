//! The rounds of a race, one after the other, whoever its actors are.

use std::time::Duration;

use crate::point::{n_passed, racing};
use crate::race::block_detection::Patience;
use crate::race::builder::{Actor, Hook, Race};
use crate::race::outcome::ActorResult;
use crate::race::report::{How, Report};
use crate::race::round_result::Played;
use crate::race::strategy::{Chooser, Explore};
use crate::race::{tasks, threads};

/// What the actors of one round need.
struct Turn<'t, 'p> {
    round: usize,
    /// `None` if nobody chooses.
    chooser: Option<&'t mut Chooser>,
    patience: &'t mut Patience<'p>,
}

impl<'a> Race<'a> {
    /// Runs the race, each actor on a thread of its own. A panic of an actor is one of its errors.
    ///
    /// # Panics
    ///
    /// If what is run [before](Race::before) a round fails, or is `async`: that is for [`run_async`](Race::run_async).
    pub fn run<R: ActorResult>(self, body: impl Fn(Actor) -> R + Sync) -> Report {
        let n_actors = self.n_actors;
        let is_async = self.before.iter().chain(&self.after).any(Hook::is_async);
        assert!(!is_async, "`before_async` and `after_async` are for `run_async`: nobody drives their futures here");
        pollster::block_on(self.run_rounds(async |turn: Turn<'_, '_>| {
            let body = |number| body(Actor { number, round: turn.round }).into_error();
            match turn.chooser {
                Some(chooser) => threads::play(n_actors, chooser, turn.patience, &body),
                None => threads::play_free(n_actors, &body),
            }
        }))
    }

    /// Runs the race with a future for each actor, all of them polled by the task that calls, on whatever runtime that is. Only points
    /// with `async` stop a future; the report says if it has passed others. Code between two `await`s is never interrupted, so a lock of the
    /// standard library that is held across a point blocks the thread, and with it the race. A task that an actor spawns is no actor.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use swimlanes_kit::point;
    /// use swimlanes_kit::race::Race;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let titles = RefCell::new(Vec::new());
    /// let report = Race::new(3)
    ///     .before(|_| titles.borrow_mut().clear())
    ///     .run_async(async |actor| {
    ///         let is_there = titles.borrow().contains(&"Alice");
    ///         point!(async "after select");
    ///         if !is_there {
    ///             titles.borrow_mut().push("Alice");
    ///         }
    ///         let n = titles.borrow().len();
    ///         if n == 1 { Ok(()) } else { Err(format!("actor {} sees {n} of her", actor.number())) }
    ///     })
    ///     .await;
    /// report.expect_race("of her");
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If what is run [before](Race::before) a round fails.
    pub async fn run_async<R: ActorResult>(self, body: impl AsyncFn(Actor) -> R) -> Report {
        let n_actors = self.n_actors;
        self.run_rounds(async |turn: Turn<'_, '_>| {
            let round = turn.round;
            let body = async |number| body(Actor { number, round }).await.into_error();
            match turn.chooser {
                Some(chooser) => tasks::play(n_actors, chooser, turn.patience, &body).await,
                None => tasks::play_free(n_actors, &body).await,
            }
        })
        .await
    }

    /// Runs all rounds, and the replays of the first that failed; `play` runs the actors of one.
    async fn run_rounds(mut self, mut play: impl AsyncFnMut(Turn<'_, 'a>) -> Played) -> Report {
        let limit = if self.waiting.is_some() { Duration::from_secs(2) } else { Duration::from_millis(20) };
        let mut patience = Patience {
            waiting: self.waiting.take(),
            limit: self.patience.unwrap_or(limit),
            stuck_after: self.stuck_after,
            most_steps: self.most_steps,
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
        let n_before = n_passed();
        for round in 0..self.n_rounds {
            let turn = Turn { round, chooser: chooser.as_mut(), patience: &mut patience };
            let has_failed = match self.run_round(turn, &mut play).await {
                Ok(played) => report.add(round, played),
                Err(error) => panic!("cannot prepare round {round} of the race: {error}"),
            };
            let is_more = chooser.as_mut().is_none_or(Chooser::end);
            report.misfit = chooser.as_ref().and_then(Chooser::misfit);
            report.is_complete = !is_more && report.misfit.is_none();
            if !is_more || has_failed && self.until_race {
                break;
            }
        }
        report.n_strangers = n_passed() - n_before;
        if let (How::Explore(_), Some(interleaving)) = (how, report.interleaving().cloned()) {
            let mut again = Chooser::replay(interleaving);
            for round in report.rounds()..report.rounds() + self.n_replays {
                let turn = Turn { round, chooser: Some(&mut again), patience: &mut patience };
                // What was seen is worth more than to see it again.
                let Ok(played) = self.run_round(turn, &mut play).await else { break };
                report.add_replay(&played);
            }
        }
        report
    }

    /// What was to run before it has failed, or it was played.
    async fn run_round(
        &mut self,
        mut turn: Turn<'_, 'a>,
        play: &mut impl AsyncFnMut(Turn<'_, 'a>) -> Played,
    ) -> Result<Played, String> {
        let round = turn.round;
        if let Some(before) = &mut self.before
            && let Some(error) = before.call(round).await
        {
            return Err(error);
        }
        if let Some(chooser) = &mut turn.chooser {
            chooser.begin(round, self.n_actors);
        }
        let mut played = play(turn).await;
        if let (Some(after), None) = (&mut self.after, &played.after) {
            played.after = after.call(round).await;
        }
        Ok(played)
    }
}
