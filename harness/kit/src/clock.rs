//! Time as a value: what rests or has a deadline asks a clock that it was given. The only file here that sleeps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_timer::Delay;

/// What [`Clock::rest_async`] gives back.
pub type Rest<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time, and lets time pass.
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
    fn now(&self) -> Duration;

    /// Comes back when so much time has passed.
    fn rest(&self, time: Duration);

    /// Is ready when so much time has passed. Needs no runtime.
    fn rest_async(&self, time: Duration) -> Rest<'_>;
}

/// The time of this machine.
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
        Box::pin(delay(time))
    }
}

/// Is ready when so much time of this machine has passed.
pub(crate) fn delay(time: Duration) -> Delay {
    // The sum of a moment and a time can be more than a moment can be. A hundred years are as good as for ever.
    const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    Delay::new(time.min(FOR_EVER))
}

/// A clock that only moves when somebody rests on it, or moves it: tests with it take no time.
///
/// Who rests moves it by as much, at once.
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
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Duration::ZERO))
    }

    /// Moves it on.
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
        self.advance(time);
        Box::pin(std::future::ready(()))
    }
}
