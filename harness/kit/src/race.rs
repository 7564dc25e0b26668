//! Races: the same code by several actors at once, round after round, in an order that is chosen and can be repeated.

mod awake;
mod build;
mod caught;
mod choose;
#[cfg(test)]
mod hard;
mod interleaving;
mod normalise;
mod outcome;
mod patience;
mod played;
mod report;
mod round;
mod run;
mod show;
mod tasks;
#[cfg(test)]
mod tests;
mod threads;

pub use build::{Actor, Race};
pub use choose::Explore;
pub use interleaving::{Interleaving, NoInterleaving};
pub use outcome::ActorResult;
pub use report::{Failure, Replays, Report};
