//! A parallel test harness: tests run on workers, and every worker swims in its own lane, with its own database file,
//! ports and directory.
//!
//! A test target sets `harness = false` in Cargo.toml, its tests carry [`#[swimlanes::test]`](macro@test), and it ends with
//! [`main!`]. The compiler drops a plain `#[test]` from such a target; [`main!`] warns of each, and says how to make it run:
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
//! fn serves(port: Port, dir: TestDir) {
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
//! [`BoundPort`], with their features `Postgres`, `Redis` and `DuckDb`, every type that a function with [`macro@fixture`] returns,
//! and every type for which the suite implements [`Fixture`]. What is leased for a test is given back when it is over, also when it
//! panics; what a run has in the file system is gone when it ends, and what a killed run left is swept by the next one.
//!
//! # One function, several tests
//!
//! `cases(…)` gives values to the parameters with `#[case]`, and `#[values(…)]` to the one it stands at; each case, and each combination
//! of values, is a test with its own name, which runs, fails and is asked for alone:
//!
//! ```
//! # mod suite {
//! use swimlanes::prelude::*;
//!
//! #[swimlanes::test(cases(empty = ("", 0), two_words = ("one two", 2)))]
//! fn counts(#[case] text: &str, #[case] expected: usize, #[values(1, 10)] times: usize, dir: TestDir) {
//!     // counts::empty::times_1, counts::empty::times_10, counts::two_words::times_1, counts::two_words::times_10
//!     std::fs::write(dir.path().join("text"), format!("{text}\n").repeat(times)).unwrap();
//!     let read = std::fs::read_to_string(dir.path().join("text")).unwrap();
//!     assert_eq!(read.split_whitespace().count(), expected * times);
//! }
//! # }
//! ```
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
//! starts write to stdout and stderr by way of the standard library. Of each attempt that is the first and the last 512 KiB; a
//! line between them says how much was left out. What a thread writes that outlives its test is shown at the end of the run,
//! as left behind by that test; so a thread pool that lives on belongs to the test that was the first to use it.
//!
//! Two things pass by: what C code writes by itself, and what child processes, forked ones too, write. One can go astray: text
//! without a line break, which the standard library keeps in a buffer that all threads share, so that it can come out under another
//! test's name; [`swimlanes::print!`](crate::print) and its kin cannot. On other systems everything is written as it comes.
//!
//! # Where tests run
//!
//! On threads of one process, which the controller has started. A test that ends that process (`exit`, `abort`, a crash) fails,
//! and those that ran beside it run again in a new one; a test that hangs fails when its `timeout` is over, the others end, and the
//! rest runs in a new process. `--isolation process` gives each worker a process of its own, `--isolation test` each attempt (on
//! Linux a copy of one that has only started, if `main` comes from [`main!`]: what runs before `main` runs once for many), and
//! `#[swimlanes::test(isolation = "process")]` the attempts of one test. `--isolation none` runs everything in the process that was
//! started, for debuggers; so it is under cargo-nextest, where each test has a process anyway.
//!
//! A test that runs past its time limit is reported with the stack of its thread. In a process of its own that is where it was when its
//! time was up. Among threads that is so on x86-64 Linux if it waited in a system call; otherwise, as it could hold a lock that
//! its neighbours need, it is where it is when these are through and the process ends.
//!
//! Because of that, a `main` of your own runs in several processes. Tests that it makes at run time must have the same
//! names each time: they are found by them, and one that a process has not made fails there and says so.
//!
//! # Limits of this version
//!
//! Linux is tested. On other Unix systems output is captured only with processes; there is no test of them. On Windows there is only
//! `--isolation none`, without capture, not tested.
//!
//! # Features
//!
//! | feature | on by default | what it brings |
//! |---|---|---|
//! | `progress` | yes | on a terminal, a line for each worker with what it runs |
//! | `tokio` | no | async tests and fixtures, on a Tokio runtime of their own |
//! | `sqlite` | no | `Template`, and connections to a [`Database`]; builds SQLite from C |
//! | `postgres` | no | `Postgres`: a PostgreSQL database for each worker, each test, on a server that the run starts; Linux |
//! | `redis` | no | `Redis`: a Redis server for each worker; Linux |
//! | `duckdb` | no | `DuckDb`: a DuckDB file for each worker, databases in memory for each test; links a shared libduckdb, see there |
//! | `kit` | no | `swimlanes::kit`, the crate swimlanes-kit: races found by a seeded scheduler, events, retries, histories, locks; switches on the points of crates that depend on swimlanes-kit |
//! | `filterset` | no | `-E EXPRESSION`, cargo-nextest's filter language, in the test binary; needs Rust 1.91 |

mod cli;
mod controller;
mod database;
mod execution;
mod fixture;
mod fixture_server;
mod lane;
mod macro_support;
mod model;
mod os;
mod plan;
mod policy;
mod process;
mod report;
mod schedule;
mod test_case;

pub mod prelude;

#[doc(hidden)]
pub mod __private {
    //! The only path that the macros name. It is no part of the public interface.
    pub use crate::macro_support::*;
}

pub use cli::runner::{Runner, runner};
#[cfg(feature = "duckdb")]
pub use database::duckdb::database::DuckDb;
#[cfg(feature = "duckdb")]
pub use database::duckdb::template::DuckTemplate;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use database::postgres::Postgres;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use database::postgres::rollback::Rollback;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use database::postgres::template::{Migration, PgTemplate};
#[cfg(all(target_os = "linux", feature = "redis"))]
pub use database::redis::Redis;
pub use database::sqlite::database::Database;
#[cfg(feature = "sqlite")]
pub use database::sqlite::template::Template;
pub use fixture::context::{Fixture, FixtureContext};
pub use fixture::definition::Shared;
pub use lane::bound_port::BoundPort;
pub use lane::dirs::{TestDir, WorkerDir};
pub use lane::port::Port;
pub use model::error::{Error, ErrorKind, FixtureError, FixtureResult};
#[doc(hidden)]
pub use model::shell;
pub use model::tags::Tags;
pub use model::worker::Worker;
#[cfg(feature = "filterset")]
#[doc(hidden)]
pub use plan::filterset;
#[doc(inline)]
pub use swimlanes_core::backoff::{Backoff, RetryOn};
#[cfg(feature = "kit")]
#[doc(inline)]
pub use swimlanes_kit as kit;
/// ```
/// # mod suite {
/// use swimlanes::prelude::*;
///
/// struct Server {
///     address: String,
/// }
///
/// #[swimlanes::fixture(scope = "process", teardown = stop)]
/// fn server() -> Result<Server, std::io::Error> {
///     Ok(Server { address: "localhost:1".to_owned() })
/// }
///
/// fn stop(server: Server) {
///     drop(server);
/// }
///
/// /// What each test has for itself.
/// struct Account(String);
///
/// #[swimlanes::fixture]
/// fn account(server: &Server, dir: TestDir) -> Account {
///     Account(format!("{} at {}", dir.path().display(), server.address))
/// }
///
/// #[swimlanes::test]
/// fn pays(account: Account, server: &Server) {
///     assert!(account.0.ends_with(&server.address));
/// }
/// # }
/// ```
pub use swimlanes_macros::fixture;
/// ```
/// # mod suite {
/// #[swimlanes::test]
/// fn adds() {
///     assert_eq!(1 + 1, 2);
/// }
///
/// swimlanes::main!();
/// # }
/// ```
pub use swimlanes_macros::main;
pub use swimlanes_macros::test;
