//! The only place that touches the outside: environment, clock, files, processes, signals, the streams.

pub(crate) mod base;
pub(crate) mod capture;
pub(crate) mod census;
#[cfg(unix)]
pub(crate) mod child;
pub(crate) mod clock;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod daemon;
pub(crate) mod env;
pub(crate) mod exits;
#[cfg(unix)]
pub(crate) mod fork_server;
#[cfg(unix)]
pub(crate) mod hear;
pub(crate) mod holder;
#[cfg(target_os = "linux")]
pub(crate) mod keeping;
#[cfg(unix)]
pub(crate) mod kept_streams;
#[cfg(unix)]
pub(crate) mod line;
pub(crate) mod lock;
pub(crate) mod machine;
#[cfg(feature = "duckdb")]
pub(crate) mod open_file;
#[cfg(unix)]
pub(crate) mod orphans;
#[cfg(unix)]
pub(crate) mod packed;
pub(crate) mod panics;
#[cfg(unix)]
pub(crate) mod parent;
#[cfg(unix)]
pub(crate) mod proc;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod signals;
pub(crate) mod stack;
pub(crate) mod stdout;
pub(crate) mod sys;
pub(crate) mod thread;
#[cfg(unix)]
pub(crate) mod unwaited;
pub(crate) mod wire;
#[cfg(unix)]
pub(crate) mod written;
