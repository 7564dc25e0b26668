//! What a thread, and those it starts, have written, and for whom they work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use crate::model::config::Capture;
use crate::model::excerpt::Excerpt;

/// What a thread, and those it starts, have written, and for whom they work. At first nobody's.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Atomic, so that a signal handler may ask.
    owner: AtomicU64,
    keeps: AtomicBool,
    written: Mutex<Excerpt>,
}

impl Record {
    /// From now on it is this owner's, and takes what its threads write, or lets it pass. No thread but the caller's has it.
    pub(crate) fn begin(&self, owner: u64, capture: Capture) {
        self.owner.store(owner, Ordering::Relaxed);
        self.keeps.store(capture == Capture::PerTest, Ordering::Relaxed);
    }

    pub(crate) fn owner(&self) -> u64 {
        self.owner.load(Ordering::Relaxed)
    }

    /// Whether it takes what its threads write.
    #[allow(dead_code, reason = "asked only where the output of a thread can be told apart")]
    pub(crate) fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
    }

    /// One write, which may come in several parts.
    #[allow(dead_code, reason = "asked only where the output of a thread can be told apart")]
    pub(crate) fn append(&self, parts: &[&[u8]]) {
        // An excerpt is whole at every moment.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().for_each(|part| written.push(part));
    }

    /// Hands the pieces of what was written to `write`, for a signal handler: allocates nothing, and hands out nothing if
    /// somebody writes just now.
    #[allow(dead_code, reason = "asked only where the output of a thread can be told apart")]
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

    /// What was written since the last time.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
