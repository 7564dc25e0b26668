//! How hard a lock is pressed, and with which faults.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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
    pub fn actors(self, n: usize) -> Self {
        Self { actors: n.max(3), ..self }
    }

    /// How many requests each actor makes; where the scenario is a story, how often it is told. At least 1.
    pub fn requests(self, n: usize) -> Self {
        Self { requests: n.max(1), ..self }
    }

    /// How often an actor of a herd asks for the lock before its request has timed out. 16 if nothing is said; at least 1.
    pub fn tries(self, n: usize) -> Self {
        Self { tries: n.max(1), ..self }
    }

    /// The time-to-live that is asked for, in the time of the service. 10 minutes if nothing is said. With a service whose time passes by
    /// itself, it has to be far longer than the scenario takes. At least 10 ms.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: ttl.max(Duration::from_millis(10)), ..self }
    }

    /// How long a request may wait in [`rapid_sequential`](super::rapid_sequential), in the time of the service. 30 s if nothing is said.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// A fault: the holder stands still for so long, in [`expiry_during_work`](super::expiry_during_work). If nothing is said, each time
    /// for something between the time-to-live and three times that.
    pub fn pause(self, time: Duration) -> Self {
        Self { pause: Some(time), ..self }
    }

    /// A fault: of every two owners, the clock of the second one goes ahead by so much.
    pub fn clock_skew(self, ahead: Duration) -> Self {
        Self { clock_skew: Some(ahead), ..self }
    }

    /// How the interleavings of actors that race are chosen. [`Explore::Free`]: not at all, as a plain stress test would see the lock.
    pub fn explore(self, explore: Explore) -> Self {
        Self { explore, ..self }
    }

    /// Actors that race go on in this order only: the [interleaving](super::Contention::interleaving) that a scenario has told, with as
    /// many actors.
    ///
    /// # Panics
    ///
    /// The scenario does, if the text is no [`Interleaving`](crate::race::Interleaving).
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

/// What the scenario that was begun last has counted until now. See [`Pressure::tally`].
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) rounds: AtomicU64,
    pub(super) acquired: AtomicU64,
    pub(super) contended: AtomicU64,
    pub(super) timed_out: AtomicU64,
}

impl Tally {
    /// A scenario begins.
    pub(super) fn restart(&self) {
        for count in [&self.rounds, &self.acquired, &self.contended, &self.timed_out] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// How many rounds have ended.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// How often somebody got the lock.
    #[must_use]
    pub fn acquired(&self) -> u64 {
        self.acquired.load(Ordering::Relaxed)
    }

    /// How often somebody was told that somebody else has it.
    #[must_use]
    pub fn contended(&self) -> u64 {
        self.contended.load(Ordering::Relaxed)
    }

    /// How many requests were given up.
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (acquired, contended, timed_out) = (self.acquired(), self.contended(), self.timed_out());
        write!(f, "round {}: {acquired} acquired, {contended} contended, {timed_out} timed out", self.rounds())
    }
}
