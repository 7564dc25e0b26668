//! The guide: one page for each question, with examples that are tested.
//!
//! | question | page |
//! |---|---|
//! | How do I run a first test? | [`getting_started`] |
//! | How do I move a suite from libtest, serial_test, rstest or sqlx::test? | [`migrating`] |
//! | **Writing tests** | |
//! | What can `#[swimlanes::test]` say? | [`attributes`] |
//! | Where do the parameters of a test come from? | [`fixtures`] |
//! | How does one function become several tests? | [`cases`] |
//! | Which tests never run at the same time? | [`resources`] |
//! | **Databases and servers** | |
//! | How does each test get a SQLite database? | [`sqlite`] |
//! | How does each test get a PostgreSQL database? | [`postgres`] |
//! | How does each worker get a Redis server? | [`redis`] |
//! | How does each test get a DuckDB database? | [`duckdb`] |
//! | **Running tests** | |
//! | Where do tests run, and what does a crash cost? | [`isolation`] |
//! | When does a test time out, when is it retried, and what does it leave behind? | [`timeouts`] |
//! | Which flags are there? | [`command_line`] |
//! | Which environment variables are there? | [`environment`] |
//! | How do I run the suite under cargo-nextest? | [`nextest`] |
//! | How do I run the suite in CI? | [`ci`] |
//! | How do I split a suite over several machines? | [`shards`] |
//! | **Flaky tests** | |
//! | How do I reproduce a race? | [`races`] |
//! | How flaky is a suite? | [`stability`] |
//! | **Reference** | |
//! | How does another program read the results? | [`events`] |
//! | How does swimlanes differ from other harnesses? | [`comparison`] |
//! | What does each fault of a test cost? | [`faults`] |
//! | How fast is it? | [`measurements`] |
//! | What does it cost to depend on it? | [`cost_of_adoption`] |
//! | What can change in a release? | [`versions`] |
//! | How does swimlanes work? | [`internals`] |

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/attributes.md")]
pub mod attributes {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/cases.md")]
pub mod cases {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/ci.md")]
pub mod ci {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/command_line.md")]
pub mod command_line {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/comparison.md")]
pub mod comparison {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/cost-of-adoption.md")]
pub mod cost_of_adoption {}

#[cfg_attr(feature = "duckdb", doc = include_str!("../guide/links.txt"), doc = include_str!("../guide/duckdb.md"))]
#[cfg_attr(not(feature = "duckdb"), doc = "Enable the feature `duckdb` to see this page.")]
pub mod duckdb {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/environment.md")]
pub mod environment {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/events.md")]
pub mod events {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/faults.md")]
pub mod faults {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/fixtures.md")]
pub mod fixtures {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/internals.md")]
pub mod internals {
    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/capture.md")]
    pub mod capture {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/crashes.md")]
    pub mod crashes {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/decisions.md")]
    pub mod decisions {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/fixture-server.md")]
    pub mod fixture_server {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/life-of-a-test.md")]
    pub mod life_of_a_test {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/processes.md")]
    pub mod processes {}

    #[doc = include_str!("../guide/links.txt")]
    #[doc = include_str!("../guide/internals/scheduler.md")]
    pub mod scheduler {}
}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/isolation.md")]
pub mod isolation {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/measurements.md")]
pub mod measurements {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/migrating.md")]
pub mod migrating {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/nextest.md")]
pub mod nextest {}

#[cfg_attr(all(target_os = "linux", feature = "postgres"), doc = include_str!("../guide/links.txt"), doc = include_str!("../guide/postgres.md"))]
#[cfg_attr(
    not(all(target_os = "linux", feature = "postgres")),
    doc = "Enable the feature `postgres` to see this page."
)]
pub mod postgres {}

#[cfg_attr(feature = "kit", doc = include_str!("../guide/links.txt"), doc = include_str!("../guide/races.md"))]
#[cfg_attr(not(feature = "kit"), doc = "Enable the feature `kit` to see this page.")]
pub mod races {}

#[cfg_attr(all(target_os = "linux", feature = "redis"), doc = include_str!("../guide/links.txt"), doc = include_str!("../guide/redis.md"))]
#[cfg_attr(not(all(target_os = "linux", feature = "redis")), doc = "Enable the feature `redis` to see this page.")]
pub mod redis {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/resources.md")]
pub mod resources {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/shards.md")]
pub mod shards {}

#[cfg_attr(feature = "sqlite", doc = include_str!("../guide/links.txt"), doc = include_str!("../guide/sqlite.md"))]
#[cfg_attr(not(feature = "sqlite"), doc = "Enable the feature `sqlite` to see this page.")]
pub mod sqlite {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/stability.md")]
pub mod stability {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/timeouts.md")]
pub mod timeouts {}

#[doc = include_str!("../guide/links.txt")]
#[doc = include_str!("../guide/versions.md")]
pub mod versions {}
