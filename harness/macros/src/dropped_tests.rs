//! Finds the dropped tests of a target: functions with a test attribute that the compiler drops, as the target has `harness = false`.
//!
//! The search reads the source files as tokens and expands no macros. It does not find tests that other macros generate.

mod attribute;
mod classify;
mod condition;
mod macro_call;
mod paths;
mod resolve;
mod tree;
mod walk;

use std::path::Path;

pub(crate) use classify::DroppedTest;
pub(crate) use condition::Condition;
pub(crate) use walk::display_path;

/// The dropped tests of the crate whose root is the file `root`, in the order of the modules. `ours` are the names of our library in that
/// crate; `read` returns the text of a file.
pub(crate) fn find(root: &Path, ours: &[&str], read: &dyn Fn(&Path) -> Option<String>) -> Vec<DroppedTest> {
    let tree = walk::read_crate(root, ours, read);
    classify::dropped_tests(&tree, ours)
}

#[cfg(test)]
mod tests;
