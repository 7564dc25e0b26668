//! Clocks as values: code that sleeps or has a deadline asks the clock that it was given. The only file of the kit that sleeps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::delay::Delay;

/// The future that [`Clock::sleep_async`] returns.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::clock::{Clock, Sleep};
///
/// fn a_second(clock: &dyn Clock) -> Sleep<'_> {
///     clock.sleep_async(Duration::from_secs(1))
/// }
/// # drop(a_second(&swimlanes_kit::clock::ManualClock::new()));
/// ```
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time, and sleeps.
///
/// Code that sleeps or has a limit takes a `&dyn Clock`: the [`SystemClock`] in production, a [`ManualClock`] in its tests.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// clock.sleep(Duration::from_secs(3600)); // takes no time
/// assert_eq!(clock.now(), Duration::from_secs(3600));
/// ```
pub trait Clock: Send + Sync {
    /// The time since an arbitrary start. Never decreases.
    ///
    /// ```
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// assert!(ManualClock::new().now().is_zero());
    /// ```
    fn now(&self) -> Duration;

    /// Blocks the thread until so much time has passed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::clock::{Clock, SystemClock};
    ///
    /// let begin = SystemClock.now();
    /// SystemClock.sleep(Duration::from_millis(1));
    /// assert!(SystemClock.now() - begin >= Duration::from_millis(1));
    /// ```
    fn sleep(&self, time: Duration);

    /// Resolves when so much time has passed. Needs no runtime. Await it at once: each clock decides whether the time starts with the call
    /// or with the first poll.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes_kit::clock::{Clock, ManualClock};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let clock = ManualClock::new();
    /// clock.sleep_async(Duration::from_secs(3600)).await; // takes no time
    /// assert_eq!(clock.now(), Duration::from_secs(3600));
    /// # }
    /// ```
    fn sleep_async(&self, time: Duration) -> Sleep<'_>;
}

/// The monotonic clock of this machine.
///
/// Its start is the first call in this process. Limits: [`Clock::sleep`] blocks the thread; the futures of [`Clock::sleep_async`] share one
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

    fn sleep(&self, time: Duration) {
        // A backoff delay has to pass: there is no fact to wait for.
        std::thread::sleep(time);
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        Box::pin(Delay::new(time))
    }
}

/// A clock that only moves when code sleeps on it or advances it. Tests that use it take no time.
///
/// Each sleep advances the clock by its duration and returns at once; concurrent sleeps add up. The clock saturates at [`Duration::MAX`].
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
    /// A clock at zero.
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

    /// Moves the clock forward.
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

    fn sleep(&self, time: Duration) {
        self.advance(time);
    }

    fn sleep_async(&self, time: Duration) -> Sleep<'_> {
        // A future that is never awaited must not move the clock.
        Box::pin(async move { self.advance(time) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn manual_clock_moves_only_when_its_sleep_is_awaited() {
        let clock = ManualClock::new();
        drop(clock.sleep_async(Duration::from_secs(1)));
        assert_eq!(clock.now(), Duration::ZERO);
        clock.sleep_async(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), Duration::from_secs(1));
    }

    #[test]
    fn clocks_saturate_at_the_maximum_duration() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.sleep(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
        drop(SystemClock.sleep_async(Duration::MAX));
    }
}
