//! What test files import: `use swimlanes::prelude::*;` brings the fixtures. The attribute stays
//! `#[swimlanes::test]`, as a plain `#[test]` is the compiler's own.

#[cfg(feature = "duckdb")]
pub use crate::database::duckdb::{DuckDb, Template as DuckTemplate};
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use crate::database::postgres::{Postgres, Template as PgTemplate};
#[cfg(all(target_os = "linux", feature = "redis"))]
pub use crate::database::redis::Redis;
pub use crate::database::sqlite::Database;
#[cfg(feature = "sqlite")]
pub use crate::database::sqlite::Template;
pub use crate::fixture::context::{Fixture, FixtureContext};
pub use crate::lane::bound_port::BoundPort;
pub use crate::lane::dirs::{TestDir, WorkerDir};
pub use crate::lane::port::Port;
pub use crate::model::error::FixtureResult;
pub use crate::model::seed::Seed;
pub use crate::model::worker::Worker;
