//! A controller for each directory of a run: the state of the run is in a file, and a lock in Redis protects changes to it.
//!
//! The lock has three [`Form`]s: two typical ones with mistakes, and the fixed one. The same tests run on all three.

mod controller;
mod error;
mod form;
mod locks;
mod registry;
mod road;
mod run_file;
mod service;
mod token;
#[cfg(feature = "trigger")]
mod under_test;
mod verify;

pub use controller::{Locked, RunController};
pub use error::Error;
pub use form::{Form, UnknownForm};
pub use locks::{FLUSH_EVERY, Locks};
pub use registry::{Mode, Registry};
pub use road::{Road, Status, Waiting};
pub use run_file::Run;
pub use service::Service;
pub use token::{NoToken, Token};
#[cfg(feature = "trigger")]
pub use under_test::Cluster;
pub use verify::Difference;

#[cfg(test)]
swimlanes::main!();
