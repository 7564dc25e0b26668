//! The report of a scenario.

use std::fmt;

use crate::lock::scenario::Scenario;
use crate::lock::violation::LockViolation;
use crate::lock::waits::Waits;
use crate::race::Interleaving;

/// The report of a scenario: how often the lock was acquired, waiting times, and violations. Its text is a small table.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, thundering_herd};
///
/// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
/// println!("{report}");
/// assert!(report.is_sound() && report.violations().is_empty());
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a report fails no test by itself: call `expect_sound` or `expect_violation`, or print it"]
pub struct ScenarioReport {
    pub(super) scenario: Scenario,
    pub(super) seed: u64,
    pub(super) actors: usize,
    pub(super) requests: usize,
    pub(super) acquisitions: u64,
    pub(super) refusals: u64,
    pub(super) timeouts: u64,
    pub(super) max_holders: usize,
    pub(super) waits: Waits,
    pub(super) violations: Vec<(LockViolation, usize)>,
    pub(super) interleaving: Option<Interleaving>,
}

impl ScenarioReport {
    /// The scenario.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, orphaned_lock};
    /// let report = orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert_eq!(report.scenario(), Scenario::OrphanedLock);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// How often an owner acquired the lock.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, rapid_sequential};
    /// let report = rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7).actors(3).requests(5))?;
    /// assert_eq!(report.acquisitions(), 15);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn acquisitions(&self) -> u64 {
        self.acquisitions
    }

    /// How often a request was refused because another owner held the lock.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, orphaned_lock};
    /// let report = orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7).requests(5))?;
    /// assert_eq!(report.refusals(), 5); // requests before the orphan's time-to-live was over
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals
    }

    /// How many requests timed out.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7).requests(5).max_attempts(1))?;
    /// assert_eq!(report.timeouts() + report.acquisitions(), 4 * 5);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        self.timeouts
    }

    /// The maximum number of owners that held the lock at once, each from its grant to its release or expiry.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert_eq!(report.max_holders(), 1);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn max_holders(&self) -> usize {
        self.max_holders
    }

    /// The waiting times of the successful requests.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert_eq!(report.waits().n, report.acquisitions());
    /// println!("waited {}", report.waits());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn waits(&self) -> Waits {
        self.waits
    }

    /// Whether the service and the owners agreed about the holder, each time that no operation was running.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, clear_all_during_operations};
    /// let report = clear_all_during_operations(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert!(report.views_agree());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn views_agree(&self) -> bool {
        !self.has(LockViolation::ViewsDisagree)
    }

    /// The violations, and how often each came.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// for (violation, times) in report.violations() {
    ///     println!("{times} times: {violation}");
    /// }
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn violations(&self) -> &[(LockViolation, usize)] {
        &self.violations
    }

    /// Whether there was such a violation.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, LockViolation, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert!(!report.has(LockViolation::HeldTwice));
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn has(&self, violation: LockViolation) -> bool {
        self.violations.iter().any(|(seen, _)| *seen == violation)
    }

    /// Whether there was no violation.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// assert!(thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?.is_sound());
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    /// The first interleaving with a violation, if the scenario is a race.
    ///
    /// ```
    /// # use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario, thundering_herd};
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// assert_eq!(report.interleaving(), None); // no violation
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn interleaving(&self) -> Option<&Interleaving> {
        self.interleaving.as_ref()
    }

    /// Expects no violation. For tests of a correct lock.
    ///
    /// # Panics
    ///
    /// If there was a violation, with the whole table.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
    ///
    /// rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_sound(&self) {
        assert!(self.is_sound(), "the lock is not sound\n{self}");
    }

    /// Expects this violation. For tests that show a fault of a lock.
    ///
    /// # Panics
    ///
    /// If there was no such violation, with the whole table.
    ///
    /// ```should_panic
    /// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, LockViolation, thundering_herd};
    ///
    /// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7))?;
    /// report.expect_violation(LockViolation::HeldTwice); // panics: the lock is correct
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[track_caller]
    pub fn expect_violation(&self, violation: LockViolation) {
        assert!(self.has(violation), "expected the violation `{violation}`, but there was none\n{self}");
    }
}

impl fmt::Display for ScenarioReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, actors, requests, .. } = self;
        writeln!(f, "{scenario} · {actors} actors · {requests} requests each · seed {seed}")?;
        writeln!(f, "  acquired      {:>6}", self.acquisitions)?;
        writeln!(f, "  refused       {:>6}", self.refusals)?;
        writeln!(f, "  timed out     {:>6}", self.timeouts)?;
        writeln!(f, "  most at once  {:>6}", self.max_holders)?;
        writeln!(f, "  waited        {}", self.waits)?;
        write!(f, "  views         {}", if self.views_agree() { "agree" } else { "disagree" })?;
        for (violation, times) in &self.violations {
            write!(f, "\n  violation     {violation} ({times} ×)")?;
        }
        if let Some(interleaving) = &self.interleaving {
            write!(f, "\n  first seen in {interleaving}")?;
        }
        Ok(())
    }
}
