//! Stdout and stderr without the standard library's buffers and locks, which belong to the tests.

use std::io;

use crate::os::sys;

/// Writes everything to stdout at once.
///
/// # Errors
///
/// When stdout is closed.
pub(crate) fn write_all(bytes: &[u8]) -> io::Result<()> {
    sys::write_stdout(bytes)
}

/// Writes this to stderr, as it is. An error is ignored, as in [`complain`].
#[cfg(feature = "progress")]
pub(crate) fn show_on_stderr(text: &str) {
    let _ = sys::write_stderr(text.as_bytes());
}

/// Writes the message to stderr. An error is ignored, because there is no other place to report it.
pub(crate) fn complain(message: &str) {
    let _ = sys::write_stderr(format!("{message}\n").as_bytes());
}
