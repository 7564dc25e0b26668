//! Threads of our own. All are started by one function that is not generic: each type of closure that is handed to the standard
//! library makes its own copy of all that starts a thread, and every start of a process pays for code by the dynamic linker.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Enough for a thread that waits and tells, and calls nothing of the user's.
const SMALL: usize = 128 * 1024;

/// Starts a thread for code of the user's, with a stack as the standard library gives it.
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

/// Waits for the end of this thread, its destructors included, at most so long. Says whether it has come to it; yes, too, if the system
/// has no thread to wait with, as nobody knows then.
///
/// # Errors
///
/// The payload of its panic.
pub(crate) fn joined_within(thread: JoinHandle<()>, time: Duration) -> std::thread::Result<bool> {
    let (sender, joined) = channel();
    // The system knows no end to this wait but the thread's.
    let join = move || {
        let _ = sender.send(thread.join());
    };
    match start_small("join", join).map(|_| joined.recv_timeout(time)) {
        Ok(Ok(joined)) => joined.map(|()| true),
        Ok(Err(_)) => Ok(false),
        Err(_) => Ok(true),
    }
}

/// Waits for so long, where nobody else could end the wait sooner.
pub(crate) fn rest(rest: Duration) {
    let start = Instant::now();
    // Time is the fact that is waited for. Somebody may have an old reason to wake this thread.
    while let Some(remaining) = rest.checked_sub(start.elapsed()).filter(|remaining| !remaining.is_zero()) {
        std::thread::park_timeout(remaining);
    }
}

/// Of those, the ones that are there.
static OURS: AtomicI64 = AtomicI64::new(0);

/// How many threads started here have not come to their end.
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
