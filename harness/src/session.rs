//! From the command line to the exit code: read what is asked, plan, run, report, check the ledger.

pub(crate) mod again;
pub(crate) mod arguments;
pub(crate) mod configure;
pub(crate) mod exit;
#[cfg(feature = "filterset")]
pub(crate) mod filterset;
pub(crate) mod list;
pub(crate) mod nextest;
pub(crate) mod runner;
pub(crate) mod start;
