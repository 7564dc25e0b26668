//! The configuration of a scenario: load, times and injected faults.

use std::sync::Arc;
use std::time::Duration;

use crate::lock::tally::Tally;
use crate::race::Explore;

/// The configuration of a scenario: actors, requests, times and injected faults.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, expiry_during_work};
///
/// let config = ScenarioConfig::new(7).actors(6).requests(20).clock_skew(Duration::from_secs(3600));
/// let report = expiry_during_work(&MemoryLock::new(), &config)?;
/// println!("{report}");
/// report.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a configuration does nothing until a scenario runs with it"]
pub struct ScenarioConfig {
    pub(super) seed: u64,
    pub(super) actors: usize,
    pub(super) requests: usize,
    pub(super) max_attempts: usize,
    pub(super) ttl: Duration,
    pub(super) deadline: Duration,
    pub(super) pause: Option<Duration>,
    pub(super) clock_skew: Option<Duration>,
    pub(super) explore: Explore,
    pub(super) replay: Option<String>,
    pub(super) tally: Arc<Tally>,
}

impl ScenarioConfig {
    /// 4 actors with 10 requests each, no injected faults, and random choices from this seed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, orphaned_lock};
    /// orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            actors: 4,
            requests: 10,
            max_attempts: 16,
            ttl: Duration::from_secs(600),
            deadline: Duration::from_secs(30),
            pause: None,
            clock_skew: None,
            explore: Explore::default(),
            replay: None,
            tally: Arc::default(),
        }
    }

    /// The number of actors. Some scenarios need at least 3, so smaller values count as 3.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
    /// let report = rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7).actors(6))?;
    /// assert_eq!(report.acquisitions(), 6 * 10);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn actors(self, n: usize) -> Self {
        Self { actors: n.max(3), ..self }
    }

    /// The number of requests of each actor; for scenarios with a fixed sequence of steps, how often it is repeated. At least 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
    /// let report = rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7).requests(100))?;
    /// assert_eq!(report.acquisitions(), 4 * 100);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn requests(self, n: usize) -> Self {
        Self { requests: n.max(1), ..self }
    }

    /// How often an actor of a herd asks for the lock before its request times out. Default: 16; at least 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7).max_attempts(1))?;
    /// assert_eq!(report.refusals(), report.timeouts());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn max_attempts(self, n: usize) -> Self {
        Self { max_attempts: n.max(1), ..self }
    }

    /// The time-to-live of acquisitions, in the time of the service. Default: 10 minutes; at least 10 ms. If the time of the service passes
    /// by itself, it must be much longer than the scenario takes.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, orphaned_lock};
    /// let report = orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7).ttl(Duration::from_secs(5)))?;
    /// assert!(report.waits().p99 < Duration::from_secs(6)); // on the clock of the lock, without sleeping
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: ttl.max(Duration::from_millis(10)), ..self }
    }

    /// How long a request may wait in [`rapid_sequential`](super::rapid_sequential), in the time of the service. Default: 30 s.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
    /// let config = ScenarioConfig::new(7).deadline(Duration::from_secs(2));
    /// rapid_sequential(&MemoryLock::new(), &config)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// An injected fault: how long the holder stalls in [`expiry_during_work`](super::expiry_during_work). By default, a random time between
    /// one and three times the time-to-live.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, expiry_during_work};
    /// let config = ScenarioConfig::new(7).ttl(Duration::from_secs(5)).pause(Duration::from_secs(4));
    /// let report = expiry_during_work(&MemoryLock::new(), &config)?;
    /// assert_eq!(report.acquisitions(), 10); // only the holder, in each of 10 rounds
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn pause(self, time: Duration) -> Self {
        Self { pause: Some(time), ..self }
    }

    /// An injected fault: the clock of every second owner is ahead by this time.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, expiry_during_work};
    /// let config = ScenarioConfig::new(7).clock_skew(Duration::from_secs(3600));
    /// // This lock uses only its own clock.
    /// expiry_during_work(&MemoryLock::new(), &config)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn clock_skew(self, ahead: Duration) -> Self {
        Self { clock_skew: Some(ahead), ..self }
    }

    /// How the interleavings of racing actors are chosen. With [`Explore::Free`] the actors run freely, as in a plain stress test.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, thundering_herd};
    /// # use swimlanes_kit::race::Explore;
    /// let config = ScenarioConfig::new(7).explore(Explore::Pct { depth: 3 });
    /// thundering_herd(&MemoryLock::new(), &config)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn explore(self, explore: Explore) -> Self {
        Self { explore, ..self }
    }

    /// Replays the [interleaving](super::ScenarioReport::interleaving) of a report in each race. The number of actors must be the same.
    ///
    /// # Panics
    ///
    /// The scenario panics if the text is not an [`Interleaving`](crate::race::Interleaving).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, thundering_herd};
    /// let config = ScenarioConfig::new(7).actors(3).replay("2-1-0-2-1-0");
    /// thundering_herd(&MemoryLock::new(), &config)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn replay(self, interleaving: &str) -> Self {
        Self { replay: Some(interleaving.to_owned()), ..self }
    }

    /// The live counters of the running scenario, for a progress display.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, orphaned_lock};
    ///
    /// let config = ScenarioConfig::new(7);
    /// let tally = config.tally();
    /// orphaned_lock(&MemoryLock::new(), &config)?;
    /// assert!(tally.acquisitions() > 0);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }
}
