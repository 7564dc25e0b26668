//! Time as a value: what rests or has a deadline asks a clock that it was given. The only file here that sleeps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::delay::Delay;

/// What [`Clock::rest_async`] gives back.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::clock::{Clock, Rest};
///
/// fn a_second(clock: &dyn Clock) -> Rest<'_> {
///     clock.rest_async(Duration::from_secs(1))
/// }
/// # drop(a_second(&swimlanes_kit::clock::ManualClock::new()));
/// ```
pub type Rest<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time, and lets time pass.
///
/// Code that rests or has a limit takes a `&dyn Clock`: the [`SystemClock`] in production, a [`ManualClock`] in its tests.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// clock.rest(Duration::from_secs(3600)); // takes no time
/// assert_eq!(clock.now(), Duration::from_secs(3600));
/// ```
pub trait Clock: Send + Sync {
    /// How long it is since a moment that this clock has chosen. Never goes back.
    ///
    /// ```
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// assert!(ManualClock::new().now().is_zero());
    /// ```
    fn now(&self) -> Duration;

    /// Comes back when so much time has passed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::clock::{Clock, SystemClock};
    ///
    /// let begin = SystemClock.now();
    /// SystemClock.rest(Duration::from_millis(1));
    /// assert!(SystemClock.now() - begin >= Duration::from_millis(1));
    /// ```
    fn rest(&self, time: Duration);

    /// Is ready when so much time has passed. Needs no runtime. Await it at once: whether the time begins with the call or with the first poll
    /// is the clock's own matter.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let clock = ManualClock::new();
    /// clock.rest_async(Duration::from_secs(3600)).await; // takes no time
    /// assert_eq!(clock.now(), Duration::from_secs(3600));
    /// # }
    /// ```
    fn rest_async(&self, time: Duration) -> Rest<'_>;
}

/// The time of this machine.
///
/// It shows how long ago this process first asked it. Limits: [`Clock::rest`] blocks the thread; the futures of [`Clock::rest_async`] share one
/// thread of `futures-timer`, which the first of them starts and which stays.
///
/// ```
/// use swimlanes_kit::clock::{Clock, SystemClock};
///
/// let before = SystemClock.now();
/// assert!(SystemClock.now() >= before);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn rest(&self, time: Duration) {
        // Who retries has been told to let time pass: there is no fact to wait for.
        std::thread::sleep(time);
    }

    fn rest_async(&self, time: Duration) -> Rest<'_> {
        Box::pin(Delay::new(time))
    }
}

/// A clock that only moves when somebody rests on it, or moves it: tests with it take no time.
///
/// Who rests moves it by as much, at once; so do several who rest at the same time, one after the other. At [`Duration::MAX`] it stays.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// clock.advance(Duration::from_millis(5));
/// assert_eq!(clock.now(), Duration::from_millis(5));
/// ```
#[derive(Default)]
pub struct ManualClock(Mutex<Duration>);

impl ManualClock {
    /// A clock that shows zero.
    ///
    /// ```
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// static CLOCK: ManualClock = ManualClock::new();
    /// assert!(CLOCK.now().is_zero());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Duration::ZERO))
    }

    /// Moves it on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new();
    /// clock.advance(Duration::from_secs(30)); // the lock has expired, say
    /// assert_eq!(clock.now().as_secs(), 30);
    /// ```
    pub fn advance(&self, time: Duration) {
        let mut now = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *now = now.saturating_add(time);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn rest(&self, time: Duration) {
        self.advance(time);
    }

    fn rest_async(&self, time: Duration) -> Rest<'_> {
        // Who never awaits it has not rested.
        Box::pin(async move { self.advance(time) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_never_awaits_has_not_rested() {
        let clock = ManualClock::new();
        drop(clock.rest_async(Duration::from_secs(1)));
        assert_eq!(clock.now(), Duration::ZERO);
        clock.rest_async(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), Duration::from_secs(1));
    }

    #[test]
    fn no_clock_can_be_moved_too_far() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.rest(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
        drop(SystemClock.rest_async(Duration::MAX));
    }
}
