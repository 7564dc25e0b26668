//! Systems where output cannot be attributed to threads: it passes through. The owner is known only for the thread that
//! runs a test, not for the threads that it starts.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::model::current_test::CurrentTest;
use crate::model::test_id;
use crate::os::thread_output::ThreadOutput;

/// Whether the output of a thread can be kept on this system.
pub(crate) const WORKS: bool = false;

thread_local! {
    static RECORD: RefCell<Option<Arc<ThreadOutput>>> = const { RefCell::new(None) };
    static OWNER: Cell<u64> = const { Cell::new(test_id::NO_OWNER) };
}

/// Attaches this thread to this record. Returns the previous record.
pub(crate) fn attach(record: Option<Arc<ThreadOutput>>) -> Option<Arc<ThreadOutput>> {
    OWNER.set(record.as_ref().map_or(test_id::NO_OWNER, |record| record.owner()));
    RECORD.replace(record)
}

/// Called in the only thread of a child that a test has forked: it works for no test. Async-signal-safe; the record is not
/// dropped.
#[cfg(unix)]
pub(super) fn forget() {
    OWNER.set(test_id::NO_OWNER);
}

/// The owner that this thread works for. Safe in a signal handler: it only reads a thread-local value.
pub(crate) fn owner() -> u64 {
    OWNER.get()
}

/// The test that this thread runs.
pub(crate) fn current_test() -> Option<CurrentTest> {
    RECORD.with_borrow(|record| record.as_ref().and_then(|record| record.test()))
}

/// Whether this thread has a record that keeps its output: never.
pub(crate) fn is_kept() -> bool {
    false
}

/// Keeps nothing here.
pub(crate) fn keep(_fd: i32, _parts: &[&[u8]]) -> bool {
    false
}

/// Nothing is captured here.
pub(crate) fn write_captured(_fd: i32, _at: u64) -> u64 {
    0
}
