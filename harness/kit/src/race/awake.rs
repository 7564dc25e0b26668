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
        // The state stands behind the name, which is in parentheses and may hold some.
        let state = |stat: String| stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        matches!(fs::read_to_string(&self.0).ok().and_then(state), Some('R' | 'D'))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::wait::wait_for;

    #[test]
    fn a_thread_that_asks_is_awake_and_one_that_waits_is_not() {
        let own = SystemThread::current().expect("Linux tells");
        assert!(own.is_awake());
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        let other = thread::spawn(move || {
            tell.send(SystemThread::current()).expect("somebody listens");
            let _ = ended.recv();
        });
        let other_system = told.recv().expect("it says so").expect("Linux tells");
        wait_for(Duration::from_secs(10), || if other_system.is_awake() { Err("awake") } else { Ok(()) })
            .expect("it waits");
        drop(end);
        other.join().expect("it ends");
    }
}
