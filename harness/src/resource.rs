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
pub(crate) mod lane;
pub(crate) mod leased_dir;
pub(crate) mod port;
pub(crate) mod port_block;
pub(crate) mod run_dir;
#[cfg(feature = "sqlite")]
pub(crate) mod template;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
pub(crate) mod template_names;
