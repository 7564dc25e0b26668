//! The report of a race: its errors, in how many rounds they came, and the first interleaving that failed.

use std::collections::BTreeSet;

use crate::race::interleaving::Interleaving;
use crate::race::normalize::normalize;
use crate::race::round_result::RoundResult;
use crate::race::strategy::Explore;

/// The report of a [`Race`](crate::race::Race). Its text contains all that is needed to replay the race.
///
/// ```
/// use swimlanes_kit::race::Race;
///
/// let report = Race::new(8).rounds(5).run(|actor| if actor.number() < 3 { Err(format!("no seat {}", actor.number())) } else { Ok(()) });
/// assert_eq!(report.failed_rounds(), 5);
/// assert!(report.to_string().contains("3 of 8 actors: no seat #"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a report fails no test by itself: call `expect_clean` or `expect_race`, or print it"]
pub struct Report {
    pub(super) n_actors: usize,
    pub(super) seed: u64,
    pub(super) mode: RunMode,
    /// Whether all interleavings were run.
    pub(super) is_complete: bool,
    /// The step at which a round diverged from the choices that it repeats.
    pub(super) divergence: Option<usize>,
    n_rounds: usize,
    n_failed: usize,
    /// How often an actor was stopped.
    pub(super) n_stops: usize,
    /// How many points without `async` were passed in futures.
    pub(super) n_sync_points: usize,
    /// How many points were passed outside of actors.
    pub(super) n_points_outside: usize,
    pub(super) failures: Vec<Failure>,
    /// The number and the result of the first round that failed.
    pub(super) first_failure: Option<(usize, RoundResult)>,
    replays: Replays,
}

/// How the interleavings were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunMode {
    Explore(Explore),
    Replay,
}

/// How often replays of the first failed interleaving failed, too.
///
/// ```
/// use swimlanes_kit::race::{Race, Replays};
///
/// let report = Race::new(1).rounds(1).replays(4).run(|_| Err::<(), _>("never works"));
/// assert_eq!(report.replays(), Replays { same: 4, total: 4 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replays {
    /// How many replays failed with the same errors in as many actors.
    pub same: usize,
    /// The number of replays.
    pub total: usize,
}

/// A group of errors that differ only in numbers.
///
/// ```
/// use swimlanes_kit::race::Race;
///
/// let report = Race::new(2).rounds(3).run(|actor| Err::<(), _>(format!("no seat {}", actor.round())));
/// let failure = &report.failures()[0];
/// assert_eq!((failure.error(), failure.rounds(), failure.max_actors()), ("no seat #", 3, Some(2)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    error: String,
    /// The original texts.
    texts: BTreeSet<String>,
    n_rounds: usize,
    /// `None` if it is the error of the hook after the round.
    max_actors: Option<usize>,
    min_actors: usize,
}

impl Failure {
    /// The text of the errors, on one line, with `#` for each number.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The number of rounds with such an error.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.n_rounds
    }

    /// The largest number of actors with such an error in one round. `None` for an error of the hook [after](crate::race::Race::after) a round.
    #[must_use]
    pub fn max_actors(&self) -> Option<usize> {
        self.max_actors
    }

    pub(super) fn min_actors(&self) -> usize {
        self.min_actors
    }
}

impl Report {
    pub(super) fn new(n_actors: usize, seed: u64, mode: RunMode) -> Self {
        Self {
            n_actors,
            seed,
            mode,
            is_complete: false,
            divergence: None,
            n_rounds: 0,
            n_failed: 0,
            n_stops: 0,
            n_sync_points: 0,
            n_points_outside: 0,
            failures: Vec::new(),
            first_failure: None,
            replays: Replays::default(),
        }
    }

    /// Adds a round. Returns whether it failed.
    pub(super) fn add(&mut self, round: usize, result: RoundResult) -> bool {
        self.n_rounds += 1;
        self.n_sync_points += result.n_sync_points;
        self.n_stops += result.n_stops();
        for (error, n_actors) in groups(&result) {
            let actor_errors = result.errors.iter().flatten().filter(|_| n_actors.is_some());
            let round_errors = result.after_error.iter().filter(|_| n_actors.is_none());
            let texts = actor_errors.chain(round_errors).filter(|text| normalize(text) == error).cloned().collect();
            self.add_failure(Failure {
                error,
                texts,
                n_rounds: 1,
                max_actors: n_actors,
                min_actors: n_actors.unwrap_or(0),
            });
        }
        let has_failed = result.is_failure();
        self.n_failed += usize::from(has_failed);
        if has_failed && self.first_failure.is_none() {
            self.first_failure = Some((round, result));
        }
        has_failed
    }

    fn add_failure(&mut self, new: Failure) {
        let is_same =
            |old: &&mut Failure| old.error == new.error && old.max_actors.is_some() == new.max_actors.is_some();
        match self.failures.iter_mut().find(is_same) {
            Some(old) => {
                old.texts.extend(new.texts);
                old.n_rounds += 1;
                old.max_actors = old.max_actors.max(new.max_actors);
                old.min_actors = old.min_actors.min(new.min_actors);
            }
            None => self.failures.push(new),
        }
    }

    pub(super) fn add_replay(&mut self, result: &RoundResult) {
        let is_same = self.first_failure.as_ref().is_some_and(|(_, first)| groups(first) == groups(result));
        self.replays.same += usize::from(is_same);
        self.replays.total += 1;
    }

    /// The number of rounds, without replays.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.n_rounds
    }

    /// The number of failed rounds: an actor returned an error or panicked, or the hook after the round did.
    #[must_use]
    pub fn failed_rounds(&self) -> usize {
        self.n_failed
    }

    /// Whether all interleavings were run. Only known with [`Explore::All`], and with [`Explore::Preemptions`] within its bound.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The number of the first round that failed.
    #[must_use]
    pub fn first_failed_round(&self) -> Option<usize> {
        self.first_failure.as_ref().map(|(round, _)| *round)
    }

    /// The interleaving of that round. Also `None` if the actors ran freely.
    #[must_use]
    pub fn interleaving(&self) -> Option<&Interleaving> {
        self.first_failure.as_ref().and_then(|(_, result)| result.interleaving.as_ref())
    }

    /// How often replays of that interleaving failed in the same way: with the same errors, each in as many actors. Replays can differ
    /// where the race does not choose, for example in which transaction a database aborts to resolve a deadlock.
    #[must_use]
    pub fn replays(&self) -> Replays {
        self.replays
    }

    /// The errors, in the order in which they first came.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Expects that a round failed with an error whose original text contains `error`. For tests that reproduce a race.
    ///
    /// # Panics
    ///
    /// With the whole report, if there is no such error. Also if `error` is empty, as any text contains it.
    #[track_caller]
    pub fn expect_race(&self, error: &str) -> &Self {
        assert!(!error.is_empty(), "`expect_race` needs a text: any error contains the empty text");
        let is_seen = self.failures.iter().flat_map(|failure| &failure.texts).any(|text| text.contains(error));
        assert!(is_seen, "expected a race with `{error}`, but there was none\n{self}");
        self
    }

    /// Expects that no round failed. For tests of code without races.
    ///
    /// # Panics
    ///
    /// With the whole report, if a round failed. Also if a clean report proves nothing: if there was no round; if none of several actors
    /// reached a point, so that only the order of starts was chosen ([`failed_rounds`](Report::failed_rounds) does not check that); and if
    /// a [replay](crate::race::Race::replay) diverged.
    #[track_caller]
    pub fn expect_clean(&self) -> &Self {
        assert!(self.n_rounds > 0, "no round was run, so the report proves nothing");
        assert!(self.n_failed == 0, "expected no race\n{self}");
        let can_choose = self.n_actors > 1 && self.mode != RunMode::Explore(Explore::Free);
        assert!(!can_choose || self.n_stops > 0, "no actor reached a point, so no interleaving was chosen\n{self}");
        assert!(
            self.mode != RunMode::Replay || self.divergence.is_none(),
            "the replay diverged from its interleaving\n{self}"
        );
        self
    }
}

/// The errors of a round, and how many actors had each; `None` for the error of the hook after the round.
fn groups(result: &RoundResult) -> Vec<(String, Option<usize>)> {
    let mut groups: Vec<(String, Option<usize>)> = Vec::new();
    for error in result.errors.iter().flatten() {
        let error = normalize(error);
        match groups.iter_mut().find(|(other, _)| *other == error) {
            Some((_, n_actors)) => *n_actors = n_actors.map(|n| n + 1),
            None => groups.push((error, Some(1))),
        }
    }
    groups.sort();
    groups.extend(result.after_error.as_deref().map(|error| (normalize(error), None)));
    groups
}
