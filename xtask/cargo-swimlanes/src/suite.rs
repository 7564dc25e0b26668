//! The test suites of a workspace: builds them with cargo, lists their tests, and runs their processes.

pub(crate) mod binary;
pub(crate) mod build;
pub(crate) mod list;
pub(crate) mod metadata;
pub(crate) mod process;
pub(crate) mod process_event;
pub(crate) mod selection;
pub(crate) mod signals;
pub(crate) mod sys;
