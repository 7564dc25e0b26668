//! The output of a thread and of the threads it starts, and the owner that they work for.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, TryLockError};

use crate::model::config::Capture;
use crate::model::current_test::CurrentTest;
use crate::model::excerpt::Excerpt;
use crate::model::mutex::MutexExt;
use crate::model::worker::Slot;

/// The output of a thread and of the threads it starts, and the owner that they work for. At first there is no owner.
#[derive(Debug)]
pub(crate) struct ThreadOutput {
    /// Atomic, so that a signal handler can read it.
    owner: AtomicU64,
    keeps: AtomicBool,
    /// The worker whose number is the prefix of each line. A line is written to the terminal when it is complete; with
    /// [`NO_PREFIX`], none is.
    prefix: AtomicU32,
    /// Written only while a single thread has the record. So in a child that another thread forks, it is never locked for
    /// writing.
    test: RwLock<Option<CurrentTest>>,
    written: Mutex<Excerpt>,
}

impl Default for ThreadOutput {
    fn default() -> Self {
        let (owner, keeps, written) = (AtomicU64::default(), AtomicBool::default(), Mutex::default());
        Self { owner, keeps, prefix: AtomicU32::new(NO_PREFIX), test: RwLock::default(), written }
    }
}

impl ThreadOutput {
    /// Assigns the record to this owner, on this worker. The output of its threads is kept, or passes through. Only the
    /// calling thread has the record.
    pub(crate) fn begin(&self, owner: u64, slot: Slot, test: Option<CurrentTest>, capture: Capture) {
        self.owner.store(owner, Ordering::Relaxed);
        *self.test.write().unwrap_or_else(PoisonError::into_inner) = test;
        self.keeps.store(capture != Capture::Off, Ordering::Relaxed);
        let prefix = if capture == Capture::Prefixed { slot.0 } else { NO_PREFIX };
        self.prefix.store(prefix, Ordering::Relaxed);
    }

    pub(crate) fn owner(&self) -> u64 {
        self.owner.load(Ordering::Relaxed)
    }

    /// The test that its threads work for.
    pub(crate) fn test(&self) -> Option<CurrentTest> {
        *self.test.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it keeps the output of its threads.
    #[allow(dead_code, reason = "used only where the owner of a thread is known")]
    pub(crate) fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
    }

    /// Appends one write, which may have several parts. Returns the lines to be shown now, if any.
    #[allow(dead_code, reason = "used only where the owner of a thread is known")]
    pub(crate) fn append(&self, parts: &[&[u8]]) -> Option<Vec<u8>> {
        // An excerpt is consistent at every moment.
        let mut written = self.written.lock_even_if_poisoned();
        parts.iter().for_each(|part| written.push(part));
        let prefix = self.prefix.load(Ordering::Relaxed);
        if prefix == NO_PREFIX || !parts.iter().any(|part| part.contains(&b'\n')) {
            return None;
        }
        let text = written.take();
        let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        written.push(&text[end..]);
        Some(prefixed(prefix, &text[..end]))
    }

    /// The unfinished last line, as it is to be shown.
    pub(crate) fn rest(&self) -> Option<Vec<u8>> {
        let prefix = self.prefix.load(Ordering::Relaxed);
        let mut rest = if prefix == NO_PREFIX { Vec::new() } else { self.take() };
        if rest.is_empty() {
            return None;
        }
        rest.push(b'\n');
        Some(prefixed(prefix, &rest))
    }

    /// Calls `write` with the pieces of the output. For a signal handler: it allocates nothing, and skips the output if a
    /// thread is writing now.
    #[allow(dead_code, reason = "used only where the owner of a thread is known")]
    pub(crate) fn peek(&self, mut write: impl FnMut(&[u8])) {
        let written = match self.written.try_lock() {
            Ok(written) => written,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let ([head, older, newer], left_out) = written.pieces();
        write(head);
        if left_out > 0 {
            write(b"\n[swimlanes: output left out here]\n");
        }
        write(older);
        write(newer);
    }

    /// Returns the output since the last call.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.written.lock_even_if_poisoned().take()
    }
}

const NO_PREFIX: u32 = u32::MAX;

/// Returns "w0 | text" for each line.
fn prefixed(slot: u32, lines: &[u8]) -> Vec<u8> {
    let lines = lines.split_inclusive(|&byte| byte == b'\n');
    lines.flat_map(|line| [format!("w{slot} | ").as_bytes(), line].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are shown after each write, and at the end.
    #[track_caller]
    fn check(writes: &[&str], expected: &[&str], rest: &str) {
        let record = ThreadOutput::default();
        record.begin(1, Slot(3), None, Capture::Prefixed);
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap_or_default()).expect("text");
        let shown: Vec<String> = writes.iter().map(|write| text(record.append(&[write.as_bytes()]))).collect();
        assert_eq!(shown, expected);
        assert_eq!(text(record.rest()), rest);
        assert!(record.take().is_empty());
    }

    #[test]
    fn shown_lines_begin_with_their_worker() {
        check(&["a\n"], &["w3 | a\n"], "");
        check(&["a", "b\nc"], &["", "w3 | ab\n"], "w3 | c\n");
        check(&["a\n\nb\n"], &["w3 | a\nw3 | \nw3 | b\n"], "");
        check(&[""], &[""], "");
    }

    #[test]
    fn captured_output_is_not_shown() {
        let record = ThreadOutput::default();
        record.begin(1, Slot(3), None, Capture::PerTest);
        assert_eq!(record.append(&[b"a\n"]), None);
        assert_eq!(record.rest(), None);
        assert_eq!(record.take(), b"a\n");
    }
}
