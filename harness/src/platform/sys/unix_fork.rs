//! What becomes of this process's own when a test forks it. The copy has one thread, the one that forked; locks that others
//! held stay held there for ever, and what it writes into memory nobody sees. So the copy is let go: it works for no test,
//! writes to where the process does, and what ends it ends nobody else. As the C library does with its own streams, the
//! standard library's are locked while the copy is made: they are shared by all tests of the process.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io::{StderrLock, StdoutLock, stderr, stdout};
use std::sync::Once;

use super::{streams, unix_page};

thread_local! {
    static LOCKED: RefCell<Vec<(StdoutLock<'static>, StderrLock<'static>)>> = const { RefCell::new(Vec::new()) };
}

/// From now on a copy that is made of this process is let go. What the system refuses is as it would be without.
pub(crate) fn let_copies_go() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the functions are there as long as the process, and have the type that is asked for.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_copy)) };
    });
}

extern "C" fn before() {
    // A thread that ends can have no values any more; then nothing is locked.
    let _ = LOCKED.try_with(|locked| {
        let locks = (stdout().lock(), stderr().lock());
        locked.borrow_mut().push(locks);
    });
}

extern "C" fn in_parent() {
    let _ = LOCKED.try_with(|locked| locked.borrow_mut().pop());
}

extern "C" fn in_copy() {
    unix_page::forget();
    streams::forget();
    in_parent();
}
