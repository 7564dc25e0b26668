//! Unix: a copy of this process, and what is allowed only where no second thread is.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::fs::MetadataExt;

/// Makes a copy of this process: in the copy `None`, and in the original the copy's number.
///
/// # Errors
///
/// When this process has a second thread, which might hold a lock that nobody would give back in the copy; when nobody can tell;
/// and when the system refuses.
pub(crate) fn copy_of_this_process() -> io::Result<Option<u32>> {
    check_for_threads()?;
    // SAFETY: this is the only thread, so the copy is whole: nothing is half done, and no lock is held by anybody else.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        id => u32::try_from(id).map(Some).map_err(|_| io::Error::last_os_error()),
    }
}

/// Sets a variable of the environment.
///
/// # Errors
///
/// When this process has a second thread, which might read the environment just now.
pub(crate) fn set_variable(name: &str, value: &str) -> io::Result<()> {
    check_for_threads()?;
    // SAFETY: this is the only thread.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

fn check_for_threads() -> io::Result<()> {
    // A directory of each thread, and its two names for itself.
    match std::fs::metadata("/proc/self/task")?.nlink() {
        3 => Ok(()),
        _ => Err(io::Error::other("the process has several threads")),
    }
}
