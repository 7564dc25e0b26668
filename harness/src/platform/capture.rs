//! What a test writes, kept under its name. How it works, and where it does not: `platform/sys`.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::platform::sys::streams::{self, Buffer};

/// Where the output of one worker's tests goes.
#[derive(Debug)]
pub(crate) struct Sink {
    buffer: Mutex<Arc<Buffer>>,
}

/// While it lives, the output of this thread, and of the threads it starts, goes into the sink.
#[must_use = "output is captured while this lives"]
pub(crate) struct Captured {
    before: Option<Arc<Buffer>>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self { buffer: Mutex::default() }
    }

    /// Captures from now on.
    pub(crate) fn capture(&self) -> Captured {
        Captured { before: streams::attach(Some(Arc::clone(&unpoisoned(&self.buffer)))) }
    }

    /// What was written since the last time. A thread that was left behind keeps the old buffer, so what it writes
    /// later comes under no other test's name.
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut buffer = unpoisoned(&self.buffer);
        let taken = std::mem::take(&mut *unpoisoned(&buffer));
        if Arc::strong_count(&buffer) > 1 {
            *buffer = Arc::default();
        }
        taken
    }
}

// Bytes are whole at every moment.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets out what was printed so far. A line without an end waits in the standard library's buffer, which all threads
/// share, and the next one to write would be taken for its author.
pub(crate) fn flush() {
    // Nowhere to complain to.
    let _ = std::io::stdout().flush();
}

impl Drop for Captured {
    fn drop(&mut self) {
        drop(streams::attach(self.before.take()));
    }
}

/// What this thread writes meanwhile; `None` where that cannot be told.
pub(crate) fn divert(write: impl FnOnce()) -> Option<Vec<u8>> {
    if !streams::WORKS {
        write();
        return None;
    }
    let sink = Sink::new();
    let captured = sink.capture();
    write();
    drop(captured);
    Some(sink.take())
}

/// Writes to stderr, or to the sink of this thread; in one piece.
pub(crate) fn write_error(bytes: &[u8]) {
    // Nowhere to complain to.
    let _ = std::io::stderr().write_all(bytes);
}
