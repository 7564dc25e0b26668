//! The state of one round: where its actors are, and which one runs next. Independent of threads, futures and time.

use crate::race::interleaving::{Interleaving, START, Step, StepCause, StepEnd};
use crate::race::strategy::Strategy;

/// The state of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ActorState {
    Stopped(&'static str),
    /// On its way to the next point; or blocked, which is not detected yet.
    Running,
    /// Blocked by another actor, as far as the race can tell.
    Blocked,
    Ended,
}

/// The next action of the driver.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Resumes this actor.
    Resume(usize),
    /// Waits a while for this blocked actor to stop at a point, because a replay expects it to run next.
    Await(usize),
    /// Waits until any actor stops or ends: all remaining actors are blocked.
    Deadlock,
    /// Ends the choices, as the round has reached its maximum number of steps.
    StepLimit(usize),
    Ended,
}

/// The maximum number of steps that one actor runs in a row. Then another actor gets its turn, as the first one may poll for its work.
const MAX_STEPS_IN_A_ROW: usize = 100;

/// A round in progress.
#[derive(Debug)]
pub(crate) struct Round<'c> {
    states: Vec<ActorState>,
    strategy: &'c mut Strategy,
    steps: Vec<Step>,
    max_steps: usize,
    /// How many steps in a row the last actor has run.
    n_in_a_row: usize,
    has_awaited: bool,
}

impl<'c> Round<'c> {
    pub(crate) fn new(n_actors: usize, strategy: &'c mut Strategy, max_steps: usize) -> Self {
        let states = vec![ActorState::Stopped(START); n_actors];
        Self { states, strategy, steps: Vec::new(), max_steps, n_in_a_row: 0, has_awaited: false }
    }

    /// The actor has reached a point.
    pub(crate) fn mark_stopped(&mut self, actor: usize, point: &'static str) {
        self.states[actor] = ActorState::Stopped(point);
        self.finish_step(actor, StepEnd::Point(point));
    }

    /// The actor has ended.
    pub(crate) fn mark_ended(&mut self, actor: usize) {
        self.states[actor] = ActorState::Ended;
        self.finish_step(actor, StepEnd::Ended);
    }

    fn finish_step(&mut self, actor: usize, to: StepEnd) {
        match self.steps.iter_mut().rev().find(|step| step.actor == actor) {
            Some(step) if step.to == StepEnd::Running => step.to = to,
            _ => self.steps.push(Step { actor, cause: StepCause::Released, to }),
        }
    }

    /// The number of running actors.
    pub(crate) fn n_running(&self) -> usize {
        self.states.iter().filter(|state| **state == ActorState::Running).count()
    }

    pub(crate) fn is_running(&self, actor: usize) -> bool {
        self.states[actor] == ActorState::Running
    }

    /// Whether the actor is running or blocked.
    pub(crate) fn is_active(&self, actor: usize) -> bool {
        matches!(self.states[actor], ActorState::Running | ActorState::Blocked)
    }

    /// Whether the actor that was resumed last is still running.
    pub(crate) fn is_last_running(&self) -> bool {
        self.last_chosen().is_some_and(|actor| self.is_running(actor))
    }

    fn last_chosen(&self) -> Option<usize> {
        self.steps.iter().rev().find(|step| step.cause == StepCause::Chosen).map(|step| step.actor)
    }

    /// Marks all running actors as blocked.
    pub(crate) fn mark_blocked(&mut self) {
        for actor in 0..self.states.len() {
            if self.is_running(actor) {
                self.states[actor] = ActorState::Blocked;
                let is_new = |step: &&mut Step| step.actor == actor && step.to == StepEnd::Running;
                if let Some(step) = self.steps.iter_mut().rev().find(is_new) {
                    step.to = StepEnd::Blocked;
                }
            }
        }
    }

    /// Decides what to do, once no actor is running.
    pub(crate) fn next(&mut self) -> Next {
        let is_stopped = |actor: &usize| matches!(self.states[*actor], ActorState::Stopped(_));
        let mut ready: Vec<usize> = (0..self.states.len()).filter(is_stopped).collect();
        if ready.is_empty() {
            let have_all_ended = self.states.iter().all(|state| *state == ActorState::Ended);
            return if have_all_ended { Next::Ended } else { Next::Deadlock };
        }
        let expected =
            self.strategy.expected_next().filter(|&expected| self.states.get(expected) == Some(&ActorState::Blocked));
        if let Some(expected) = expected.filter(|_| !self.has_awaited) {
            self.has_awaited = true;
            self.recheck_blocked();
            return Next::Await(expected);
        }
        self.has_awaited = false;
        if self.steps.len() >= self.max_steps {
            return Next::StepLimit(self.max_steps);
        }
        let last = self.last_chosen();
        if self.n_in_a_row >= MAX_STEPS_IN_A_ROW && ready.len() > 1 {
            ready.retain(|&actor| Some(actor) != last);
        }
        let actor = self.strategy.choose(&ready, last);
        self.n_in_a_row = if last == Some(actor) { self.n_in_a_row + 1 } else { 1 };
        self.steps.push(Step { actor, cause: StepCause::Chosen, to: StepEnd::Running });
        self.states[actor] = ActorState::Running;
        // Its step may release a lock that blocks other actors.
        self.recheck_blocked();
        Next::Resume(actor)
    }

    /// Marks all actors that have not ended as running.
    pub(crate) fn mark_running(&mut self) {
        for state in self.states.iter_mut().filter(|state| **state != ActorState::Ended) {
            *state = ActorState::Running;
        }
    }

    fn recheck_blocked(&mut self) {
        for state in self.states.iter_mut().filter(|state| **state == ActorState::Blocked) {
            *state = ActorState::Running;
        }
    }

    /// Describes the states of all actors, for a message.
    pub(crate) fn describe(&self) -> String {
        let state = |(actor, state): (usize, &ActorState)| {
            let state = match state {
                ActorState::Stopped(point) => format!("is stopped at `{point}`"),
                ActorState::Running | ActorState::Blocked => format!("is blocked after `{}`", self.last_point(actor)),
                ActorState::Ended => "has ended".to_owned(),
            };
            format!("actor {actor} {state}")
        };
        self.states.iter().enumerate().map(state).collect::<Vec<_>>().join(", ")
    }

    fn last_point(&self, actor: usize) -> &'static str {
        let points = self.steps.iter().rev().filter(|step| step.actor == actor);
        let mut points = points.filter_map(|step| if let StepEnd::Point(name) = step.to { Some(name) } else { None });
        points.next().unwrap_or(START)
    }

    pub(crate) fn into_interleaving(self) -> Interleaving {
        Interleaving { steps: self.steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(text: &str) -> Strategy {
        let mut strategy = Strategy::replay(text.parse().expect("an interleaving"));
        strategy.begin(0, 0);
        strategy
    }

    #[test]
    fn blocked_actors_are_rechecked_after_each_step() {
        let mut strategy = replay("0-1-0-1");
        let mut round = Round::new(2, &mut strategy, 100);
        assert_eq!(round.next(), Next::Resume(0));
        round.mark_stopped(0, "locked");
        assert_eq!(round.next(), Next::Resume(1));
        assert_eq!(round.n_running(), 1);
        round.mark_blocked();
        assert_eq!(round.next(), Next::Resume(0));
        assert_eq!(round.n_running(), 2, "the step of actor 0 may have released actor 1");
        round.mark_ended(0);
        round.mark_stopped(1, "locked");
        assert_eq!(round.next(), Next::Resume(1));
        round.mark_ended(1);
        assert_eq!(round.next(), Next::Ended);
        assert_eq!(round.into_interleaving().to_string(), "0-1-0-1");
    }

    #[test]
    fn replay_waits_once_for_a_blocked_actor() {
        let mut strategy = replay("0-0");
        let mut round = Round::new(2, &mut strategy, 100);
        assert_eq!(round.next(), Next::Resume(0));
        round.mark_blocked();
        assert_eq!(round.next(), Next::Await(0));
        round.mark_blocked();
        assert_eq!(round.next(), Next::Resume(1), "actor 0 is still blocked, so another one runs");
    }

    #[test]
    fn polling_actor_yields_after_many_steps() {
        let mut strategy = replay("0");
        let mut round = Round::new(2, &mut strategy, 1000);
        let mut order = Vec::new();
        while let Next::Resume(actor) = round.next() {
            order.push(actor);
            round.mark_stopped(actor, "busy");
        }
        assert_eq!(order.len(), 1000);
        assert!(
            order.chunks(MAX_STEPS_IN_A_ROW + 1).all(|chunk| chunk.contains(&0) && chunk.contains(&1)),
            "{order:?}"
        );
        assert_eq!(round.next(), Next::StepLimit(1000));
    }

    #[test]
    fn describe_names_the_state_of_each_actor() {
        let mut strategy = replay("0-0-1");
        let mut round = Round::new(3, &mut strategy, 100);
        round.next();
        round.mark_stopped(0, "locked");
        round.next();
        round.mark_blocked();
        round.next();
        round.mark_ended(1);
        round.mark_blocked();
        let expected = "actor 0 is blocked after `locked`, actor 1 has ended, actor 2 is stopped at `start`";
        assert_eq!(round.describe(), expected);
    }
}
