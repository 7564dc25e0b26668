//! What a worker or a test owns while it runs: directories, database files, ports, and locks against other processes.

pub(crate) mod bound_port;
pub(crate) mod database;
pub(crate) mod dir;
pub(crate) mod hold;
pub(crate) mod lane;
pub(crate) mod leased_dir;
pub(crate) mod port;
pub(crate) mod port_block;
pub(crate) mod run_dir;
#[cfg(feature = "sqlite")]
pub(crate) mod template;
#[cfg(feature = "sqlite")]
pub(crate) mod template_names;
