//! What test files import: `use swimlanes::prelude::*;` brings the fixtures. The attribute stays
//! `#[swimlanes::test]`, as a plain `#[test]` is the compiler's own.

pub use crate::model::error::FixtureResult;
pub use crate::model::fixture::{Fixture, Setup};
pub use crate::model::worker::Worker;
pub use crate::resource::bound_port::BoundPort;
pub use crate::resource::database::Database;
pub use crate::resource::dir::{TestDir, WorkerDir};
#[cfg(feature = "duckdb")]
pub use crate::resource::duck_db::DuckDb;
#[cfg(feature = "duckdb")]
pub use crate::resource::duck_template::DuckTemplate;
pub use crate::resource::port::Port;
#[cfg(all(target_os = "linux", feature = "redis"))]
pub use crate::resource::redis::Redis;
#[cfg(feature = "sqlite")]
pub use crate::resource::template::Template;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub use crate::resource::{postgres::Postgres, postgres_template::PgTemplate};
