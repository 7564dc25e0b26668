//! Whether a thread computes, or would if a processor were free: then it is slow, and waits for nobody. Linux tells.

use std::fs;
use std::path::PathBuf;

/// A thread, as the system knows it.
#[derive(Debug)]
pub(super) struct SystemThread(PathBuf);

impl SystemThread {
    /// The one that asks. `None` where the system does not tell.
    pub(super) fn current() -> Option<Self> {
        // Its target is `17/task/18`, as seen from `/proc`.
        let task = fs::read_link("/proc/thread-self").ok()?;
        Some(Self(PathBuf::from("/proc").join(task).join("stat")))
    }

    /// Whether it does not sleep. One that waits for a disk does not, either.
    pub(super) fn is_awake(&self) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|stat| says_awake(&stat))
    }
}

/// The state is the first field behind the name, which is in parentheses and may hold some.
fn says_awake(stat: &str) -> bool {
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with(['R', 'D']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_computes_or_reads_a_disk_is_awake() {
        for (stat, expected) in [
            ("18 (actor 0) R 1 17 17", true),
            ("18 (actor) S 0) D 1 17 17", true),
            ("18 (actor 0) S 1 17 17", false),
            ("18 (R) ) S 1 17 17", false),
            ("", false),
        ] {
            assert_eq!(says_awake(stat), expected, "{stat}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_asks_is_awake() {
        assert!(SystemThread::current().expect("Linux tells").is_awake());
    }
}
