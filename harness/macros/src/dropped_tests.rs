//! Finds the functions of a target that are written as tests, and that the compiler drops because the target has `harness = false`.
//!
//! The source files are read as tokens: what a file says is enough, and it need not be understood. Tests that other macros generate
//! cannot be seen.

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

/// The dropped functions of the crate whose root is the file `root`, in the order of the modules. `ours` are the names of the
/// crate that has our attribute; `read` answers the text of a file.
pub(crate) fn find(root: &Path, ours: &[&str], read: &dyn Fn(&Path) -> Option<String>) -> Vec<DroppedTest> {
    let tree = walk::read_crate(root, ours, read);
    classify::dropped_tests(&tree, ours)
}

#[cfg(test)]
mod tests;
