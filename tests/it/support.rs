//! Shared code of the tests: a runner of suites, a compiler of suites, and readers of their output.

pub(crate) mod compile;
pub(crate) mod executable;
pub(crate) mod records;
pub(crate) mod scrub;
pub(crate) mod suite_runner;
pub(crate) mod trace;
#[cfg(target_os = "linux")]
pub(crate) mod wait;
