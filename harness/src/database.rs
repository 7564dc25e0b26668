//! Databases and the servers they need: SQLite, DuckDB, PostgreSQL, Redis.

#[cfg(feature = "duckdb")]
pub(crate) mod duckdb;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) mod postgres;
#[cfg(all(target_os = "linux", feature = "redis"))]
pub(crate) mod redis;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod service;
pub(crate) mod sqlite;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
pub(crate) mod template_names;
