//! The live counters of a scenario.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The live counters of the scenario that was started last. See [`ScenarioConfig::tally`](super::ScenarioConfig::tally).
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
///
/// let config = ScenarioConfig::new(7).actors(3).requests(5);
/// let tally = config.tally();
/// rapid_sequential(&MemoryLock::new(), &config)?;
/// assert_eq!((tally.rounds(), tally.acquisitions(), tally.refusals(), tally.timeouts()), (5, 15, 0, 0));
/// assert_eq!(tally.to_string(), "15 acquired, 0 refused, 0 timed out");
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) rounds: AtomicU64,
    pub(super) acquisitions: AtomicU64,
    pub(super) refusals: AtomicU64,
    pub(super) timeouts: AtomicU64,
}

impl Tally {
    /// Resets the counters for a new scenario.
    pub(super) fn restart(&self) {
        for count in [&self.rounds, &self.acquisitions, &self.refusals, &self.timeouts] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// The number of completed rounds.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// How often an owner acquired the lock.
    #[must_use]
    pub fn acquisitions(&self) -> u64 {
        self.acquisitions.load(Ordering::Relaxed)
    }

    /// How often a request was refused because another owner held the lock.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    /// How many requests timed out.
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        self.timeouts.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (acquisitions, refusals, timeouts) = (self.acquisitions(), self.refusals(), self.timeouts());
        write!(f, "{acquisitions} acquired, {refusals} refused, {timeouts} timed out")
    }
}
