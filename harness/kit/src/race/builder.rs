//! What a race is to be: how many actors and rounds, how they are chosen, what runs before and after.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::race::catch::{caught, caught_async};
use crate::race::interleaving::Interleaving;
use crate::race::outcome::ActorResult;
use crate::race::strategy::Explore;

/// Who runs the code under test: one of several.
///
/// ```
/// use swimlanes_kit::race::Race;
///
/// let report = Race::new(3).rounds(2).run(|actor| {
///     assert!(actor.number() < 3 && actor.round() < 2);
///     swimlanes_kit::point!("half way");
/// });
/// report.expect_clean();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub(super) number: usize,
    pub(super) round: usize,
}

impl Actor {
    /// Its number, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// The number of the round, from 0. Replays go on counting, so what a round writes under its number is nobody else's.
    #[must_use]
    pub fn round(self) -> usize {
        self.round
    }
}

/// What went wrong, once that is known.
type Answer<'a> = Pin<Box<dyn Future<Output = Option<String>> + 'a>>;

/// What runs before or after a round, and answers what went wrong.
pub(super) enum Hook<'a> {
    Sync(Box<dyn FnMut(usize) -> Option<String> + 'a>),
    Async(Box<dyn FnMut(usize) -> Answer<'a> + 'a>),
}

impl Hook<'_> {
    pub(super) async fn call(&mut self, round: usize) -> Option<String> {
        match self {
            Self::Sync(hook) => hook(round),
            Self::Async(hook) => hook(round).await,
        }
    }

    pub(super) fn is_async(&self) -> bool {
        matches!(self, Self::Async(_))
    }
}

/// Runs the same code by several actors at once, round after round, and chooses at each [`point!`](crate::point!) who goes on.
///
/// Only one actor at a time goes on, to its next point or its end; so a race that takes one order out of thousands is found by
/// choosing, not by luck, and the order that showed it can be [replayed](Race::replay). What the code works on is real: databases, files, servers.
/// An actor that waits for a lock which another one holds is passed over until it has it; how a race knows that is said at
/// [`waiting`](Race::waiting). Once it has the lock it goes on to its next point beside the one that gave it back: between these two
/// nobody chooses, so put a point behind what takes a lock.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use swimlanes_kit::point;
/// use swimlanes_kit::race::Race;
///
/// /// A table that refuses a key that is there.
/// #[derive(Default)]
/// struct Table(Mutex<BTreeMap<usize, usize>>);
///
/// impl Table {
///     fn has(&self, key: usize) -> bool {
///         self.0.lock().unwrap().contains_key(&key)
///     }
///
///     fn insert(&self, key: usize, value: usize) -> Result<(), String> {
///         let before = self.0.lock().unwrap().insert(key, value);
///         before.map_or(Ok(()), |_| Err(format!("duplicate key {key}")))
///     }
/// }
///
/// let table = Table::default();
/// let report = Race::new(4).rounds(20).seed(7).run(|actor| {
///     if !table.has(actor.round()) {
///         point!("after select");
///         table.insert(actor.round(), actor.number())?;
///     }
///     Ok::<(), String>(())
/// });
/// report.expect_race("duplicate key");
/// println!("{report}");
/// ```
///
/// What is given to it by closures has to live as long as the race: a function that takes one and adds to it what borrows from its own
/// variables takes a `Fn(Race<'_>) -> Race<'_>` instead.
///
/// Code on atomics, whose order within one function matters, is explored by loom and shuttle, which need it to be written on their types.
#[must_use = "a race runs when `run` is called"]
pub struct Race<'a> {
    pub(super) n_actors: usize,
    pub(super) n_rounds: usize,
    pub(super) seed: u64,
    pub(super) explore: Explore,
    pub(super) replay: Option<Interleaving>,
    pub(super) n_replays: usize,
    pub(super) until_race: bool,
    pub(super) before: Option<Hook<'a>>,
    pub(super) after: Option<Hook<'a>>,
    pub(super) waiting: Option<Box<dyn FnMut() -> usize + 'a>>,
    pub(super) patience: Option<Duration>,
    pub(super) stuck_after: Duration,
    pub(super) most_steps: usize,
}

impl fmt::Debug for Race<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Race");
        shown.field("n_actors", &self.n_actors).field("n_rounds", &self.n_rounds).field("seed", &self.seed);
        shown.field("explore", &self.explore).field("replay", &self.replay).finish_non_exhaustive()
    }
}

impl<'a> Race<'a> {
    /// A race of so many actors: 20 rounds, seed 0, interleavings by chance.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn new(n_actors: usize) -> Self {
        assert!(n_actors > 0, "a race needs at least one actor");
        Self {
            n_actors,
            n_rounds: 20,
            seed: 0,
            explore: Explore::default(),
            replay: None,
            n_replays: 10,
            until_race: false,
            before: None,
            after: None,
            waiting: None,
            patience: None,
            stuck_after: Duration::from_secs(10),
            most_steps: 10_000,
        }
    }

    /// How many rounds are run at most.
    pub fn rounds(mut self, n_rounds: usize) -> Self {
        self.n_rounds = n_rounds;
        self
    }

    /// Where chance begins: the same seed chooses the same interleavings.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How interleavings are chosen.
    pub fn explore(mut self, explore: Explore) -> Self {
        self.explore = explore;
        self
    }

    /// Runs only this interleaving, in each of the [`rounds`](Race::rounds): the one of a report, as text. What runs before and after a round,
    /// and what counts who waits, are given again.
    ///
    /// Where the code takes another way, another actor goes on, and the report says from which step on the interleaving did not fit.
    ///
    /// # Panics
    ///
    /// If the text is no interleaving, or names an actor that there is not.
    ///
    /// ```
    /// use swimlanes_kit::point;
    /// use swimlanes_kit::race::Race;
    ///
    /// let report = Race::new(2).rounds(1).replay("1-0-0-1").run(|_| point!("half way"));
    /// report.expect_clean();
    /// ```
    #[track_caller]
    pub fn replay(mut self, interleaving: &str) -> Self {
        match interleaving.parse() {
            Ok(interleaving) => self.replay = Some(interleaving),
            Err(error) => panic!("{error}"),
        }
        let highest = self.replay.iter().flat_map(Interleaving::actors).max();
        if let Some(highest) = highest.filter(|&highest| highest >= self.n_actors) {
            panic!(
                "`{interleaving}` names actor {highest}, and the last of {} is {}",
                self.n_actors,
                self.n_actors - 1
            );
        }
        self
    }

    /// How often the first interleaving that failed is repeated, to see whether it fails again; 10 if nothing is said.
    pub fn replays(mut self, n_replays: usize) -> Self {
        self.n_replays = n_replays;
        self
    }

    /// Ends with the first round that fails.
    pub fn until_race(mut self) -> Self {
        self.until_race = true;
        self
    }

    /// Runs this before each round: it makes what the round needs. Gets the round's number; if it fails, the race panics.
    pub fn before<R: ActorResult>(mut self, mut before: impl FnMut(usize) -> R + 'a) -> Self {
        self.before = Some(Hook::Sync(Box::new(move |round| before(round).into_error())));
        self
    }

    /// The same for [`run_async`](Race::run_async), if it has to wait.
    pub fn before_async<R: ActorResult, F: Future<Output = R> + 'a>(
        mut self,
        mut before: impl FnMut(usize) -> F + 'a,
    ) -> Self {
        self.before = Some(Hook::Async(Box::new(move |round| {
            let before = before(round);
            Box::pin(async move { before.await.into_error() })
        })));
        self
    }

    /// Runs this after each round, and the round fails if it returns an error or panics: what must hold then. So a race is seen that no actor
    /// notices, as a lost update.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use swimlanes_kit::point;
    /// use swimlanes_kit::race::Race;
    ///
    /// let count = AtomicUsize::new(0);
    /// let report = Race::new(2)
    ///     .before(|_| count.store(0, Ordering::SeqCst))
    ///     .after(|_| match count.load(Ordering::SeqCst) {
    ///         2 => Ok(()),
    ///         n => Err(format!("{n} updates, 2 were made")),
    ///     })
    ///     .run(|_| {
    ///         let n = count.load(Ordering::SeqCst);
    ///         point!("after read");
    ///         count.store(n + 1, Ordering::SeqCst);
    ///     });
    /// report.expect_race("1 updates");
    /// ```
    pub fn after<R: ActorResult>(mut self, mut after: impl FnMut(usize) -> R + 'a) -> Self {
        self.after = Some(Hook::Sync(Box::new(move |round| caught(|| after(round).into_error()))));
        self
    }

    /// The same for [`run_async`](Race::run_async), if it has to wait.
    pub fn after_async<R: ActorResult, F: Future<Output = R> + 'a>(
        mut self,
        mut after: impl FnMut(usize) -> F + 'a,
    ) -> Self {
        self.after = Some(Hook::Async(Box::new(move |round| {
            let after = after(round);
            Box::pin(caught_async(async move { after.await.into_error() }))
        })));
        self
    }

    /// Asks this how many actors wait for a lock that others hold; a number that a test's own semaphore counts, or what PostgreSQL says in
    /// `pg_locks`. Then the race knows who waits at once and for sure.
    ///
    /// Without it, an actor waits if it has not come to a point for the time of [`patience`](Race::patience), and, where the system tells (Linux),
    /// its thread sleeps; one that is slow, as others use the processor, is waited for, up to 50 times as long. If that was wrong, two
    /// actors are under way at once, which production allows as well; but the race did not choose it, and a replay may differ.
    pub fn waiting(mut self, waiting: impl FnMut() -> usize + 'a) -> Self {
        self.waiting = Some(Box::new(waiting));
        self
    }

    /// After what time an actor that has not come to its next point is taken for one that waits for another, so that others go on: 20 ms, or 2 s if [`waiting`](Race::waiting) is there to be
    /// asked, which then does not count that actor.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// When all actors have waited for so long, 10 s, the race is stuck. A future can be dropped, so with futures the round ends there, and
    /// has failed. No thread can be ended: with threads it is said on stderr who is where, and the race goes on waiting until a time
    /// limit of the test ends it.
    pub fn stuck_after(mut self, stuck_after: Duration) -> Self {
        self.stuck_after = stuck_after;
        self
    }

    /// After how many steps nobody chooses any more in a round, 10,000: the actors go on as they like, and the round has failed. Code that looks
    /// again and again for what another actor has to do, with a point in that loop, needs many; who went on 100 times in a row
    /// makes way for the others.
    ///
    /// ```
    /// use swimlanes_kit::point;
    /// use swimlanes_kit::race::Race;
    ///
    /// let race = Race::new(2).rounds(1).replays(0).most_steps(50);
    /// let report = race.run(|_| (0..100).for_each(|_| point!("busy")));
    /// report.expect_race("not through after 50 steps");
    /// ```
    pub fn most_steps(mut self, most_steps: usize) -> Self {
        self.most_steps = most_steps;
        self
    }
}
