//! Asks Linux whether a thread runs or is runnable. Such a thread is slow, not blocked.

use std::fs;
use std::path::PathBuf;

/// A thread, as the operating system knows it.
#[derive(Debug)]
pub(super) struct SystemThread(PathBuf);

impl SystemThread {
    /// The calling thread. `None` where the system has no `/proc`.
    pub(super) fn current() -> Option<Self> {
        // Its target is `17/task/18`, as seen from `/proc`.
        let task = fs::read_link("/proc/thread-self").ok()?;
        Some(Self(PathBuf::from("/proc").join(task).join("stat")))
    }

    /// Whether the thread is running, runnable or waiting for a disk.
    pub(super) fn is_awake(&self) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|stat| is_awake_state(&stat))
    }
}

/// The state is the first field after the name, which is in parentheses and may itself contain parentheses.
fn is_awake_state(stat: &str) -> bool {
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with(['R', 'D']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_and_disk_states_are_awake() {
        for (stat, expected) in [
            ("18 (actor 0) R 1 17 17", true),
            ("18 (actor) S 0) D 1 17 17", true),
            ("18 (actor 0) S 1 17 17", false),
            ("18 (R) ) S 1 17 17", false),
            ("", false),
        ] {
            assert_eq!(is_awake_state(stat), expected, "{stat}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn current_thread_is_awake() {
        assert!(SystemThread::current().expect("Linux has /proc").is_awake());
    }
}
