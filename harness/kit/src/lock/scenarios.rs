//! The scenarios as functions, and [`Scenario::run`], which calls them.

pub(super) mod clear_all;
pub(super) mod herd;
mod late_release;
pub(super) mod lost_holder;
pub(super) mod sequence;

use crate::lock::config::ScenarioConfig;
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::scenarios::clear_all::clear_all_during_operations;
use crate::lock::scenarios::herd::{thundering_herd, two_singletons};
use crate::lock::scenarios::lost_holder::{expiry_during_work, orphaned_lock, token_mismatch_after_crash};
use crate::lock::scenarios::sequence::rapid_sequential;
use crate::lock::under_test::LockUnderTest;

impl Scenario {
    /// Runs the scenario on a lock.
    ///
    /// # Errors
    ///
    /// The first error of the lock.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario};
    ///
    /// Scenario::OrphanedLock.run(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn run<L: LockUnderTest>(self, lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
        match self {
            Self::ThunderingHerd => thundering_herd(lock, config),
            Self::RapidSequential => rapid_sequential(lock, config),
            Self::ExpiryDuringWork => expiry_during_work(lock, config),
            Self::TokenMismatchAfterCrash => token_mismatch_after_crash(lock, config),
            Self::OrphanedLock => orphaned_lock(lock, config),
            Self::ClearAllDuringOperations => clear_all_during_operations(lock, config),
            Self::TwoSingletons => two_singletons(lock, config),
        }
    }
}
