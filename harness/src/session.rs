//! From the command line to the exit code: read what is asked, plan, run, report, check the ledger.

pub(crate) mod arguments;
#[cfg(unix)]
pub(crate) mod child;
pub(crate) mod configure;
mod dropped;
pub(crate) mod exit;
#[cfg(feature = "filterset")]
pub(crate) mod filterset;
pub(crate) mod fixtures;
#[cfg(unix)]
pub(crate) mod guard;
mod here;
#[cfg(unix)]
pub(crate) mod host_process;
#[cfg(target_os = "linux")]
pub(crate) mod kept;
pub(crate) mod list;
pub(crate) mod nextest;
#[cfg(unix)]
mod recover;
pub(crate) mod runner;
pub(crate) mod start;
pub(crate) mod suite;
mod times;
mod untold;
