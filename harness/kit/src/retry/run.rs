//! Tries, and between two tries does what was told: in a thread, and in a future.

use std::time::Duration;

use crate::retry::Retry;
use crate::retry::error::{GaveUp, Reason};
use crate::retry::hooks::{Judge, Prepare, PrepareAsync};
use crate::retry::schedule::Course;

impl<W, H> Retry<'_, W, H> {
    /// Tries `work` until it succeeds.
    ///
    /// # Errors
    ///
    /// If it gives up, for one of the reasons in [`Reason`]: with the error of the last try.
    ///
    /// # Panics
    ///
    /// Only if the work, or what it was told to do between, does.
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::retry::{GaveUp, Retry};
    ///
    /// fn store(row: &str) -> Result<u32, String> {
    ///     let store = || if row.is_empty() { Err("nothing to store".to_owned()) } else { Ok(1) };
    ///     Retry::new().clock(&ManualClock::new()).run(store).map_err(GaveUp::into_error)
    /// }
    /// assert_eq!(store("alice"), Ok(1));
    /// assert_eq!(store(""), Err("nothing to store".to_owned()));
    /// ```
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
            // A rest can be longer than it should be.
            if !course.has_time_for(Duration::ZERO) {
                return Err(GaveUp::new(error, course.tries(), Reason::Time));
            }
        }
    }

    /// Tries `work` until it succeeds, without blocking the thread. Needs no runtime. Dropped, it tries no more.
    ///
    /// The future is `Send` if the work, its errors, and what is done between are. The work makes a future for each try, which can borrow what
    /// is around the closure but not what the closure has for itself: with a pool, take a connection in each try.
    ///
    /// # Errors
    ///
    /// As of [`Retry::run`].
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::event::Counter;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let tries = Counter::new("tries");
    /// let clock = ManualClock::new();
    /// let stored = Retry::new().clock(&clock).run_async(async || {
    ///     tries.add(1);
    ///     if tries.count() < 3 { Err("duplicate key") } else { Ok(7) }
    /// });
    /// assert_eq!(stored.await, Ok(7));
    /// # }
    /// ```
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
            // The runtime may have been busy with others for longer.
            if !course.has_time_for(Duration::ZERO) {
                return Err(GaveUp::new(error, course.tries(), Reason::Time));
            }
        }
    }
}
