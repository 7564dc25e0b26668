//! What came of a scenario.

use std::fmt;

use crate::lock::scenario::Scenario;
use crate::lock::violation::Wrong;
use crate::lock::waits::Waits;
use crate::race::Interleaving;

/// What came of a scenario: who got the lock, and what was wrong. Its text is a small table.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
///
/// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
/// println!("{contention}");
/// assert!(contention.is_sound() && contention.wrong().is_empty());
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a scenario judges nothing by itself: `expect_sound`, `expect_wrong`, or print it"]
pub struct Contention {
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    pub(super) actors: usize,
    pub(super) requests: usize,
    pub(super) acquired: u64,
    pub(super) contended: u64,
    pub(super) timed_out: u64,
    pub(super) most_holders: usize,
    pub(super) waits: Waits,
    pub(super) wrong: Vec<(Wrong, usize)>,
    pub(super) interleaving: Option<Interleaving>,
}

impl Contention {
    /// Which scenario it was.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, orphaned_lock};
    /// let contention = orphaned_lock(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert_eq!(contention.scenario(), Scenario::OrphanedLock);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// How often somebody got the lock.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, rapid_sequential};
    /// let contention = rapid_sequential(&MemoryLock::new(), &Pressure::new(7).actors(3).requests(5))?;
    /// assert_eq!(contention.acquired(), 15);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn acquired(&self) -> u64 {
        self.acquired
    }

    /// How often somebody was told that somebody else has it.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, orphaned_lock};
    /// let contention = orphaned_lock(&MemoryLock::new(), &Pressure::new(7).requests(5))?;
    /// assert_eq!(contention.contended(), 5); // those who asked while the orphan's time was not over
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn contended(&self) -> u64 {
        self.contended
    }

    /// How many requests were given up.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7).requests(5).tries(1))?;
    /// assert_eq!(contention.timed_out() + contention.acquired(), 4 * 5);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.timed_out
    }

    /// The most that held it at once, each from when it was granted until it was given back, or its time was over.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert_eq!(contention.most_holders(), 1);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn most_holders(&self) -> usize {
        self.most_holders
    }

    /// How long those waited who got it.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert_eq!(contention.waits().n, contention.acquired());
    /// println!("waited {}", contention.waits());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn waits(&self) -> Waits {
        self.waits
    }

    /// Whether the service and the owners said the same of who has it, each time that nobody was at work.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, clear_all_during_operations};
    /// let contention = clear_all_during_operations(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert!(contention.do_sides_agree());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn do_sides_agree(&self) -> bool {
        !self.has(Wrong::SidesDiffer)
    }

    /// What was wrong, and how often.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// for (wrong, times) in contention.wrong() {
    ///     println!("{times} times: {wrong}");
    /// }
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn wrong(&self) -> &[(Wrong, usize)] {
        &self.wrong
    }

    /// Whether that was wrong.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, Wrong, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert!(!contention.has(Wrong::HeldTwice));
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn has(&self, wrong: Wrong) -> bool {
        self.wrong.iter().any(|(seen, _)| *seen == wrong)
    }

    /// Whether nothing was wrong.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// assert!(thundering_herd(&MemoryLock::new(), &Pressure::new(7))?.is_sound());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty()
    }

    /// If it was a race, the first interleaving in which something was wrong.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario, thundering_herd};
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// assert_eq!(contention.interleaving(), None); // nothing was wrong
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn interleaving(&self) -> Option<&Interleaving> {
        self.interleaving.as_ref()
    }

    /// For tests of a lock that is right.
    ///
    /// # Panics
    ///
    /// If anything was wrong, with the whole table.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
    ///
    /// rapid_sequential(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_sound(&self) {
        assert!(self.is_sound(), "the lock is not sound\n{self}");
    }

    /// For tests that show what is wrong with a lock.
    ///
    /// # Panics
    ///
    /// If that was not wrong, with the whole table.
    ///
    /// ```should_panic
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, Wrong, thundering_herd};
    ///
    /// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7))?;
    /// contention.expect_wrong(Wrong::HeldTwice); // panics: nothing is wrong with it
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_wrong(&self, wrong: Wrong) {
        assert!(self.has(wrong), "it was not seen that {wrong}\n{self}");
    }
}

impl fmt::Display for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, actors, requests, .. } = self;
        writeln!(f, "{scenario} · {actors} actors · {requests} requests each · seed {seed}")?;
        writeln!(f, "  acquired      {:>6}", self.acquired)?;
        writeln!(f, "  contended     {:>6}", self.contended)?;
        writeln!(f, "  timed out     {:>6}", self.timed_out)?;
        writeln!(f, "  most at once  {:>6}", self.most_holders)?;
        writeln!(f, "  waited        {}", self.waits)?;
        write!(f, "  both sides    {}", if self.do_sides_agree() { "agree" } else { "differ" })?;
        for (wrong, times) in &self.wrong {
            write!(f, "\n  wrong         {wrong} ({times} ×)")?;
        }
        if let Some(interleaving) = &self.interleaving {
            write!(f, "\n  first seen in {interleaving}")?;
        }
        Ok(())
    }
}
