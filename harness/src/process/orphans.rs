//! Processes that tests have left, and that are in none of the groups that end with a test or a run. Known on Linux.

use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::model::event::{Event, Severity};
use crate::model::mutex::MutexExt;
use crate::os::{children, procfs, sys};
use crate::process::child;

/// How long one may need to be gone that was killed.
const ENDING: Duration = Duration::from_secs(1);

/// As many generations of a family as there may be, each the orphans of the one before.
const GENERATIONS: usize = 100;

/// What this process had before it adopted any. `None`: it adopts none.
static EARLIER: Mutex<Option<Vec<u32>>> = Mutex::new(None);

/// Whose parent ends becomes a child of this process, and not of the system's first one. For a process that runs no tests; what its
/// `main` has started before is no concern of the tests.
pub(crate) fn become_subreaper() {
    #[cfg(target_os = "linux")]
    if rustix::process::set_child_subreaper(Some(rustix::process::getpid())).is_ok() {
        *EARLIER.lock_even_if_poisoned() = Some(procfs::children());
    }
}

/// Takes leave of those that have ended by themselves.
pub(crate) fn reap() {
    for orphan in adopted() {
        has_ended(orphan);
    }
}

/// Ends those that are there, and says how many that were. Who has a session of its own is a daemon on purpose, and is let be.
fn end() -> usize {
    let own = sys::session_of(0).ok();
    let is_in_session = |orphan: &Pid| sys::session_of(orphan.as_raw_pid()).ok() == own;
    let mut n_ended = 0;
    for _ in 0..GENERATIONS {
        let living: Vec<Pid> =
            adopted().into_iter().filter(|&orphan| !has_ended(orphan)).filter(is_in_session).collect();
        for &orphan in &living {
            let _ = rustix::process::kill_process(orphan, Signal::KILL);
            let _ = child::has_ended_within(orphan.as_raw_pid().unsigned_abs(), ENDING);
            has_ended(orphan);
        }
        n_ended += living.len();
        if living.is_empty() {
            break;
        }
    }
    n_ended
}

/// Ends all children of this process, and what those leave: first it asks, and when the time is up it kills.
#[cfg(target_os = "linux")]
pub(crate) fn end_family(grace: Duration) {
    let deadline = std::time::Instant::now() + grace;
    for _ in 0..GENERATIONS {
        let children: Vec<Pid> =
            procfs::children().into_iter().filter_map(procfs::pid).filter(|&child| !has_ended(child)).collect();
        if children.is_empty() {
            break;
        }
        for &child in &children {
            let _ = rustix::process::kill_process(child, Signal::TERM);
        }
        for child in children {
            let remaining = deadline.saturating_duration_since(std::time::Instant::now());
            if !child::has_ended_within(child.as_raw_pid().unsigned_abs(), remaining).unwrap_or(false) {
                let _ = rustix::process::kill_process(child, Signal::KILL);
                let _ = child::has_ended_within(child.as_raw_pid().unsigned_abs(), ENDING);
            }
            has_ended(child);
        }
    }
}

fn adopted() -> Vec<Pid> {
    let earlier = EARLIER.lock_even_if_poisoned();
    let Some(earlier) = &*earlier else { return Vec::new() };
    let adopted = procfs::children().into_iter().filter(|id| !earlier.contains(id) && !children::is_ours(*id));
    adopted.filter_map(procfs::pid).collect()
}

/// Whether it has; then it is gone for good.
fn has_ended(orphan: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    matches!(rustix::process::waitid(WaitId::Pid(orphan), options), Ok(Some(_)) | Err(_))
}

/// What is told if there were some.
pub(crate) fn were_ended() -> Event {
    let message = "tests have left processes running; they were ended".to_owned();
    Event::Diagnostic { message, severity: Severity::Note }
}

/// Ends those that are there, and tells of it.
pub(crate) fn end_and_emit(emit: &mut dyn FnMut(Event)) {
    if end() > 0 {
        emit(were_ended());
    }
}
