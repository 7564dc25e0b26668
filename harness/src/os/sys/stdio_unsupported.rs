//! Systems where a thread's output cannot be told apart: it passes through. For whom a thread works is known only of the
//! one that runs a test, and not of those it starts.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::model::current_test::CurrentTest;
use crate::model::test_id;
use crate::os::thread_output::ThreadOutput;

/// Whether what a thread writes can be kept on this system.
pub(crate) const WORKS: bool = false;

thread_local! {
    static RECORD: RefCell<Option<Arc<ThreadOutput>>> = const { RefCell::new(None) };
    static OWNER: Cell<u64> = const { Cell::new(test_id::NOBODY) };
}

/// From now on this thread works on this record. Answers on which it did before.
pub(crate) fn attach(record: Option<Arc<ThreadOutput>>) -> Option<Arc<ThreadOutput>> {
    OWNER.set(record.as_ref().map_or(test_id::NOBODY, |record| record.owner()));
    RECORD.replace(record)
}

/// This thread is the only one of a copy that a test has forked: it works for nobody. Async-signal-safe; what it had is not
/// dropped.
#[cfg(unix)]
pub(super) fn forget() {
    OWNER.set(test_id::NOBODY);
}

/// For whom this thread works. A signal handler may ask: this reads a thread-local value, and no more.
pub(crate) fn owner() -> u64 {
    OWNER.get()
}

/// The test that this thread runs.
pub(crate) fn current_test() -> Option<CurrentTest> {
    RECORD.with_borrow(|record| record.as_ref().and_then(|record| record.test()))
}

/// Whether this thread has a record that takes what it writes: never.
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
