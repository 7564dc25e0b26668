//! A parallel test harness: tests run on workers, and every worker swims in its own lane, with its own database file,
//! ports and directory.
//!
//! A test target sets `harness = false` in Cargo.toml, its tests have the attribute [`#[swimlanes::test]`](macro@test), and it ends
//! with [`main!`]. The compiler drops a plain `#[test]` from such a target; [`main!`] warns about each and says how to make it run.
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
//!     // No other test has this port or this directory, and no other test uses redis at the same time.
//!     std::fs::write(dir.path().join("port"), port.number().to_string()).unwrap();
//! }
//!
//! # mod hidden {
//! swimlanes::main!();
//! # }
//! # fn main() {}
//! ```
//!
//! The [guide] has a page for each question.
//!
//! # Fixtures
//!
//! The parameters of a test are fixtures. A fixture is found by its type:
//!
//! | type | what the test gets | feature |
//! |---|---|---|
//! | [`Worker`] | the worker that runs the test, and the run | – |
//! | [`Seed`] | a seed for the random choices of the test | – |
//! | [`TestDir`], [`WorkerDir`] | a directory of the test, of the worker | – |
//! | [`Port`], [`BoundPort`] | a free port, a bound listener | – |
//! | [`Database`] | a database file of the worker, and more for the test | connections and templates: `sqlite` |
//! | `Postgres` | a PostgreSQL database of the worker, and more for the test | `postgres` |
//! | `Redis` | a Redis server of the worker | `redis` |
//! | `DuckDb` | a DuckDB database of the worker, and more for the test | `duckdb` |
//! | what a function with [`macro@fixture`] returns | that value, with the scope that the function declares | – |
//! | a type that implements [`Fixture`] | what the implementation makes | – |
//!
//! What a fixture leases for a test is released when the attempt ends, even after a panic. When the run ends, its files are removed. If a run
//! is killed, the next one removes them.
//!
//! # Cases
//!
//! `cases(…)` gives values to the parameters with `#[case]`, and `#[values(…)]` to the parameter that it precedes. Each case, and each
//! combination of values, is a test with its own name:
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
//! # Tags
//!
//! The arguments of the attribute are tags, limits and hints; [`macro@test`] has the table. Conflicting tests are never scheduled at the
//! same time. A test that waits for another one occupies no worker, and its timeout does not count down.
//!
//! # Captured output
//!
//! On Linux with the GNU C library, the output of a test is kept under its name and shown if the test fails. This includes what its threads
//! write to stdout and stderr with the standard library. The first and the last 512 KiB of each attempt are kept, and a line between
//! them says how much was omitted. Output of a thread that outlives its test is shown at the end of the run, under the name of that
//! test. A thread pool that several tests share belongs to the test that started it.
//!
//! **Limits:** output of C code and of child processes is not captured, unless the test runs in a worker process. Text
//! without a line break can appear under the name of another test, since the standard library keeps it in a buffer that all threads share;
//! [`swimlanes::print!`](crate::print) and its siblings do not have this limit. On other systems, output is captured only in worker processes.
//!
//! # Isolation
//!
//! | `--isolation` | where tests run | what a crash costs |
//! |---|---|---|
//! | `thread` (default) | on threads of one process, which the controller starts | the test fails; tests that ran beside it run again in a new process |
//! | `process` | in one process for each worker | the test fails |
//! | `test` | in one process for each attempt; on Linux it is a fork of a process that has only started, if `main` is [`main!`] | the test fails |
//! | `none` | on threads of the process that cargo starts; for debuggers | the run ends |
//!
//! `#[swimlanes::test(isolation = "process")]` gives each attempt of one test its own process. Under cargo-nextest each test has a process
//! anyway, so the mode is `none` there. A test that hangs fails when its `timeout` is over, in every mode.
//!
//! A test that times out is reported with the stack of its thread. In a worker process, the stack is captured when the timeout ends. In
//! thread mode this is so on x86-64 Linux if the thread waits in a system call; the stack of a CPU-bound test is captured when the
//! process exits.
//!
//! In every mode but `none`, a `main` of your own runs in several processes. Tests that it makes at run time must have the same names in
//! each of them; a test that a process does not have fails there and says so.
//!
//! # Limits of this version
//!
//! Linux is tested. On other Unix systems output is captured only in worker processes, and no test covers them. On Windows only
//! `--isolation none` exists, without capture, and it is not tested.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `progress` | yes | on a terminal, a line for each worker with what it runs |
//! | `tokio` | no | async tests and fixtures, each test on its own Tokio runtime |
//! | `sqlite` | no | [`sqlite`]: `Template`, and connections to a [`Database`]; builds SQLite from C |
//! | `postgres` | no | `postgres`: a PostgreSQL database for each worker and each test, on a server that the run starts; Linux |
//! | `redis` | no | `redis`: a Redis server for each worker; Linux |
//! | `duckdb` | no | `duckdb`: a DuckDB file for each worker, databases in memory for each test; links a shared libduckdb |
//! | `junit` | no | `--junit FILE` and `--format junit`, the results as XML for CI servers |
//! | `kit` | no | `kit`, the crate swimlanes-kit: races with a seeded scheduler, events, retries, histories, locks. Enables the points of crates that depend on swimlanes-kit |
//! | `filterset` | no | `-E EXPRESSION`, the filter language of cargo-nextest, in the test binary; needs Rust 1.91 |
#![cfg_attr(docsrs, feature(doc_cfg))]

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

#[cfg(any(doc, doctest))]
pub mod guide;
pub mod prelude;

#[doc(hidden)]
pub mod __private {
    //! The only path that the macros name. It is no part of the public interface.
    pub use crate::macro_support::*;
}

pub use cli::runner::{Runner, runner};
#[cfg(feature = "duckdb")]
pub use database::duckdb::{self, DuckDb, Template as DuckTemplate};
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use database::postgres::{self, Migration, Postgres, Rollback, Template as PgTemplate};
#[cfg(all(target_os = "linux", feature = "redis"))]
pub use database::redis::{self, Redis};
#[cfg(feature = "sqlite")]
pub use database::sqlite::Template;
pub use database::sqlite::{self, Database};
pub use fixture::context::{Fixture, FixtureContext};
pub use fixture::definition::Shared;
pub use lane::bound_port::BoundPort;
pub use lane::dirs::{TestDir, WorkerDir};
pub use lane::port::Port;
pub use model::current_test::CurrentTest;
pub use model::error::{Error, ErrorKind, FixtureError, FixtureResult};
pub use model::seed::Seed;
#[doc(hidden)]
pub use model::shell;
pub use model::tags::Tags;
pub use model::worker::Worker;
pub use os::current_test::current_test;
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
