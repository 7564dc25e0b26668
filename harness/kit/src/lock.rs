//! Scenarios for locks of all kinds: what a lock must bear when many want it, holders pause or die, and operators step in.
//!
//! Whether a scenario went well is judged by what the lock answered and by who held it at once, as it was recorded. Figures of time are
//! told, and judge nothing.

mod clear;
mod contention;
mod herd;
mod late;
mod lost;
mod memory;
mod pressure;
mod raced;
mod scenario;
mod sequence;
mod stage;
mod tally;
#[cfg(test)]
mod tests;
mod under_test;
mod waits;
mod wrong;

pub use clear::clear_all_during_operations;
pub use contention::Contention;
pub use herd::{thundering_herd, two_singletons};
pub use lost::{expiry_during_work, orphaned_lock, token_mismatch_after_crash};
pub use memory::MemoryLock;
pub use pressure::Pressure;
pub use scenario::{Scenario, UnknownScenario};
pub use sequence::rapid_sequential;
pub use tally::Tally;
pub use under_test::{Answer, LockUnderTest, Sides};
pub use waits::Waits;
pub use wrong::Wrong;
