//! Trying again what failed, after a rest: exponential backoff with full jitter. Needs no feature: production code is meant to use it.

mod error;
mod hooks;
mod run;
mod schedule;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use error::{GaveUp, Reason};

use crate::clock::{Clock, SystemClock};
use crate::retry::hooks::{Always, Awaits, Nothing};
use crate::retry::schedule::Policy;

/// Tries something again, after a rest, as long as it fails with an error that is worth it.
///
/// Before the second try it rests for a random time of at most [`first`](Retry::first), before the third of at most twice that, and so on up
/// to [`at_most`](Retry::at_most). That is "full jitter": with it, clients that are in each other's way need the fewest tries in all, of the
/// ways to back off that are compared in Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
///
/// | | unless told otherwise |
/// |---|---|
/// | [`tries`](Retry::tries) | 5, the first one included |
/// | [`within`](Retry::within) | no limit by time |
/// | [`first`](Retry::first), [`at_most`](Retry::at_most) | 10 ms, 1 s |
/// | [`when`](Retry::when) | every error is worth another try |
/// | [`before_again`](Retry::before_again) | nothing is done |
/// | [`seed`](Retry::seed) | a random one for each run, so that no two clients rest alike |
/// | [`clock`](Retry::clock) | [`SystemClock`] |
///
/// ```
/// use swimlanes_kit::clock::ManualClock;
/// use swimlanes_kit::retry::Retry;
///
/// # #[derive(Debug, PartialEq)] enum Refused { Duplicate, Offline }
/// let mut tries = 0;
/// let stored = Retry::new().when(|error| *error == Refused::Duplicate).clock(&ManualClock::new()).run(|| {
///     tries += 1;
///     if tries < 3 { Err(Refused::Duplicate) } else { Ok(7) }
/// });
/// assert_eq!((stored, tries), (Ok(7), 3));
/// ```
///
/// `W` and `H` are the types of what [`when`](Retry::when) and [`before_again`](Retry::before_again) are given. Without them it is a
/// `Retry<'static>`, which can be kept, cloned for each run and told the rest there:
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::retry::Retry;
///
/// struct Store {
///     retry: Retry<'static>,
/// }
///
/// let store = Store { retry: Retry::new().tries(8).within(Duration::from_secs(2)) };
/// let stored = store.retry.clone().when(|error: &String| error.contains("duplicate")).run(|| Ok(7));
/// assert_eq!(stored, Ok(7));
/// ```
#[derive(Clone)]
#[must_use = "nothing is tried before `run`"]
pub struct Retry<'a, W = Always, H = Nothing> {
    policy: Policy<'a>,
    when: W,
    before_again: H,
}

impl Retry<'static> {
    /// Five tries of whatever fails.
    ///
    /// ```
    /// use swimlanes_kit::retry::{GaveUp, Retry};
    ///
    /// assert_eq!(Retry::new().run(|| "7".parse::<u32>()), Ok(7));
    /// ```
    pub fn new() -> Self {
        let policy = Policy {
            tries: 5,
            within: None,
            first: Duration::from_millis(10),
            at_most: Duration::from_secs(1),
            seed: None,
            clock: &SystemClock,
        };
        Self { policy, when: Always, before_again: Nothing }
    }
}

impl Default for Retry<'static> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, W, H> Retry<'a, W, H> {
    /// How often to try at most, the first time included. It is always tried once: 0 is as good as 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let gave_up = Retry::new().tries(3).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(gave_up.to_string(), "taken, after 3 tries");
    /// ```
    pub fn tries(mut self, tries: u32) -> Self {
        self.policy.tries = tries;
        self
    }

    /// How long after the beginning of the run a try may begin.
    ///
    /// If the rest would not be over before that, it gives up at once instead of resting. A try that runs is not cut short. The first one
    /// is made in any case.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let limit = Duration::from_secs(3);
    /// let gave_up = Retry::new().tries(u32::MAX).within(limit).clock(&clock).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert!(gave_up.tries() > 1 && clock.now() < limit);
    /// ```
    pub fn within(mut self, limit: Duration) -> Self {
        self.policy.within = Some(limit);
        self
    }

    /// The longest rest before the second try; the bound doubles with each further try. Of zero, no rest is left.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let at_once = Retry::new().first(Duration::ZERO).clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(at_once.is_err() && clock.now().is_zero());
    /// ```
    pub fn first(mut self, rest: Duration) -> Self {
        self.policy.first = rest;
        self
    }

    /// The longest rest of all. More than `u64::MAX` nanoseconds (584 years) are as good as those.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let rests = Retry::new().tries(101).at_most(Duration::from_millis(20)).clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(rests.is_err() && clock.now() <= 100 * Duration::from_millis(20));
    /// ```
    pub fn at_most(mut self, rest: Duration) -> Self {
        self.policy.at_most = rest;
        self
    }

    /// Where the random part of the rests comes from: the same seed, the same rests. Give each of several actors its own, or they rest alike.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let rests = |seed| {
    ///     let clock = ManualClock::new();
    ///     let _ = Retry::new().seed(seed).clock(&clock).run(|| Err::<(), _>("taken"));
    ///     clock.now()
    /// };
    /// assert_eq!(rests(7), rests(7));
    /// assert_ne!(rests(7), rests(8));
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.policy.seed = Some(seed);
        self
    }

    /// Who tells the time, and rests. Of an `Arc<dyn Clock>`, give `&*clock`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let _ = Retry::new().clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(!clock.now().is_zero());
    /// ```
    pub fn clock(self, clock: &dyn Clock) -> Retry<'_, W, H> {
        Retry { policy: Policy { clock, ..self.policy }, when: self.when, before_again: self.before_again }
    }

    /// Which errors are worth another try; with any other it gives up at once. Given again, the last one counts.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// fn is_unique_violation(error: &String) -> bool {
    ///     error.starts_with("duplicate key")
    /// }
    ///
    /// let retry = Retry::new().when(is_unique_violation);
    /// let gave_up = retry.run(|| Err::<(), _>("connection closed".to_owned())).unwrap_err();
    /// assert_eq!(gave_up.to_string(), "connection closed, after 1 try");
    /// ```
    pub fn when<E, F: Fn(&E) -> bool>(self, when: F) -> Retry<'a, F, H> {
        Retry { policy: self.policy, when, before_again: self.before_again }
    }

    /// What is done before each new try, and before the rest that precedes it: roll back, so that nobody waits for your locks meanwhile.
    ///
    /// It is told the error of the last try, and how many there were. It is not called where it is known that no other try follows. If it
    /// fails, there is no other try: [`GaveUp::error`] is the error of the last try all the same, and [`GaveUp::hook_error`] that of the hook.
    /// If it takes so long that no time is left for another try, there is none.
    ///
    /// Where it needs the same connection as the work, put that in a [`RefCell`](std::cell::RefCell).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// let statements = RefCell::new(Vec::new()); // a connection, say
    /// let stored = Retry::new()
    ///     .clock(&ManualClock::new())
    ///     .before_again(|_: &&str, _| {
    ///         statements.borrow_mut().push("ROLLBACK");
    ///         Ok(())
    ///     })
    ///     .run(|| {
    ///         statements.borrow_mut().push("INSERT");
    ///         if statements.borrow().len() == 1 { Err("duplicate key") } else { Ok(()) }
    ///     });
    /// assert_eq!(stored, Ok(()));
    /// assert_eq!(*statements.borrow(), ["INSERT", "ROLLBACK", "INSERT"]);
    /// ```
    pub fn before_again<E, F: FnMut(&E, u32) -> Result<(), E>>(self, before_again: F) -> Retry<'a, W, F> {
        Retry { policy: self.policy, when: self.when, before_again }
    }

    /// As [`Retry::before_again`], for [`Retry::run_async`] alone: it may await. Its future cannot borrow the error.
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::event::Counter;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// async fn roll_back(rolled_back: Counter) -> Result<(), String> {
    ///     rolled_back.add(1);
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let rolled_back = Counter::new("transactions rolled back");
    /// let clock = ManualClock::new();
    /// let retry = Retry::new().clock(&clock).before_again_async(|_, _| roll_back(rolled_back.clone()));
    /// let gave_up = retry.run_async(|| async { Err::<(), _>("duplicate key".to_owned()) }).await.unwrap_err();
    /// assert_eq!((gave_up.tries(), rolled_back.count()), (5, 4));
    /// # }
    /// ```
    pub fn before_again_async<E, F, P>(self, before_again: F) -> Retry<'a, W, Awaits<F>>
    where
        F: FnMut(&E, u32) -> P,
        P: Future<Output = Result<(), E>>,
    {
        Retry { policy: self.policy, when: self.when, before_again: Awaits(before_again) }
    }
}

impl<W, H> fmt::Debug for Retry<'_, W, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Policy { tries, within, first, at_most, seed, clock: _ } = self.policy;
        f.debug_struct("Retry")
            .field("tries", &tries)
            .field("within", &within)
            .field("first", &first)
            .field("at_most", &at_most)
            .field("seed", &seed)
            .finish_non_exhaustive()
    }
}
