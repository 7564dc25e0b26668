//! Databases and the servers they need: SQLite, DuckDB, PostgreSQL, Redis.

#[cfg(feature = "duckdb")]
pub mod duckdb;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub mod postgres;
#[cfg(all(target_os = "linux", feature = "redis"))]
pub mod redis;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod service;
pub mod sqlite;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
pub(crate) mod template_names;
