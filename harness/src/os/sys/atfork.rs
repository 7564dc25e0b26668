//! Prepares the child of a fork that a test makes. The child has one thread, the one that forked. Locks that other threads held stay locked
//! in it, and the process does not see what it writes into memory. So the child works for no test, writes to where the process does, and
//! has the signal handlers that it would have without swimlanes. The standard library's locks on its streams stay as they are: if a fork took
//! them, tests would wait for each other.
#![allow(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{crash_handler, shared_memory, stop_signals, streams};

/// Prepares each child of a fork from now on. If the system refuses, children are as they would be without this.
pub(crate) fn install_atfork() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the function exists as long as the process, and has the required type.
        unsafe { libc::pthread_atfork(None, None, Some(in_copy)) };
    });
}

static IS_COPY: AtomicBool = AtomicBool::new(false);

/// Whether this process was forked after [`install_atfork`] was called.
pub(crate) fn is_copy() -> bool {
    IS_COPY.load(Ordering::Relaxed)
}

extern "C" fn in_copy() {
    IS_COPY.store(true, Ordering::Relaxed);
    shared_memory::forget();
    streams::forget();
    stop_signals::remove_handler();
    crash_handler::remove_handlers();
}
