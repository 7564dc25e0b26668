//! What Linux reports about other processes; other systems report little.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Pid;

use crate::os::sys;

/// The process id in the type that system calls take. `None` if no process can have it.
pub(crate) fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// The command line of the parent process. Empty where it is unknown.
pub(crate) fn words_of_parent() -> Vec<String> {
    #[cfg(target_os = "linux")]
    let line = fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    let line = Vec::new();
    let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// A number from the status of a process, such as that after `PPid:`.
pub(crate) fn status_number(process: u32, field: &str) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(field))?.trim().parse().ok()
}

/// Whether the process is exiting. It has closed its descriptors then, or is closing them, and cannot be waited for yet.
#[cfg(target_os = "linux")]
pub(crate) fn is_exiting(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| says_exiting(&stat))
}

/// Waits for the exit of each process that holds a file lock and is exiting already, at most `limit` each. A process that is killed
/// releases its locks one after the other: when one of them is free, it may still hold the others.
#[cfg(target_os = "linux")]
pub(crate) fn wait_for_exiting_lock_holders(limit: Duration) {
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let holders = locks.lines().filter_map(lock_holder);
    let limit = Timespec::try_from(limit).ok();
    for holder in holders.filter(|&holder| is_exiting(holder)).filter_map(pid) {
        // If it has exited in the meantime, it holds no lock.
        if let Ok(process) = rustix::process::pidfd_open(holder, rustix::process::PidfdFlags::empty()) {
            let mut fds = [PollFd::new(&process, PollFlags::IN)];
            let _ = rustix::event::poll(&mut fds, limit.as_ref());
        }
    }
}

/// Whether this system has `/proc`, and it is not mounted.
pub(crate) fn is_missing() -> bool {
    cfg!(target_os = "linux") && !Path::new("/proc/self/stat").exists()
}

/// The process that holds a lock of this file; `None` if there is none, or the system does not say.
pub(crate) fn holder_of(file: &Path) -> Option<u32> {
    let file = fs::metadata(file).ok()?;
    // `/proc/locks` exists only on Linux.
    #[cfg(not(target_os = "linux"))]
    let (major, minor) = (0, 0);
    #[cfg(target_os = "linux")]
    let (major, minor) = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
    let id = format!("{major:02x}:{minor:02x}:{}", file.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut lines = locks.lines().filter(|line| line.split_whitespace().any(|word| word == id));
    lines.find_map(lock_holder).filter(|&process| process != 0)
}

/// The command line of a process, at most 300 characters.
pub(crate) fn command_line(process: u32) -> Option<String> {
    let line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    Some(line.trim_end().chars().take(300).collect())
}

/// The process that holds the lock of this line of `/proc/locks`. A process that waits has `->` in its line and holds nothing.
fn lock_holder(line: &str) -> Option<u32> {
    line.split_whitespace().nth(4)?.parse().ok()
}

/// Whether this is the `stat` of an exiting process or thread. The flag is from the kernel's sched.h.
#[cfg(target_os = "linux")]
pub(crate) fn says_exiting(stat: &str) -> bool {
    const PF_EXITING: u64 = 0x4;
    // The name may contain anything; the seventh field after it contains the flags.
    let flags = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(6)?.parse::<u64>().ok());
    flags.is_some_and(|flags| flags & PF_EXITING != 0)
}

/// The state in the `stat` of a process or thread: a letter, as in proc(5).
pub(crate) fn state_in(stat: &str) -> Option<char> {
    // The name may contain anything; the state follows it.
    stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next())
}

/// How many bytes of a thread's name the kernel keeps.
const MAX_COMM: usize = 15;

/// Aborts the process through its only thread with this name, so that the output of that thread is saved. Returns whether that was
/// possible.
pub(crate) fn abort_by(process: u32, thread: &str) -> bool {
    let name = |task: u32| fs::read(format!("/proc/{process}/task/{task}/comm")).unwrap_or_default();
    let thread = &thread.as_bytes()[..thread.len().min(MAX_COMM)];
    let mut found = threads(process).filter(|&task| name(task).strip_suffix(b"\n") == Some(thread));
    match (found.next(), found.next()) {
        (Some(thread), None) => sys::abort_thread(process, thread),
        _ => false,
    }
}

/// Reaps the ended threads of a child that have made this process their tracer, and wait for that.
#[cfg(target_os = "linux")]
pub(crate) fn reap_threads(process: u32) {
    threads(process).filter(|&thread| thread != process).for_each(sys::reap_thread);
}

/// Whether the process is stopped.
pub(crate) fn is_stopped(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state_in(&stat) == Some('T')
}

/// The children of this process that it has not waited for.
pub(crate) fn children() -> Vec<u32> {
    children_of(std::process::id())
}

/// The children of a process that it has not waited for.
pub(crate) fn children_of(process: u32) -> Vec<u32> {
    let of = |thread: u32| fs::read_to_string(format!("/proc/{process}/task/{thread}/children")).unwrap_or_default();
    let lists: Vec<String> = threads(process).map(of).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|id| id.parse().ok()).collect()
}

pub(crate) fn threads(process: u32) -> impl Iterator<Item = u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{lock_holder, state_in};

    #[test]
    fn the_state_follows_the_name_whatever_that_contains() {
        assert_eq!(state_in("7 (cat) S 1 7"), Some('S'));
        assert_eq!(state_in("7 (a) R (b) T 1 7"), Some('T'));
        assert_eq!(state_in(""), None);
    }

    #[test]
    fn lock_holder_is_the_fifth_field() {
        assert_eq!(lock_holder("1: FLOCK  ADVISORY  WRITE 7757 fe:00:10010663 0 EOF"), Some(7757));
        assert_eq!(lock_holder("1: -> FLOCK  ADVISORY  WRITE 7758 fe:00:10010663 0 EOF"), None);
        assert_eq!(lock_holder("2: OFDLCK ADVISORY  READ -1 fe:00:10010664 0 EOF"), None);
        assert_eq!(lock_holder(""), None);
    }
}
