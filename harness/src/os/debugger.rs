//! Is a debugger attached to a process of the run?

use std::sync::Once;

use crate::os::capture;
#[cfg(unix)]
use crate::os::procfs;

/// The process whose descendants are the processes of the run: the one that cargo started, or under cargo-nextest the process of the test.
pub(crate) fn root(runner: Option<u32>) -> u32 {
    runner.unwrap_or_else(std::process::id)
}

/// Whether a debugger, or another tracer from outside the run, is attached to `process`, so that its timeouts must not end a test. Processes
/// that descend from `root` belong to the run: a tracer that a test starts changes nothing. The first time, a note on stderr says so.
pub(crate) fn is_attached(process: u32, root: u32) -> bool {
    let Some(tracer) = tracer(process).filter(|&tracer| !descends(tracer, root, &parent)) else { return false };
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let note = format!("note: process {tracer} traces process {process}; no timeout ends a test while it does\n");
        capture::write_error(note.as_bytes());
    });
    true
}

#[cfg(unix)]
fn tracer(process: u32) -> Option<u32> {
    procfs::status_number(process, "TracerPid:").filter(|&tracer| tracer != 0)
}

#[cfg(unix)]
fn parent(process: u32) -> Option<u32> {
    procfs::status_number(process, "PPid:")
}

#[cfg(not(unix))]
fn tracer(_process: u32) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn parent(_process: u32) -> Option<u32> {
    None
}

/// Whether the process is `root` or one of its descendants.
fn descends(process: u32, root: u32, parent: &dyn Fn(u32) -> Option<u32>) -> bool {
    // Process ids can be reused during the search, so the chain could contain a cycle.
    std::iter::successors(Some(process), |&process| parent(process)).take(1_000).any(|process| process == root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_by_their_parents() {
        // 1 <- 10 (root) <- 11 <- 12, and 1 <- 20.
        let parent = |process| match process {
            12 => Some(11),
            11 => Some(10),
            10 | 20 => Some(1),
            _ => None,
        };
        assert!(descends(10, 10, &parent));
        assert!(descends(12, 10, &parent));
        assert!(!descends(20, 10, &parent));
        assert!(!descends(1, 10, &parent));
        assert!(!descends(2, 10, &|process| Some(5 - process)));
    }
}
