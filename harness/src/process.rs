//! Child processes of a run: how they are started, talked to, forked and reaped.

#[cfg(unix)]
pub(crate) mod await_response;
#[cfg(unix)]
pub(crate) mod bootstrap;
#[cfg(unix)]
pub(crate) mod child;
#[cfg(unix)]
pub(crate) mod event_loop;
pub(crate) mod event_stream;
pub(crate) mod exit_guard;
#[cfg(unix)]
pub(crate) mod exit_status;
pub(crate) mod fixture_server_client;
#[cfg(target_os = "linux")]
pub(crate) mod fixture_server_launch;
#[cfg(unix)]
pub(crate) mod fork_server;
#[cfg(unix)]
pub(crate) mod orphans;
#[cfg(unix)]
pub(crate) mod process_config;
#[cfg(unix)]
pub(crate) mod process_end;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) mod service_process;
pub(crate) mod wakeup;
#[cfg(unix)]
pub(crate) mod worker_client;
