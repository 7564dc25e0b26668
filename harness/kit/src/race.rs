//! Races: several actors run the same code at once, round after round, in an order that is chosen and can be replayed.

mod block_detection;
mod builder;
mod catch;
mod display;
mod interleaving;
mod normalize;
mod outcome;
mod report;
mod round;
mod round_result;
mod run;
mod strategy;
mod tasks;
#[cfg(test)]
mod tests;
mod thread_state;
mod threads;

pub use builder::{Actor, Race};
pub use interleaving::{Interleaving, ParseInterleavingError};
pub use outcome::ActorResult;
pub use report::{Failure, Replays, Report};
pub use strategy::Explore;
