//! Detaches children that a test forks from the harness. Such a child has one thread, the one that forked. Locks that other
//! threads held stay locked in it forever, and no other process sees what it writes to memory. So the child works for no test,
//! writes to the same streams as this process, and its end is not recorded as that of this process. The locks of the standard
//! library's streams stay as they are: taking them during a fork would make unrelated tests wait for each other.
#![allow(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{shared_memory, streams};

/// From now on, forked children are detached. If the system refuses, they are not.
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
}
