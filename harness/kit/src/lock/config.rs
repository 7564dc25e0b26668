//! How hard a lock is pressed, and with which faults.

use std::sync::Arc;
use std::time::Duration;

use crate::lock::tally::Tally;
use crate::race::Explore;

/// How many press a lock how often, and which faults there are besides.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, Pressure, expiry_during_work};
///
/// let pressure = Pressure::new(7).actors(6).requests(20).clock_skew(Duration::from_secs(3600));
/// let contention = expiry_during_work(&MemoryLock::new(), &pressure)?;
/// println!("{contention}");
/// contention.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a scenario takes it"]
pub struct Pressure {
    pub(super) seed: u64,
    pub(super) actors: usize,
    pub(super) requests: usize,
    pub(super) tries: usize,
    pub(super) ttl: Duration,
    pub(super) deadline: Duration,
    pub(super) pause: Option<Duration>,
    pub(super) clock_skew: Option<Duration>,
    pub(super) explore: Explore,
    pub(super) replay: Option<String>,
    pub(super) tally: Arc<Tally>,
}

impl Pressure {
    /// 4 actors and 10 requests, with random choices that all come from this seed, and no faults.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, orphaned_lock};
    /// orphaned_lock(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            actors: 4,
            requests: 10,
            tries: 16,
            ttl: Duration::from_secs(600),
            deadline: Duration::from_secs(30),
            pause: None,
            clock_skew: None,
            explore: Explore::default(),
            replay: None,
            tally: Arc::default(),
        }
    }

    /// How many want the lock. At least 3, for some scenarios need as many: fewer count as 3.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
    /// let contention = rapid_sequential(&MemoryLock::new(), &Pressure::new(7).actors(6))?;
    /// assert_eq!(contention.acquired(), 6 * 10);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn actors(self, n: usize) -> Self {
        Self { actors: n.max(3), ..self }
    }

    /// How many requests each actor makes; where the scenario is a story, how often it is told. At least 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
    /// let contention = rapid_sequential(&MemoryLock::new(), &Pressure::new(7).requests(100))?;
    /// assert_eq!(contention.acquired(), 4 * 100);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn requests(self, n: usize) -> Self {
        Self { requests: n.max(1), ..self }
    }

    /// How often an actor of a herd asks for the lock before its request has timed out. 16 if nothing is said; at least 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7).tries(1))?;
    /// assert_eq!(contention.contended(), contention.timed_out());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn tries(self, n: usize) -> Self {
        Self { tries: n.max(1), ..self }
    }

    /// The time-to-live that is asked for, in the time of the service. 10 minutes if nothing is said. With a service whose time passes by
    /// itself, it has to be far longer than the scenario takes. At least 10 ms.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, orphaned_lock};
    /// let contention = orphaned_lock(&MemoryLock::new(), &Pressure::new(7).ttl(Duration::from_secs(5)))?;
    /// assert!(contention.waits().p99 < Duration::from_secs(6)); // of the lock's own clock: nothing has slept
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: ttl.max(Duration::from_millis(10)), ..self }
    }

    /// How long a request may wait in [`rapid_sequential`](super::rapid_sequential), in the time of the service. 30 s if nothing is said.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
    /// let pressure = Pressure::new(7).deadline(Duration::from_secs(2));
    /// rapid_sequential(&MemoryLock::new(), &pressure)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// A fault: the holder stands still for so long, in [`expiry_during_work`](super::expiry_during_work). If nothing is said, each time
    /// for something between the time-to-live and three times that.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, expiry_during_work};
    /// let pressure = Pressure::new(7).ttl(Duration::from_secs(5)).pause(Duration::from_secs(4));
    /// let contention = expiry_during_work(&MemoryLock::new(), &pressure)?;
    /// assert_eq!(contention.acquired(), 10); // nobody but the holder, in each of 10 rounds
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn pause(self, time: Duration) -> Self {
        Self { pause: Some(time), ..self }
    }

    /// A fault: of every two owners, the clock of the second one goes ahead by so much.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, expiry_during_work};
    /// let pressure = Pressure::new(7).clock_skew(Duration::from_secs(3600));
    /// // This lock goes by its own clock.
    /// expiry_during_work(&MemoryLock::new(), &pressure)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn clock_skew(self, ahead: Duration) -> Self {
        Self { clock_skew: Some(ahead), ..self }
    }

    /// How the interleavings of actors that race are chosen. [`Explore::Free`]: not at all, as a plain stress test would see the lock.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
    /// # use swimlanes_kit::race::Explore;
    /// let pressure = Pressure::new(7).explore(Explore::Pct { depth: 3 });
    /// thundering_herd(&MemoryLock::new(), &pressure)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn explore(self, explore: Explore) -> Self {
        Self { explore, ..self }
    }

    /// Actors that race go on in this order only: the [interleaving](super::Contention::interleaving) that a scenario has told, with as
    /// many actors.
    ///
    /// # Panics
    ///
    /// The scenario does, if the text is no [`Interleaving`](crate::race::Interleaving).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
    /// let pressure = Pressure::new(7).actors(3).replay("2-1-0-2-1-0");
    /// thundering_herd(&MemoryLock::new(), &pressure)?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn replay(self, interleaving: &str) -> Self {
        Self { replay: Some(interleaving.to_owned()), ..self }
    }

    /// What was counted until now, also while the scenario runs: for who shows how it goes on.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, orphaned_lock};
    ///
    /// let pressure = Pressure::new(7);
    /// let tally = pressure.tally();
    /// orphaned_lock(&MemoryLock::new(), &pressure)?;
    /// assert!(tally.acquired() > 0);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }
}
