//! Tracers that write the traces of sessions into DuckDB: duplicate session ids, and two cures.
//!
//! Clients of one process work on the sessions of an experiment. Each has a connection of its own to the one database that all share; it
//! [records](Tracer::record) a session if it is not there yet, and [links](Tracer::link) it to its experiment. How it looks for what is
//! there, and how it writes, is [`Writes`]: as it was at first, and in two forms that are mended. What must hold afterwards: [`Flaw`].
#![cfg(feature = "duckdb")]

mod audit;
mod error;
mod gate;
mod link;
mod rollout;
mod schema;
mod tracer;
mod writes;

pub use audit::{Flaw, flaws_of_links, flaws_of_traces};
pub use error::Error;
pub use gate::{Gate, Pass};
pub use link::Linked;
pub use rollout::{roll_out, roll_out_async};
pub use schema::{Key, add_experiment, migrate};
pub use tracer::{Recorded, Tracer};
pub use writes::Writes;
