//! Runs the rounds of a race, one after the other, with threads or with futures as actors.

use std::time::Duration;

use crate::point::{enable_points, n_passed_outside};
use crate::race::block_detection::BlockDetection;
use crate::race::builder::{Actor, Race, RoundHook};
use crate::race::outcome::ActorResult;
use crate::race::report::{Report, RunMode};
use crate::race::round_result::RoundResult;
use crate::race::strategy::{Explore, Strategy};
use crate::race::{tasks, threads};

/// The arguments of a driver for one round.
struct RoundContext<'t, 'p> {
    round: usize,
    /// `None` if the actors run freely.
    strategy: Option<&'t mut Strategy>,
    detection: &'t mut BlockDetection<'p>,
}

impl<'a> Race<'a> {
    /// Runs the race, each actor on its own thread. A panic of an actor is one of its errors.
    ///
    /// # Panics
    ///
    /// If the hook [before](Race::before) a round fails, or if a hook is `async`, which needs [`run_async`](Race::run_async).
    pub fn run<R: ActorResult>(self, body: impl Fn(Actor) -> R + Sync) -> Report {
        let n_actors = self.n_actors;
        let is_async = self.before.iter().chain(&self.after).any(RoundHook::is_async);
        assert!(!is_async, "`before_async` and `after_async` need `run_async`");
        pollster::block_on(self.run_rounds(async |context: RoundContext<'_, '_>| {
            let body = |number| body(Actor { number, round: context.round }).into_error();
            match context.strategy {
                Some(strategy) => threads::run_round(n_actors, strategy, context.detection, &body),
                None => threads::run_free(n_actors, &body),
            }
        }))
    }

    /// Runs the race with a future for each actor. The calling task polls all of them, on any runtime. Only points with `async` stop a
    /// future; the report says if others were passed. Code between two `await`s is never interrupted, so a lock of the standard library
    /// that is held across a point blocks the thread, and with it the race. A task that an actor spawns is not an actor.
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
    /// If the hook [before](Race::before) a round fails.
    pub async fn run_async<R: ActorResult>(self, body: impl AsyncFn(Actor) -> R) -> Report {
        let n_actors = self.n_actors;
        self.run_rounds(async |context: RoundContext<'_, '_>| {
            let round = context.round;
            let body = async |number| body(Actor { number, round }).await.into_error();
            match context.strategy {
                Some(strategy) => tasks::run_round(n_actors, strategy, context.detection, &body).await,
                None => tasks::run_free(n_actors, &body).await,
            }
        })
        .await
    }

    /// Runs all rounds, and the replays of the first that failed. `play` runs the actors of one round.
    async fn run_rounds(mut self, mut play: impl AsyncFnMut(RoundContext<'_, 'a>) -> RoundResult) -> Report {
        let limit = if self.blocked_actors.is_some() { Duration::from_secs(2) } else { Duration::from_millis(20) };
        let mut detection = BlockDetection {
            blocked_actors: self.blocked_actors.take(),
            limit: self.block_timeout.unwrap_or(limit),
            deadlock_timeout: self.deadlock_timeout,
            max_steps: self.max_steps,
        };
        let replay = self.replay.take();
        let mode = if replay.is_some() { RunMode::Replay } else { RunMode::Explore(self.explore) };
        let mut report = Report::new(self.n_actors, self.seed, mode);
        let mut strategy = match (replay, self.explore) {
            (Some(interleaving), _) => Some(Strategy::replay(interleaving)),
            (None, Explore::Free) => None,
            (None, explore) => Some(Strategy::new(explore, self.seed, self.n_rounds)),
        };
        let _racing = strategy.is_some().then(enable_points);
        let n_before = n_passed_outside();
        for round in 0..self.n_rounds {
            let context = RoundContext { round, strategy: strategy.as_mut(), detection: &mut detection };
            let has_failed = match self.run_hooks_and_round(context, &mut play).await {
                Ok(result) => report.add(round, result),
                Err(error) => panic!("cannot prepare round {round} of the race: {error}"),
            };
            let is_more = strategy.as_mut().is_none_or(Strategy::end);
            report.divergence = strategy.as_ref().and_then(Strategy::divergence);
            report.is_complete = !is_more && report.divergence.is_none();
            if !is_more || has_failed && self.until_race {
                break;
            }
        }
        report.n_points_outside = n_passed_outside() - n_before;
        if let (RunMode::Explore(_), Some(interleaving)) = (mode, report.interleaving().cloned()) {
            let mut again = Strategy::replay(interleaving);
            for round in report.rounds()..report.rounds() + self.n_replays {
                let context = RoundContext { round, strategy: Some(&mut again), detection: &mut detection };
                // A replay that cannot be prepared must not hide the failure.
                let Ok(result) = self.run_hooks_and_round(context, &mut play).await else { break };
                report.add_replay(&result);
            }
        }
        report
    }

    /// Runs the hooks and the actors of a round. The error is that of the hook before the round.
    async fn run_hooks_and_round(
        &mut self,
        mut context: RoundContext<'_, 'a>,
        play: &mut impl AsyncFnMut(RoundContext<'_, 'a>) -> RoundResult,
    ) -> Result<RoundResult, String> {
        let round = context.round;
        if let Some(before) = &mut self.before
            && let Some(error) = before.call(round).await
        {
            return Err(error);
        }
        if let Some(strategy) = &mut context.strategy {
            strategy.begin(round, self.n_actors);
        }
        let mut result = play(context).await;
        if let (Some(after), None) = (&mut self.after, &result.after_error) {
            result.after_error = after.call(round).await;
        }
        Ok(result)
    }
}
