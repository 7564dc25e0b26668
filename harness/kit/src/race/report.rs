//! What a race has shown: which errors, in how many rounds, and the first interleaving that led to one.

use std::collections::BTreeSet;

use crate::race::interleaving::Interleaving;
use crate::race::normalize::normalise;
use crate::race::round_result::Played;
use crate::race::strategy::Explore;

/// What a [`Race`](crate::race::Race) has shown. Its text has everything that one needs to see the race again.
///
/// ```
/// use swimlanes_kit::race::Race;
///
/// let report = Race::new(8).rounds(5).run(|actor| if actor.number() < 3 { Err(format!("no seat {}", actor.number())) } else { Ok(()) });
/// assert_eq!(report.failed_rounds(), 5);
/// assert!(report.to_string().contains("3 of 8 actors: no seat #"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a report is looked at: `expect_clean`, `expect_race`, or print it"]
pub struct Report {
    pub(super) n_actors: usize,
    pub(super) seed: u64,
    pub(super) how: How,
    /// Whether there is no other interleaving.
    pub(super) is_complete: bool,
    /// At which step a round first went another way than it was to go.
    pub(super) misfit: Option<usize>,
    n_rounds: usize,
    n_failed: usize,
    /// How often an actor was stopped.
    pub(super) n_stops: usize,
    /// How many points of threads have been passed by futures.
    pub(super) n_passed: usize,
    /// How many points have been passed by who was no actor.
    pub(super) n_strangers: usize,
    pub(super) failures: Vec<Failure>,
    /// The first round that failed, and its number.
    pub(super) first: Option<(usize, Played)>,
    replays: Replays,
}

/// How the interleavings were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Explore(Explore),
    Replay,
}

/// How often the first interleaving that failed did so again.
///
/// ```
/// use swimlanes_kit::race::{Race, Replays};
///
/// let report = Race::new(1).rounds(1).replays(4).run(|_| Err::<(), _>("never works"));
/// assert_eq!(report.replays(), Replays { same: 4, of: 4 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replays {
    /// So many failed with the same errors of as many actors.
    pub same: usize,
    /// Of so many.
    pub of: usize,
}

/// Errors that differ only in numbers, and how often they came.
///
/// ```
/// use swimlanes_kit::race::Race;
///
/// let report = Race::new(2).rounds(3).run(|actor| Err::<(), _>(format!("no seat {}", actor.round())));
/// let failure = &report.failures()[0];
/// assert_eq!((failure.error(), failure.rounds(), failure.most_actors()), ("no seat #", 3, Some(2)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    error: String,
    /// As they were.
    texts: BTreeSet<String>,
    n_rounds: usize,
    /// `None`: it was not an actor's.
    most_actors: Option<usize>,
    fewest_actors: usize,
}

impl Failure {
    /// The text, on one line, with `#` for each number.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// In how many rounds it came.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.n_rounds
    }

    /// The most actors of one round that it came to. `None` if it is what did not hold [after](crate::race::Race::after) a round.
    #[must_use]
    pub fn most_actors(&self) -> Option<usize> {
        self.most_actors
    }

    pub(super) fn fewest_actors(&self) -> usize {
        self.fewest_actors
    }
}

impl Report {
    pub(super) fn new(n_actors: usize, seed: u64, how: How) -> Self {
        Self {
            n_actors,
            seed,
            how,
            is_complete: false,
            misfit: None,
            n_rounds: 0,
            n_failed: 0,
            n_stops: 0,
            n_passed: 0,
            n_strangers: 0,
            failures: Vec::new(),
            first: None,
            replays: Replays::default(),
        }
    }

    /// Takes a round in. Whether it has failed.
    pub(super) fn add(&mut self, round: usize, played: Played) -> bool {
        self.n_rounds += 1;
        self.n_passed += played.n_passed;
        self.n_stops += played.n_stops();
        for (error, n_actors) in groups(&played) {
            let of_actors = played.errors.iter().flatten().filter(|_| n_actors.is_some());
            let of_round = played.after.iter().filter(|_| n_actors.is_none());
            let texts = of_actors.chain(of_round).filter(|text| normalise(text) == error).cloned().collect();
            self.add_failure(Failure {
                error,
                texts,
                n_rounds: 1,
                most_actors: n_actors,
                fewest_actors: n_actors.unwrap_or(0),
            });
        }
        let has_failed = played.is_failure();
        self.n_failed += usize::from(has_failed);
        if has_failed && self.first.is_none() {
            self.first = Some((round, played));
        }
        has_failed
    }

    fn add_failure(&mut self, new: Failure) {
        let is_it =
            |old: &&mut Failure| old.error == new.error && old.most_actors.is_some() == new.most_actors.is_some();
        match self.failures.iter_mut().find(is_it) {
            Some(old) => {
                old.texts.extend(new.texts);
                old.n_rounds += 1;
                old.most_actors = old.most_actors.max(new.most_actors);
                old.fewest_actors = old.fewest_actors.min(new.fewest_actors);
            }
            None => self.failures.push(new),
        }
    }

    pub(super) fn add_replay(&mut self, played: &Played) {
        let is_same = self.first.as_ref().is_some_and(|(_, first)| groups(first) == groups(played));
        self.replays.same += usize::from(is_same);
        self.replays.of += 1;
    }

    /// How many rounds were run, without replays.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.n_rounds
    }

    /// How many of them failed: an actor returned an error or panicked, or what must hold after a round did not.
    #[must_use]
    pub fn failed_rounds(&self) -> usize {
        self.n_failed
    }

    /// Whether there is no other interleaving than those of its rounds. Only known if they come one after the other:
    /// [`Explore::All`], and [`Explore::Preemptions`] within its bound.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The number of the first round that failed.
    #[must_use]
    pub fn first_failed(&self) -> Option<usize> {
        self.first.as_ref().map(|(round, _)| *round)
    }

    /// Who went on in that round, in which order. `None` if nobody chose, too.
    #[must_use]
    pub fn interleaving(&self) -> Option<&Interleaving> {
        self.first.as_ref().and_then(|(_, played)| played.interleaving.as_ref())
    }

    /// How often that interleaving, repeated, failed in the same way: as many actors with each error. What is not chosen makes a difference:
    /// which transaction a database ends to break a deadlock, for instance, if the errors tell.
    #[must_use]
    pub fn replays(&self) -> Replays {
        self.replays
    }

    /// The errors, those first that came first.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// For tests that must reproduce a race: it was seen, with an error whose text, as it was, contains `error`. Answers the report.
    ///
    /// # Panics
    ///
    /// With the whole report, if there is no such error; and if `error` is empty, which any contains.
    #[track_caller]
    pub fn expect_race(&self, error: &str) -> &Self {
        assert!(!error.is_empty(), "any error contains an empty text: say which one is expected");
        let is_seen = self.failures.iter().flat_map(|failure| &failure.texts).any(|text| text.contains(error));
        assert!(is_seen, "expected a race with `{error}`, and there was none\n{self}");
        self
    }

    /// For tests of code without races: no round has failed. Answers the report.
    ///
    /// # Panics
    ///
    /// With the whole report, if one has. Also where a clean report says nothing: if there was no round; if several actors ran, and none came to
    /// a point, so that nobody chose more than who begins ([`failed_rounds`](Report::failed_rounds) asks less); and if a
    /// [replay](crate::race::Race::replay) did not fit.
    #[track_caller]
    pub fn expect_clean(&self) -> &Self {
        assert!(self.n_rounds > 0, "no round was run, so nothing is known");
        assert!(self.n_failed == 0, "expected no race\n{self}");
        let can_choose = self.n_actors > 1 && self.how != How::Explore(Explore::Free);
        assert!(!can_choose || self.n_stops > 0, "no actor came to a point, so nothing was chosen\n{self}");
        assert!(self.how != How::Replay || self.misfit.is_none(), "the interleaving does not fit\n{self}");
        self
    }
}

/// The errors of a round, and how many actors had each; `None` for what did not hold after it.
fn groups(played: &Played) -> Vec<(String, Option<usize>)> {
    let mut groups: Vec<(String, Option<usize>)> = Vec::new();
    for error in played.errors.iter().flatten() {
        let error = normalise(error);
        match groups.iter_mut().find(|(other, _)| *other == error) {
            Some((_, n_actors)) => *n_actors = n_actors.map(|n| n + 1),
            None => groups.push((error, Some(1))),
        }
    }
    groups.sort();
    groups.extend(played.after.as_deref().map(|error| (normalise(error), None)));
    groups
}
