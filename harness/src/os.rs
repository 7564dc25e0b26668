//! The only place that touches the outside: environment, clock, files, processes, signals, the streams.

pub(crate) mod backtrace;
pub(crate) mod bazel_files;
pub(crate) mod capture;
#[cfg(unix)]
pub(crate) mod children;
pub(crate) mod clock;
#[cfg(unix)]
pub(crate) mod codec;
pub(crate) mod current_test;
pub(crate) mod debugger;
pub(crate) mod env;
pub(crate) mod file_lock;
pub(crate) mod history_file;
mod idle_locks;
#[cfg_attr(not(unix), path = "os/leaked_elsewhere.rs")]
pub(crate) mod leaked;
pub(crate) mod machine;
#[cfg(unix)]
pub(crate) mod message_channel;
#[cfg(feature = "duckdb")]
pub(crate) mod open_file;
#[cfg(unix)]
pub(crate) mod output_pipe;
pub(crate) mod panics;
pub(crate) mod process_counts;
#[cfg(unix)]
pub(crate) mod procfs;
pub(crate) mod remove_dir;
pub(crate) mod reserved_port;
#[cfg(unix)]
pub(crate) mod saved_stdio;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod service_user;
pub(crate) mod signals;
pub(crate) mod state_dir;
pub(crate) mod stdout;
pub(crate) mod sys;
pub(crate) mod thread;
pub(crate) mod thread_output;
