//! The builder of a race: actors, rounds, strategy, hooks and limits.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::race::catch::{catch, catch_async};
use crate::race::interleaving::Interleaving;
use crate::race::outcome::ActorResult;
use crate::race::strategy::Explore;

/// One of the actors that run the code under test.
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
    /// The number of the actor, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// The number of the round, from 0. Replays continue the numbering, so each round can write data under its own number.
    #[must_use]
    pub fn round(self) -> usize {
        self.round
    }
}

/// The future of a hook. Its output is the error, if there is one.
type RoundHookFuture<'a> = Pin<Box<dyn Future<Output = Option<String>> + 'a>>;

/// Runs before or after a round, and returns the error, if there is one.
pub(super) enum RoundHook<'a> {
    Sync(Box<dyn FnMut(usize) -> Option<String> + 'a>),
    Async(Box<dyn FnMut(usize) -> RoundHookFuture<'a> + 'a>),
}

impl RoundHook<'_> {
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

/// Runs the same code in several actors at once, round after round, and chooses at each [`point!`](crate::point!) which actor continues.
///
/// Only one actor at a time runs, to its next point or its end. The race chooses the order, so it can find an error that needs one order
/// out of thousands, and it can [replay](Race::replay) that order. The code works on real databases, files and servers.
///
/// The race skips an actor that is blocked by a lock of another actor until it has the lock; see [`blocked_actors`](Race::blocked_actors).
/// When the actor gets the lock, it runs to its next point concurrently with the actor that released the lock, and the race does not choose
/// between these two. So put a point after each acquisition of a lock.
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
/// The closures of a race must live as long as the race. A function that adds closures which borrow from its own variables takes a
/// `Fn(Race<'_>) -> Race<'_>` instead of a `Race`.
///
/// For lock-free code on atomics use loom or shuttle, which need the code to use their types.
#[must_use = "a race runs when `run` is called"]
pub struct Race<'a> {
    pub(super) n_actors: usize,
    pub(super) n_rounds: usize,
    pub(super) seed: u64,
    pub(super) explore: Explore,
    pub(super) replay: Option<Interleaving>,
    pub(super) n_replays: usize,
    pub(super) until_race: bool,
    pub(super) before: Option<RoundHook<'a>>,
    pub(super) after: Option<RoundHook<'a>>,
    pub(super) blocked_actors: Option<Box<dyn FnMut() -> usize + 'a>>,
    pub(super) block_timeout: Option<Duration>,
    pub(super) deadlock_timeout: Duration,
    pub(super) max_steps: usize,
}

impl fmt::Debug for Race<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Race");
        debug.field("n_actors", &self.n_actors).field("n_rounds", &self.n_rounds).field("seed", &self.seed);
        debug.field("explore", &self.explore).field("replay", &self.replay).finish_non_exhaustive()
    }
}

impl<'a> Race<'a> {
    /// A race of `n_actors` actors: 20 rounds, seed 0, random interleavings.
    ///
    /// # Panics
    ///
    /// If `n_actors` is 0.
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
            blocked_actors: None,
            block_timeout: None,
            deadlock_timeout: Duration::from_secs(10),
            max_steps: 10_000,
        }
    }

    /// The maximum number of rounds.
    pub fn rounds(mut self, n_rounds: usize) -> Self {
        self.n_rounds = n_rounds;
        self
    }

    /// The seed: the same seed chooses the same interleavings.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How interleavings are chosen.
    pub fn explore(mut self, explore: Explore) -> Self {
        self.explore = explore;
        self
    }

    /// Runs only this interleaving, as a report prints it, in each of the [`rounds`](Race::rounds). Hooks and
    /// [`blocked_actors`](Race::blocked_actors) must be set again.
    ///
    /// If the actor of a step cannot continue, another one does, and the report says at which step the replay diverged.
    ///
    /// # Panics
    ///
    /// If the text is not an interleaving, or names an actor that does not exist.
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
                "`{interleaving}` names actor {highest}, but the last of {} actors is {}",
                self.n_actors,
                self.n_actors - 1
            );
        }
        self
    }

    /// How often the first failed interleaving is replayed, to see whether it fails again. Default: 10.
    pub fn replays(mut self, n_replays: usize) -> Self {
        self.n_replays = n_replays;
        self
    }

    /// Stops after the first round that fails.
    pub fn until_race(mut self) -> Self {
        self.until_race = true;
        self
    }

    /// A hook that runs before each round, with the number of the round, and prepares its data. If it fails, the race panics.
    pub fn before<R: ActorResult>(mut self, mut before: impl FnMut(usize) -> R + 'a) -> Self {
        self.before = Some(RoundHook::Sync(Box::new(move |round| before(round).into_error())));
        self
    }

    /// As [`before`](Race::before), with a hook that may await, for [`run_async`](Race::run_async) only.
    pub fn before_async<R: ActorResult, F: Future<Output = R> + 'a>(
        mut self,
        mut before: impl FnMut(usize) -> F + 'a,
    ) -> Self {
        self.before = Some(RoundHook::Async(Box::new(move |round| {
            let before = before(round);
            Box::pin(async move { before.await.into_error() })
        })));
        self
    }

    /// A hook that runs after each round and checks an invariant. If it returns an error or panics, the round fails. It finds races that no
    /// actor notices, such as a lost update.
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
    ///         n => Err(format!("{n} updates, not 2")),
    ///     })
    ///     .run(|_| {
    ///         let n = count.load(Ordering::SeqCst);
    ///         point!("after read");
    ///         count.store(n + 1, Ordering::SeqCst);
    ///     });
    /// report.expect_race("1 updates");
    /// ```
    pub fn after<R: ActorResult>(mut self, mut after: impl FnMut(usize) -> R + 'a) -> Self {
        self.after = Some(RoundHook::Sync(Box::new(move |round| catch(|| after(round).into_error()))));
        self
    }

    /// As [`after`](Race::after), with a hook that may await, for [`run_async`](Race::run_async) only.
    pub fn after_async<R: ActorResult, F: Future<Output = R> + 'a>(
        mut self,
        mut after: impl FnMut(usize) -> F + 'a,
    ) -> Self {
        self.after = Some(RoundHook::Async(Box::new(move |round| {
            let after = after(round);
            Box::pin(catch_async(async move { after.await.into_error() }))
        })));
        self
    }

    /// A function that returns how many actors are blocked by a lock, for example the count of a test's own semaphore, or of `pg_locks` in
    /// PostgreSQL. With it, the race detects blocked actors at once and exactly.
    ///
    /// Without it, an actor counts as blocked if it has not reached a point within the [`block_timeout`](Race::block_timeout) and, on
    /// Linux, its thread sleeps. The race waits up to 50 times as long for a thread that is runnable. If the race wrongly takes an actor
    /// for blocked, two actors run at once, as they may in production; but the race has not chosen that order, and a replay may differ.
    pub fn blocked_actors(mut self, blocked_actors: impl FnMut() -> usize + 'a) -> Self {
        self.blocked_actors = Some(Box::new(blocked_actors));
        self
    }

    /// Another name of [`blocked_actors`](Race::blocked_actors).
    pub fn waiting(self, waiting: impl FnMut() -> usize + 'a) -> Self {
        self.blocked_actors(waiting)
    }

    /// The time after which an actor that has not reached its next point counts as blocked, so that others continue. Default: 20 ms, or 2 s
    /// with [`blocked_actors`](Race::blocked_actors), as a limit for an actor that this function does not count.
    pub fn block_timeout(mut self, block_timeout: Duration) -> Self {
        self.block_timeout = Some(block_timeout);
        self
    }

    /// The time without progress after which a round counts as a deadlock. Default: 10 s. With futures, the round then fails and its
    /// futures are dropped. Threads cannot be stopped: with threads, the positions of the actors are printed to stderr, and the race
    /// continues to wait until a timeout of the test ends it.
    pub fn deadlock_timeout(mut self, deadlock_timeout: Duration) -> Self {
        self.deadlock_timeout = deadlock_timeout;
        self
    }

    /// The maximum number of steps in a round, after which the round fails and its actors run freely to their ends. Default: 10,000. A loop
    /// with a point that polls for the work of another actor needs many steps; after 100 steps in a row, another actor gets its turn.
    ///
    /// ```
    /// use swimlanes_kit::point;
    /// use swimlanes_kit::race::Race;
    ///
    /// let race = Race::new(2).rounds(1).replays(0).max_steps(50);
    /// let report = race.run(|_| (0..100).for_each(|_| point!("busy")));
    /// report.expect_race("not finished after 50 steps");
    /// ```
    pub fn max_steps(mut self, max_steps: usize) -> Self {
        self.max_steps = max_steps;
        self
    }
}
