//! What a worker or a test owns while it runs: directories, database files, ports, and locks against other processes.

pub(crate) mod bound_port;
pub(crate) mod database;
pub(crate) mod dir;
#[cfg(feature = "duckdb")]
pub(crate) mod duck_db;
#[cfg(feature = "duckdb")]
pub(crate) mod duck_instance;
#[cfg(feature = "duckdb")]
pub(crate) mod duck_template;
pub(crate) mod hold;
pub(crate) mod keeper;
pub(crate) mod lane;
pub(crate) mod leased_dir;
pub(crate) mod port;
pub(crate) mod port_block;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) mod postgres;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_budget;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_copy;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_lane;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_leftovers;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_programs;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_renewal;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) mod postgres_rollback;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_server;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_stock;
#[cfg(all(target_os = "linux", feature = "postgres"))]
pub(crate) mod postgres_template;
#[cfg(all(target_os = "linux", feature = "postgres"))]
mod postgres_waiting;
#[cfg(all(target_os = "linux", feature = "redis"))]
pub(crate) mod redis;
#[cfg(all(target_os = "linux", feature = "redis"))]
mod redis_server;
pub(crate) mod run_dir;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
mod server;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod servers;
#[cfg(all(target_os = "linux", not(any(feature = "postgres", feature = "redis"))))]
#[path = "resource/no_servers.rs"]
pub(crate) mod servers;
#[cfg(feature = "sqlite")]
pub(crate) mod template;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
pub(crate) mod template_names;
