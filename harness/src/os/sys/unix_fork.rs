//! Unix: forks this process, and does what is allowed only in a process with one thread.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::fs::MetadataExt;

/// Forks this process. Returns `None` in the child, and the id of the child in the parent.
///
/// # Errors
///
/// When this process has a second thread, which might hold a lock that would never be released in the child; when the number of
/// threads is unknown; and when the system refuses.
pub(crate) fn copy_of_this_process() -> io::Result<Option<u32>> {
    check_for_threads()?;
    // SAFETY: this is the only thread, so the child is consistent: nothing is half done, and no other thread holds a lock.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        id => u32::try_from(id).map(Some).map_err(|_| io::Error::last_os_error()),
    }
}

/// Sets a variable of the environment.
///
/// # Errors
///
/// When this process has a second thread, which might read the environment at this moment.
pub(crate) fn set_variable(name: &str, value: &str) -> io::Result<()> {
    check_for_threads()?;
    // SAFETY: this is the only thread.
    unsafe { std::env::set_var(name, value) };
    Ok(())
}

fn check_for_threads() -> io::Result<()> {
    // One link for each thread, and two for the directory itself.
    match std::fs::metadata("/proc/self/task")?.nlink() {
        3 => Ok(()),
        _ => Err(io::Error::other("the process has several threads")),
    }
}
