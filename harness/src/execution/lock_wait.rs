//! Reports a test that waits for long for a lock of another process.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::os::{procfs, thread};

/// Calls `wait`, which waits for the lock called `what`, in one of these files. If that takes longer than `after`, `report` gets a message that
/// names the test, the lock, and the process that holds it.
pub(crate) fn reported<T>(
    test: &str,
    what: &str,
    files: Vec<PathBuf>,
    after: Duration,
    report: impl FnOnce(String) + Send + 'static,
    wait: impl FnOnce() -> T,
) -> T {
    let (end, ended) = channel::<()>();
    let waits = format!("the test `{test}` has waited for {what} for {after:?}");
    let watch = move || {
        if ended.recv_timeout(after) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let holder = files.iter().find_map(|file| procfs::holder_of(file));
        report(match holder {
            Some(process) => {
                let command = procfs::command_line(process).unwrap_or_default();
                format!("{waits}; process {process} holds it: {command}")
            }
            None => format!("{waits}; another process holds it"),
        });
    };
    // Without this thread, there is no report.
    let _ = thread::start_small("lock-report", watch);
    let result = wait();
    drop(end);
    result
}
