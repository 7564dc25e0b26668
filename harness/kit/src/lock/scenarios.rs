//! The scenarios as functions, and which function plays which [`Scenario`].

pub(super) mod clear_all;
pub(super) mod herd;
mod late_release;
pub(super) mod lost_holder;
pub(super) mod sequence;

use crate::lock::config::Pressure;
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::scenarios::clear_all::clear_all_during_operations;
use crate::lock::scenarios::herd::{thundering_herd, two_singletons};
use crate::lock::scenarios::lost_holder::{expiry_during_work, orphaned_lock, token_mismatch_after_crash};
use crate::lock::scenarios::sequence::rapid_sequential;
use crate::lock::under_test::LockUnderTest;

impl Scenario {
    /// Makes the lock go through it.
    ///
    /// # Errors
    ///
    /// The first one of the lock's.
    ///
    /// ```
    /// use swimlanes_kit::lock::{MemoryLock, Pressure, Scenario};
    ///
    /// Scenario::OrphanedLock.run(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    pub fn run<L: LockUnderTest>(self, lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
        match self {
            Self::ThunderingHerd => thundering_herd(lock, pressure),
            Self::RapidSequential => rapid_sequential(lock, pressure),
            Self::ExpiryDuringWork => expiry_during_work(lock, pressure),
            Self::TokenMismatchAfterCrash => token_mismatch_after_crash(lock, pressure),
            Self::OrphanedLock => orphaned_lock(lock, pressure),
            Self::ClearAllDuringOperations => clear_all_during_operations(lock, pressure),
            Self::TwoSingletons => two_singletons(lock, pressure),
        }
    }
}
