//! Unix: what happens at a call of `exit`.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use crate::os::sys::unix::write_past;

static ON_EXIT: OnceLock<fn()> = OnceLock::new();

/// Registers `on_exit`, to be called when the process ends by `exit` or by returning from `main`, on the thread that
/// does so.
pub(crate) fn at_exit(on_exit: fn()) {
    if ON_EXIT.set(on_exit).is_ok() {
        // SAFETY: `call` is a function that lives as long as the process, and does not unwind.
        unsafe { libc::atexit(call) };
    }
}

extern "C" fn call() {
    if let Some(on_exit) = ON_EXIT.get() {
        on_exit();
    }
}

/// Writes to stderr and ends the process at once, without calling exit handlers.
pub(crate) fn exit_immediately(message: &[u8], code: i32) -> ! {
    // There is no place to report an error.
    let _ = write_past(rustix::stdio::stderr(), message);
    // SAFETY: it takes a number and does not return.
    unsafe { libc::_exit(code) }
}

/// Writes the output of C code that the C library still buffers.
pub(crate) fn flush_c_streams() {
    // SAFETY: null stands for all open streams.
    unsafe { libc::fflush(std::ptr::null_mut()) };
}
