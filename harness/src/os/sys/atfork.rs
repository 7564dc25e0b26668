//! What becomes of this process's own when a test forks it. The copy has one thread, the one that forked; locks that others
//! held stay held there for ever, and what it writes into memory nobody sees. So the copy is let go: it works for no test,
//! writes to where the process does, and what ends it ends nobody else. The standard library's locks on its streams stay as they
//! are: to take them for the time of a fork would have tests wait for each other that know nothing of each other.
#![allow(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{shared_memory, streams};

/// From now on a copy that is made of this process is let go. What the system refuses is as it would be without.
pub(crate) fn install_atfork() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the function is there as long as the process, and has the type that is asked for.
        unsafe { libc::pthread_atfork(None, None, Some(in_copy)) };
    });
}

static IS_COPY: AtomicBool = AtomicBool::new(false);

/// Whether this process is a copy that was made by a fork after [`install_atfork`] was called.
pub(crate) fn is_copy() -> bool {
    IS_COPY.load(Ordering::Relaxed)
}

extern "C" fn in_copy() {
    IS_COPY.store(true, Ordering::Relaxed);
    shared_memory::forget();
    streams::forget();
}
