//! What Linux tells of another process; other systems tell nothing.

use std::fs;
use std::path::Path;

use crate::platform::sys;

/// Whether a debugger has a hold of the process, which may stop it at will.
pub(crate) fn is_traced(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Ends the process by its only thread of this name, which leaves behind what it has written. Says whether that could be done.
pub(crate) fn abort_by(process: u32, thread: &str) -> bool {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let is_it = |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim_end() == thread);
    let mut found = tasks.filter(|task| is_it(&task.path())).filter_map(|task| task.file_name().to_str()?.parse().ok());
    match (found.next(), found.next()) {
        (Some(thread), None) => sys::abort_thread(process, thread),
        _ => false,
    }
}
