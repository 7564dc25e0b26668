//! From the command line to the exit code: parse, plan, run, report, check the ledger.

pub(crate) mod args;
mod bazel;
#[cfg(unix)]
pub(crate) mod child_main;
mod ci_shard;
pub(crate) mod configure;
mod dropped;
#[cfg(feature = "filterset")]
pub(crate) mod filterset;
pub(crate) mod fixtures;
pub(crate) mod list;
pub(crate) mod nextest;
pub(crate) mod run_options;
pub(crate) mod runner;
pub(crate) mod start;
pub(crate) mod suite;
mod variables;
