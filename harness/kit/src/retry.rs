//! Trying again what failed, after a rest: exponential backoff with full jitter. Needs no feature: production code is meant to use it.

mod course;
mod gave_up;
mod steps;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use gave_up::{GaveUp, Reason};

use crate::clock::{Clock, SystemClock};
use course::{Course, Policy};
use steps::{Always, Awaits, Judge, Nothing, Prepare, PrepareAsync};

/// Tries something again, after a rest, as long as it fails with an error that is worth it.
///
/// Before the second try it rests for a random time of at most [`first`](Retry::first), before the third of at most twice that, and so on up
/// to [`at_most`](Retry::at_most). That is "full jitter": of the ways to back off, it makes those who collided collide least again, with the
/// least work in all (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015,
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
///
/// | | unless told otherwise |
/// |---|---|
/// | [`tries`](Retry::tries) | 5, the first one included |
/// | [`within`](Retry::within) | no limit by time |
/// | [`first`](Retry::first), [`at_most`](Retry::at_most) | 10 ms, 1 s |
/// | [`when`](Retry::when) | every error is worth another try |
/// | [`before_again`](Retry::before_again) | nothing is done |
/// | [`seed`](Retry::seed) | another one for each run, so that no two clients rest alike |
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
#[derive(Clone)]
#[must_use = "nothing is tried before `run`"]
pub struct Retry<'a, W = Always, H = Nothing> {
    policy: Policy<'a>,
    when: W,
    before_again: H,
}

impl Retry<'static> {
    /// Five tries of whatever fails.
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
    pub fn tries(mut self, tries: u32) -> Self {
        self.policy.tries = tries;
        self
    }

    /// How long after the beginning of the run a try may begin. Who would have to rest longer than that gives up at once. A try that runs is
    /// not cut short.
    pub fn within(mut self, limit: Duration) -> Self {
        self.policy.within = Some(limit);
        self
    }

    /// The longest rest before the second try; the bound doubles with each further try.
    pub fn first(mut self, rest: Duration) -> Self {
        self.policy.first = rest;
        self
    }

    /// The longest rest of all. More than `u64::MAX` nanoseconds (584 years) are as good as those.
    pub fn at_most(mut self, rest: Duration) -> Self {
        self.policy.at_most = rest;
        self
    }

    /// Where the random part of the rests comes from: the same seed, the same rests. Give each of several actors its own, or they rest alike.
    pub fn seed(mut self, seed: u64) -> Self {
        self.policy.seed = Some(seed);
        self
    }

    /// Who tells the time, and rests.
    pub fn clock<'b>(self, clock: &'b dyn Clock) -> Retry<'b, W, H>
    where
        'a: 'b,
    {
        Retry { policy: Policy { clock, ..self.policy }, when: self.when, before_again: self.before_again }
    }

    /// Which errors are worth another try; with any other it gives up at once. The last one that is given counts.
    pub fn when<E, F: Fn(&E) -> bool>(self, when: F) -> Retry<'a, F, H> {
        Retry { policy: self.policy, when, before_again: self.before_again }
    }

    /// What is done before each new try, and before the rest that precedes it: roll back, so that nobody waits for your locks meanwhile.
    ///
    /// It is told the error of the last try, and how many there were. If it fails, there is no other try: the original error is returned,
    /// and [`GaveUp::hook_error`] has the one of the hook. It is not called after the last try. If it takes so long that no time is left
    /// for the try that it prepares, that one does not take place.
    pub fn before_again<E, F: FnMut(&E, u32) -> Result<(), E>>(self, before_again: F) -> Retry<'a, W, F> {
        Retry { policy: self.policy, when: self.when, before_again }
    }

    /// As [`Retry::before_again`], for [`Retry::run_async`] alone: it may await. Its future cannot borrow the error.
    pub fn before_again_async<E, F, P>(self, before_again: F) -> Retry<'a, W, Awaits<F>>
    where
        F: FnMut(&E, u32) -> P,
        P: Future<Output = Result<(), E>>,
    {
        Retry { policy: self.policy, when: self.when, before_again: Awaits(before_again) }
    }

    /// Tries `work` until it succeeds.
    ///
    /// # Errors
    ///
    /// If it gives up, for one of the reasons in [`Reason`]: with the error of the last try.
    pub fn run<T, E>(mut self, mut work: impl FnMut() -> Result<T, E>) -> Result<T, GaveUp<E>>
    where
        W: Judge<E>,
        H: Prepare<E>,
    {
        let mut course = Course::new(self.policy);
        loop {
            let error = match work() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let rest = match course.after_failure(self.when.is_worth_another(&error)) {
                Ok(rest) => rest,
                Err(reason) => return Err(GaveUp::new(error, course.tries(), reason)),
            };
            if let Err(hook_error) = self.before_again.prepare(&error, course.tries()) {
                return Err(GaveUp::after_hook(error, course.tries(), hook_error));
            }
            if !course.has_time_for(rest) {
                return Err(GaveUp::new(error, course.tries(), Reason::Time));
            }
            self.policy.clock.rest(rest);
        }
    }

    /// Tries `work` until it succeeds, without blocking the thread. Needs no runtime. Dropped, it tries no more.
    ///
    /// # Errors
    ///
    /// As of [`Retry::run`].
    pub async fn run_async<T, E, R>(mut self, mut work: impl FnMut() -> R) -> Result<T, GaveUp<E>>
    where
        R: Future<Output = Result<T, E>>,
        W: Judge<E>,
        H: PrepareAsync<E>,
    {
        let mut course = Course::new(self.policy);
        loop {
            let error = match work().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let rest = match course.after_failure(self.when.is_worth_another(&error)) {
                Ok(rest) => rest,
                Err(reason) => return Err(GaveUp::new(error, course.tries(), reason)),
            };
            let preparing = self.before_again.prepare(&error, course.tries());
            if let Err(hook_error) = preparing.await {
                return Err(GaveUp::after_hook(error, course.tries(), hook_error));
            }
            if !course.has_time_for(rest) {
                return Err(GaveUp::new(error, course.tries(), Reason::Time));
            }
            self.policy.clock.rest_async(rest).await;
        }
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
