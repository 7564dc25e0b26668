//! The process that cargo starts: it launches the processes that run tests, recovers from their crashes, and reports.

pub(crate) mod backend;
pub(crate) mod exit_code;
#[cfg(target_os = "linux")]
pub(crate) mod fixture_server_shutdown;
pub(crate) mod in_process;
#[cfg(unix)]
pub(crate) mod monitor;
#[cfg(unix)]
pub(crate) mod recovery;
pub(crate) mod run_loop;
pub(crate) mod synthesized_events;
#[cfg(unix)]
pub(crate) mod test_host;
#[cfg(unix)]
pub(crate) mod test_hosts;
