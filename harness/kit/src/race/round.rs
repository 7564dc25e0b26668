//! Where the actors of one round are, and who goes on next. Knows nothing of threads, futures or time.

use crate::race::interleaving::{Interleaving, Reached, START, Step, Why};
use crate::race::strategy::Chooser;

/// Where an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Stopped(&'static str),
    /// On its way to the next point; or it waits for another actor, and nobody has seen that yet.
    Going,
    /// For a lock that another actor holds, or so it seems.
    Waiting,
    Over,
}

/// What a driver does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Lets this actor go on.
    Go(usize),
    /// Gives this actor, which is not stopped, a while to stop: it is to go on.
    Await(usize),
    /// Waits until any actor stops or ends: all that are not through wait.
    Stuck,
    /// Nobody chooses any more: there were so many steps, and that can be without end.
    TooLong(usize),
    Over,
}

/// Whoever went on so often, and nobody else, makes way: it may look again and again for what another one has to do.
const FAIR: usize = 100;

/// A round that is being played.
#[derive(Debug)]
pub(crate) struct Round<'c> {
    places: Vec<Place>,
    chooser: &'c mut Chooser,
    steps: Vec<Step>,
    most_steps: usize,
    /// How often the last one went on without another between.
    n_in_a_row: usize,
    has_awaited: bool,
}

impl<'c> Round<'c> {
    pub(crate) fn new(n_actors: usize, chooser: &'c mut Chooser, most_steps: usize) -> Self {
        let places = vec![Place::Stopped(START); n_actors];
        Self { places, chooser, steps: Vec::new(), most_steps, n_in_a_row: 0, has_awaited: false }
    }

    /// The actor has come to a point.
    pub(crate) fn stopped(&mut self, actor: usize, point: &'static str) {
        self.places[actor] = Place::Stopped(point);
        self.reached(actor, Reached::Point(point));
    }

    /// The actor is through.
    pub(crate) fn over(&mut self, actor: usize) {
        self.places[actor] = Place::Over;
        self.reached(actor, Reached::End);
    }

    fn reached(&mut self, actor: usize, to: Reached) {
        match self.steps.iter_mut().rev().find(|step| step.actor == actor) {
            Some(step) if step.to == Reached::Going => step.to = to,
            _ => self.steps.push(Step { actor, why: Why::Released, to }),
        }
    }

    /// How many are under way.
    pub(crate) fn n_going(&self) -> usize {
        self.places.iter().filter(|place| **place == Place::Going).count()
    }

    pub(crate) fn is_going(&self, actor: usize) -> bool {
        self.places[actor] == Place::Going
    }

    /// Neither stopped nor through.
    pub(crate) fn is_under_way(&self, actor: usize) -> bool {
        matches!(self.places[actor], Place::Going | Place::Waiting)
    }

    /// The one that was let go last, if it is still under way.
    pub(crate) fn is_last_going(&self) -> bool {
        self.last_chosen().is_some_and(|actor| self.is_going(actor))
    }

    fn last_chosen(&self) -> Option<usize> {
        self.steps.iter().rev().find(|step| step.why == Why::Chosen).map(|step| step.actor)
    }

    /// Those who are under way wait for others.
    pub(crate) fn all_wait(&mut self) {
        for actor in 0..self.places.len() {
            if self.is_going(actor) {
                self.places[actor] = Place::Waiting;
                let is_new = |step: &&mut Step| step.actor == actor && step.to == Reached::Going;
                if let Some(step) = self.steps.iter_mut().rev().find(is_new) {
                    step.to = Reached::Wait;
                }
            }
        }
    }

    /// What to do, once nobody is under way.
    pub(crate) fn next(&mut self) -> Next {
        let is_stopped = |actor: &usize| matches!(self.places[*actor], Place::Stopped(_));
        let mut ready: Vec<usize> = (0..self.places.len()).filter(is_stopped).collect();
        if ready.is_empty() {
            let is_over = self.places.iter().all(|place| *place == Place::Over);
            return if is_over { Next::Over } else { Next::Stuck };
        }
        let wanted = self.chooser.wanted().filter(|&wanted| self.places.get(wanted) == Some(&Place::Waiting));
        if let Some(wanted) = wanted.filter(|_| !self.has_awaited) {
            self.has_awaited = true;
            self.look_again();
            return Next::Await(wanted);
        }
        self.has_awaited = false;
        if self.steps.len() >= self.most_steps {
            return Next::TooLong(self.most_steps);
        }
        let last = self.last_chosen();
        if self.n_in_a_row >= FAIR && ready.len() > 1 {
            ready.retain(|&actor| Some(actor) != last);
        }
        let actor = self.chooser.choose(&ready, last);
        self.n_in_a_row = if last == Some(actor) { self.n_in_a_row + 1 } else { 1 };
        self.steps.push(Step { actor, why: Why::Chosen, to: Reached::Going });
        self.places[actor] = Place::Going;
        // What it does can let others go on that wait for it.
        self.look_again();
        Next::Go(actor)
    }

    /// Whoever is not through is under way.
    pub(crate) fn all_go(&mut self) {
        for place in self.places.iter_mut().filter(|place| **place != Place::Over) {
            *place = Place::Going;
        }
    }

    fn look_again(&mut self) {
        for place in self.places.iter_mut().filter(|place| **place == Place::Waiting) {
            *place = Place::Going;
        }
    }

    /// Where everybody is, for a message.
    pub(crate) fn places(&self) -> String {
        let place = |(actor, place): (usize, &Place)| {
            let place = match place {
                Place::Stopped(point) => format!("is stopped at `{point}`"),
                Place::Going | Place::Waiting => format!("waits, behind `{}`", self.last_point(actor)),
                Place::Over => "is through".to_owned(),
            };
            format!("actor {actor} {place}")
        };
        self.places.iter().enumerate().map(place).collect::<Vec<_>>().join(", ")
    }

    fn last_point(&self, actor: usize) -> &'static str {
        let points = self.steps.iter().rev().filter(|step| step.actor == actor);
        let mut points = points.filter_map(|step| if let Reached::Point(name) = step.to { Some(name) } else { None });
        points.next().unwrap_or(START)
    }

    pub(crate) fn into_interleaving(self) -> Interleaving {
        Interleaving { steps: self.steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(text: &str) -> Chooser {
        let mut chooser = Chooser::replay(text.parse().expect("an interleaving"));
        chooser.begin(0, 0);
        chooser
    }

    #[test]
    fn who_waits_is_looked_at_again_after_each_step() {
        let mut chooser = replay("0-1-0-1");
        let mut round = Round::new(2, &mut chooser, 100);
        assert_eq!(round.next(), Next::Go(0));
        round.stopped(0, "locked");
        assert_eq!(round.next(), Next::Go(1));
        assert_eq!(round.n_going(), 1);
        round.all_wait();
        assert_eq!(round.next(), Next::Go(0));
        assert_eq!(round.n_going(), 2, "it can have let the other one go on");
        round.over(0);
        round.stopped(1, "locked");
        assert_eq!(round.next(), Next::Go(1));
        round.over(1);
        assert_eq!(round.next(), Next::Over);
        assert_eq!(round.into_interleaving().to_string(), "0-1-0-1");
    }

    #[test]
    fn a_replay_waits_once_for_who_is_to_go_on() {
        let mut chooser = replay("0-0");
        let mut round = Round::new(2, &mut chooser, 100);
        assert_eq!(round.next(), Next::Go(0));
        round.all_wait();
        assert_eq!(round.next(), Next::Await(0));
        round.all_wait();
        assert_eq!(round.next(), Next::Go(1), "it does not come, so another one goes on");
    }

    #[test]
    fn who_looks_again_and_again_makes_way() {
        let mut chooser = replay("0");
        let mut round = Round::new(2, &mut chooser, 1000);
        let mut went = Vec::new();
        while let Next::Go(actor) = round.next() {
            went.push(actor);
            round.stopped(actor, "busy");
        }
        assert_eq!(went.len(), 1000);
        assert!(went.chunks(FAIR + 1).all(|chunk| chunk.contains(&0) && chunk.contains(&1)), "{went:?}");
        assert_eq!(round.next(), Next::TooLong(1000));
    }

    #[test]
    fn where_everybody_is_can_be_said() {
        let mut chooser = replay("0-0-1");
        let mut round = Round::new(3, &mut chooser, 100);
        round.next();
        round.stopped(0, "locked");
        round.next();
        round.all_wait();
        round.next();
        round.over(1);
        round.all_wait();
        let expected = "actor 0 waits, behind `locked`, actor 1 is through, actor 2 is stopped at `start`";
        assert_eq!(round.places(), expected);
    }
}
