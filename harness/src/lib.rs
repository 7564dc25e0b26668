//! A parallel test harness: tests run on workers, and every worker swims in its own lane, with its own database file,
//! ports and directory.
//!
//! A test target sets `harness = false` in Cargo.toml, its tests carry [`#[swimlanes::test]`](macro@test), and it ends with
//! [`main!`]. A plain `#[test]` beside them is not run and not mentioned, as the compiler leaves it out of such a target:
//!
//! ```
//! use swimlanes::prelude::*;
//!
//! #[swimlanes::test]
//! fn adds() {
//!     assert_eq!(1 + 1, 2);
//! }
//!
//! #[swimlanes::test(shared_resource = "redis", timeout = "5s", retries = 1, tags("slow"))]
//! async fn serves(port: Port, dir: TestDir) {
//!     // Nobody else has this port or this directory, and no other test uses redis meanwhile.
//!     std::fs::write(dir.path().join("port"), port.number().to_string()).unwrap();
//! }
//!
//! # mod hidden {
//! swimlanes::main!();
//! # }
//! # fn main() {}
//! ```
//!
//! # What a test takes
//!
//! Parameters are fixtures, found by their type: [`Worker`], [`WorkerDir`], [`TestDir`], [`Database`], [`Port`],
//! [`BoundPort`], and every type for which the suite implements [`Fixture`]. What is leased for a test is given back when it
//! is over, also when it panics; what a run has in the file system is gone when it ends, and what a killed run left is swept by
//! the next one.
//!
//! # What a test says of itself
//!
//! The arguments of the attribute are tags, limits and hints; [`macro@test`] has the table. Tests that may not meet are kept apart
//! before they start, by the scheduler and never by a lock inside a test: one that has to wait holds no worker and uses up
//! no time limit.
//!
//! # How output is captured
//!
//! On Linux with the GNU C library, what a test prints is kept under its name, and shown if it fails: what it and the threads it
//! starts write to stdout and stderr by way of the standard library. Three things pass by: what C code writes by itself, what
//! child processes write, and text without a line break (`print!`), which the standard library keeps in a buffer that all
//! threads share, so that it can come out under another test's name. On other systems everything is written as it comes.
//!
//! # Limits of this version
//!
//! Test bodies run on threads of one process. A test that ends the process (`exit`, `abort`, a crash) ends the run; a test
//! that hangs is given up when its `timeout` is over, and reported, but its thread stays until the run ends, and so does what it
//! holds. Linux is tested; macOS and Windows should work without capture and are not tested.
//!
//! # Features
//!
//! | feature | on by default | what it brings |
//! |---|---|---|
//! | `tokio` | yes | async tests, on a Tokio runtime of their own |
//! | `progress` | yes | on a terminal, a line for each worker with what it runs |
//! | `sqlite` | no | `Template`, and connections to a [`Database`]; builds SQLite from C |
//! | `filterset` | no | `-E EXPRESSION`, cargo-nextest's filter language, in the test binary; needs Rust 1.91 |

#[doc(hidden)]
pub mod expansion;

mod model;
mod platform;
mod policy;
mod report;
mod resource;
mod run;
mod session;

pub mod prelude;

#[doc(hidden)]
pub use expansion as __macros;

pub use model::error::{Error, FixtureError, FixtureResult};
pub use model::fixture::{Fixture, Setup};
pub use model::tags::Tags;
pub use model::worker::Worker;
#[cfg(feature = "filterset")]
#[doc(hidden)]
pub use policy::filterset;
pub use resource::bound_port::BoundPort;
pub use resource::database::Database;
pub use resource::dir::{TestDir, WorkerDir};
pub use resource::port::Port;
#[cfg(feature = "sqlite")]
pub use resource::template::Template;
pub use session::runner::{Runner, runner};
pub use swimlanes_macros::test;
