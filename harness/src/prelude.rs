//! What test files import: `use swimlanes::prelude::*;` brings the fixtures. The attribute stays
//! `#[swimlanes::test]`, as a plain `#[test]` is the compiler's own.

#[cfg(feature = "duckdb")]
pub use crate::database::duckdb::database::DuckDb;
#[cfg(feature = "duckdb")]
pub use crate::database::duckdb::template::DuckTemplate;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use crate::database::postgres::Postgres;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use crate::database::postgres::template::PgTemplate;
#[cfg(all(target_os = "linux", feature = "redis"))]
pub use crate::database::redis::Redis;
pub use crate::database::sqlite::database::Database;
#[cfg(feature = "sqlite")]
pub use crate::database::sqlite::template::Template;
pub use crate::fixture::context::{Fixture, FixtureContext};
pub use crate::lane::bound_port::BoundPort;
pub use crate::lane::dirs::{TestDir, WorkerDir};
pub use crate::lane::port::Port;
pub use crate::model::error::FixtureResult;
pub use crate::model::worker::Worker;
