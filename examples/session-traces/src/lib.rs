//! Tracers that write the traces of sessions into DuckDB: duplicate session ids, and two fixes.
//!
//! Clients of one process work on the sessions of an experiment. Each has its own connection to one shared database; it
//! [records](Tracer::record) a session if it does not exist yet, and [links](Tracer::link) it to its experiment. [`Writes`] defines how it
//! checks for existing rows, and how it writes: in the original form, and in two fixed forms. [`Flaw`] lists the violated invariants.
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
