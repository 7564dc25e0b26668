//! Threads of the harness. One function that is not generic starts all of them: each type of closure that is passed to the standard
//! library would get a copy of all the code that starts a thread, and the dynamic linker needs time for that code at every start of a
//! process.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Enough for a thread that waits and sends messages, and calls no user code.
const SMALL: usize = 128 * 1024;

/// Starts a thread for user code, with the stack size of the standard library.
///
/// # Errors
///
/// When the system has no more threads.
pub(crate) fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    spawn(Builder::new().name(name.to_owned()), Box::new(work))
}

/// Starts a thread with a small stack.
///
/// # Errors
///
/// When the system has no more threads.
pub(crate) fn start_small(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    spawn(Builder::new().name(name.to_owned()).stack_size(SMALL), Box::new(work))
}

/// Waits at most `time` for the end of this thread, including its destructors. Returns whether it has ended; also `true` if the system
/// has no thread to wait with, because the answer is unknown then.
///
/// # Errors
///
/// The payload of its panic.
pub(crate) fn joined_within(thread: JoinHandle<()>, time: Duration) -> std::thread::Result<bool> {
    let (sender, joined) = channel();
    // Joining a thread has no timeout, so a second thread does it.
    let join = move || {
        let _ = sender.send(thread.join());
    };
    match start_small("join", join).map(|_| joined.recv_timeout(time)) {
        Ok(Ok(joined)) => joined.map(|()| true),
        Ok(Err(_)) => Ok(false),
        Err(_) => Ok(true),
    }
}

/// Waits for this time, where no event could end the wait sooner.
pub(crate) fn rest(rest: Duration) {
    let start = Instant::now();
    // The wait is for time itself. An old `unpark` may wake the thread too early.
    while let Some(remaining) = rest.checked_sub(start.elapsed()).filter(|remaining| !remaining.is_zero()) {
        std::thread::park_timeout(remaining);
    }
}

/// How many threads started here have not ended.
static OURS: AtomicI64 = AtomicI64::new(0);

/// How many threads started here have not ended.
pub(crate) fn n_ours() -> i64 {
    OURS.load(Ordering::Relaxed)
}

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        OURS.fetch_sub(1, Ordering::Relaxed);
    }
}

fn spawn(builder: Builder, work: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    OURS.fetch_add(1, Ordering::Relaxed);
    let counted = Counted;
    builder.spawn(move || {
        let _counted = counted;
        work();
    })
}
