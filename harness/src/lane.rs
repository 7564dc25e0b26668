//! What a worker or a test owns while it runs: directories, database files, ports, and locks against other processes.

pub(crate) mod bound_port;
pub(crate) mod database_file;
pub(crate) mod dirs;
pub(crate) mod lock_set;
pub(crate) mod port;
pub(crate) mod port_pool;
pub(crate) mod run_dir;
pub(crate) mod run_lock;
pub(crate) mod temp_dir;
pub(crate) mod worker_lane;
