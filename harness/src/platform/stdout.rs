//! Stdout without the standard library's buffer and lock, which belong to the tests.

use std::io;

use crate::platform::sys;

/// Writes everything to stdout, now.
///
/// # Errors
///
/// When stdout is closed.
pub(crate) fn write_all(bytes: &[u8]) -> io::Result<()> {
    sys::write_stdout(bytes)
}
