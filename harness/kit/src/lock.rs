//! Scenarios for locks of all kinds: what a lock must bear when many want it, holders pause or die, and operators step in.
//!
//! Whether a scenario went well is judged by what the lock answered and by who held it at once, as it was recorded. Figures of time are
//! told, and judge nothing.

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

pub use config::Pressure;
pub use memory_lock::MemoryLock;
pub use report::Contention;
pub use scenario::{Scenario, UnknownScenario};
pub use scenarios::clear_all::clear_all_during_operations;
pub use scenarios::herd::{thundering_herd, two_singletons};
pub use scenarios::lost_holder::{expiry_during_work, orphaned_lock, token_mismatch_after_crash};
pub use scenarios::sequence::rapid_sequential;
pub use tally::Tally;
pub use under_test::{Answer, LockUnderTest, Sides};
pub use violation::Wrong;
pub use waits::Waits;
