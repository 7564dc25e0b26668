//! Scenarios for locks of all kinds: contention, holders that stall or crash, and operators that intervene.
//!
//! A scenario finds violations in the responses of the lock, and in how many actors held it at once. It also measures waiting times, which
//! are reported but never count as violations.

mod config;
mod driver;
mod memory_lock;
mod race_driver;
mod report;
mod scenario;
mod scenarios;
mod tally;
#[cfg(test)]
mod tests;
mod under_test;
mod violation;
mod waits;

pub use config::ScenarioConfig;
pub use memory_lock::MemoryLock;
pub use report::ScenarioReport;
pub use scenario::{Scenario, UnknownScenario};
pub use scenarios::clear_all::clear_all_during_operations;
pub use scenarios::herd::{thundering_herd, two_singletons};
pub use scenarios::lost_holder::{expiry_during_work, orphaned_lock, token_mismatch_after_crash};
pub use scenarios::sequence::rapid_sequential;
pub use tally::Tally;
pub use under_test::{LockResponse, LockUnderTest, LockView};
pub use violation::LockViolation;
pub use waits::Waits;
