//! Captures the output of each test. `os/sys` explains how it works, and where it does not.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::model::config::Capture;
use crate::model::current_test::CurrentTest;
use crate::model::mutex::MutexExt;
use crate::model::worker::Slot;
use crate::os::sys::{self, streams};
use crate::os::thread_output::ThreadOutput;

const STDOUT: i32 = 1;
const STDERR: i32 = 2;

/// Where the output of one worker's tests goes.
#[derive(Debug, Default)]
pub(crate) struct OutputSink {
    records: Mutex<ThreadOutputs>,
}

#[derive(Debug, Default)]
struct ThreadOutputs {
    current: Arc<ThreadOutput>,
    /// Records of ended attempts whose threads have not ended.
    ended_threads: Vec<Arc<ThreadOutput>>,
}

/// While this exists, this thread and the threads it starts work for the owner, and their output goes into the sink.
#[must_use = "output is captured while this lives"]
pub(crate) struct Captured {
    before: Option<Arc<ThreadOutput>>,
}

impl OutputSink {
    /// From now on this thread works for `owner`, which is this test on this worker. Its output is kept, or passes through.
    pub(crate) fn capture(&self, owner: u64, slot: Slot, test: Option<CurrentTest>, capture: Capture) -> Captured {
        if capture != Capture::Off {
            sys::install_atfork();
        }
        let record = Arc::clone(&self.lock().current);
        record.begin(owner, slot, test, capture);
        Captured { before: streams::attach(Some(record)) }
    }

    /// The unfinished last line of the attempt, as it is to be shown now.
    pub(crate) fn rest(&self) -> Option<Vec<u8>> {
        self.lock().current.rest()
    }

    /// Returns the output since the last call. A thread that outlives its attempt keeps the old record, so its later output
    /// does not appear under the name of another test: see [`late`](Self::late).
    pub(crate) fn take(&self) -> Vec<u8> {
        let mut records = self.lock();
        // Check before reading: if no thread shares the record, no more output can follow.
        if Arc::get_mut(&mut records.current).is_none() {
            let ended_threads = std::mem::take(&mut records.current);
            records.ended_threads.push(Arc::clone(&ended_threads));
            return ended_threads.take();
        }
        records.current.take()
    }

    /// Returns the output of this owner's attempt since the last call, if it is the current attempt.
    pub(crate) fn take_of(&self, owner: u64) -> Option<Vec<u8>> {
        let current = Arc::clone(&self.lock().current);
        (current.owner() == owner).then(|| current.take())
    }

    /// Returns the output of ended attempts since the last call, with their owners. Removes records whose threads have
    /// ended.
    pub(crate) fn late(&self) -> Vec<(u64, Vec<u8>)> {
        let mut late = Vec::new();
        self.lock().ended_threads.retain_mut(|record| {
            // Check before reading, as above.
            let is_held = Arc::get_mut(record).is_none();
            let output = record.take();
            if !output.is_empty() {
                late.push((record.owner(), output));
            }
            is_held
        });
        late
    }

    fn lock(&self) -> MutexGuard<'_, ThreadOutputs> {
        // The records are consistent at every moment.
        self.records.lock_even_if_poisoned()
    }
}

/// Flushes stdout. An unfinished line waits in the standard library's buffer, which all threads share, and would be
/// attributed to the next thread that writes.
pub(crate) fn flush() {
    // There is no place to report an error.
    let _ = std::io::stdout().flush();
}

impl Captured {
    /// This thread works for the owner until it ends.
    pub(crate) fn stay(self) {
        std::mem::forget(self);
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        drop(streams::attach(self.before.take()));
    }
}

/// Returns what this thread writes during the call; `None` where output cannot be attributed to threads.
pub(crate) fn divert(write: impl FnOnce()) -> Option<Vec<u8>> {
    if !streams::WORKS {
        write();
        return None;
    }
    let sink = OutputSink::default();
    let captured = sink.capture(streams::owner(), Slot(0), streams::current_test(), Capture::PerTest);
    write();
    drop(captured);
    Some(sink.take())
}

/// Writes to stderr, or to the sink of this thread, in one piece.
pub(crate) fn write_error(bytes: &[u8]) {
    // There is no place to report an error.
    let _ = std::io::stderr().write_all(bytes);
}

/// Prints to stdout, or to the record of this thread, without the standard library's buffer.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    if !streams::is_kept() {
        return std::print!("{text}");
    }
    let text = text_of(text);
    // The output of earlier calls of `std::print!` comes first.
    flush();
    streams::keep(STDOUT, &[text.as_bytes()]);
}

/// Prints to stderr, or to the record of this thread.
pub(crate) fn eprint(text: fmt::Arguments<'_>) {
    if !streams::is_kept() {
        return std::eprint!("{text}");
    }
    streams::keep(STDERR, &[text_of(text).as_bytes()]);
}

// The text is formatted before it is written: output that threads of one test print at the same time is not mixed, and
// formatting may print, too.
fn text_of(text: fmt::Arguments<'_>) -> Cow<'static, str> {
    text.as_str().map_or_else(|| text.to_string().into(), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::model::test_id::NO_OWNER;

    #[test]
    fn threads_have_the_owner_of_their_parent() {
        for capture in [Capture::PerTest, Capture::Off] {
            let sink = OutputSink::default();
            let captured = sink.capture(7, Slot(0), None, capture);
            let inner = thread::spawn(|| thread::spawn(streams::owner).join()).join();
            let expected = if streams::WORKS { 7 } else { NO_OWNER };
            assert_eq!(inner.expect("no panic").expect("no panic"), expected);
            assert_eq!(streams::owner(), 7);
            drop(captured);
            assert_eq!(streams::owner(), NO_OWNER);
        }
    }

    #[test]
    fn late_output_of_a_thread_is_attributed_to_its_owner() {
        let sink = OutputSink::default();
        let captured = sink.capture(7, Slot(0), None, Capture::PerTest);
        let (go, gone) = channel::<()>();
        let (done, finished) = channel();
        let thread = thread::spawn(move || {
            while gone.recv().is_ok() {
                streams::keep(STDOUT, &[b"late"]);
                done.send(()).expect("the receiver waits");
            }
        });
        drop(captured);
        assert_eq!(sink.take(), b"");
        if !streams::WORKS {
            return;
        }
        for owner in 8..10 {
            let captured = sink.capture(owner, Slot(0), None, Capture::PerTest);
            go.send(()).expect("it waits");
            finished.recv().expect("it writes");
            streams::keep(STDOUT, &[b"mine"]);
            drop(captured);
            assert_eq!(sink.take(), b"mine");
            assert_eq!(sink.late(), [(7, b"late".to_vec())]);
            assert_eq!(sink.late(), []);
        }
        assert_eq!(sink.lock().ended_threads.len(), 1);
        drop(go);
        thread.join().expect("no panic");
        assert_eq!(sink.late(), []);
        assert_eq!(sink.lock().ended_threads.len(), 0);
    }

    #[test]
    fn attempts_without_remaining_threads_reuse_one_record() {
        let sink = OutputSink::default();
        let record = Arc::as_ptr(&sink.lock().current);
        for owner in 1..4 {
            let captured = sink.capture(owner, Slot(0), None, Capture::PerTest);
            drop(captured);
            sink.take();
        }
        assert_eq!(Arc::as_ptr(&sink.lock().current), record);
    }
}
