//! Doing it: the pool of supervisors, the worker loop, attempts, and the single test under cargo-nextest.

pub(crate) mod attempt;
pub(crate) mod context;
pub(crate) mod diagnostics;
pub(crate) mod dispatcher;
pub(crate) mod event_sink;
pub(crate) mod fixture_params;
#[cfg(unix)]
pub(crate) mod host;
pub(crate) mod leak_check;
#[cfg(unix)]
pub(crate) mod lock_wait;
pub(crate) mod pool;
pub(crate) mod progress;
pub(crate) mod run_state;
pub(crate) mod single_test;
#[cfg(unix)]
pub(crate) mod stdio_probe;
pub(crate) mod supervisor;
pub(crate) mod teardown;
pub(crate) mod test_run;
pub(crate) mod watchdog;
pub(crate) mod worker;
#[cfg(unix)]
pub(crate) mod worker_process;
