//! Processes that tests have left behind, and that are in no group that ends with a test or a run. Detected on Linux.

use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::model::event::{Event, Severity};
use crate::model::mutex::MutexExt;
use crate::os::{children, procfs, sys};
use crate::process::child;

/// How long a killed process may take to end.
const ENDING: Duration = Duration::from_secs(1);

/// The limit for generations of a family; each consists of the orphans of the one before.
const GENERATIONS: usize = 100;

/// The children of this process before it became a subreaper. `None`: it is none.
static EARLIER: Mutex<Option<Vec<u32>>> = Mutex::new(None);

/// Makes this process the parent of orphans, instead of the system's first process. For a process that runs no tests. Processes that its
/// `main` has started before do not count as left behind by tests.
pub(crate) fn become_subreaper() {
    #[cfg(target_os = "linux")]
    if rustix::process::set_child_subreaper(Some(rustix::process::getpid())).is_ok() {
        *EARLIER.lock_even_if_poisoned() = Some(procfs::children());
    }
}

/// Reaps the orphans that have ended by themselves.
pub(crate) fn reap() {
    for orphan in adopted() {
        has_ended(orphan);
    }
}

/// Kills the orphans, and returns their number. A process with its own session is a daemon on purpose, and continues.
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

/// Ends all children of this process, and their orphans: sends SIGTERM first, and SIGKILL after the grace period.
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

/// How long processes that a test which hangs has started may take to end.
#[cfg(target_os = "linux")]
const TO_END: Duration = Duration::from_secs(2);

/// Ends the processes that tests in this process have started, with their descendants: sends SIGTERM first, and SIGKILL after [`TO_END`].
/// `earlier` are the children that this process had before the tests.
#[cfg(target_os = "linux")]
pub(crate) fn end_children_of_tests(earlier: &[u32]) {
    let is_of_test = |id: &u32| !children::is_ours(*id) && !earlier.contains(id);
    let mut family: Vec<u32> = procfs::children().into_iter().filter(is_of_test).collect();
    let mut ix = 0;
    while let Some(&id) = family.get(ix) {
        family.extend(procfs::children_of(id));
        ix += 1;
    }
    let family: Vec<Pid> = family.into_iter().filter_map(procfs::pid).collect();
    for &process in &family {
        let _ = rustix::process::kill_process(process, Signal::TERM);
    }
    let deadline = std::time::Instant::now() + TO_END;
    for process in family {
        let remaining = deadline.saturating_duration_since(std::time::Instant::now());
        if !child::has_ended_within(process.as_raw_pid().unsigned_abs(), remaining).unwrap_or(true) {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
    }
}

fn adopted() -> Vec<Pid> {
    let earlier = EARLIER.lock_even_if_poisoned();
    let Some(earlier) = &*earlier else { return Vec::new() };
    let adopted = procfs::children().into_iter().filter(|id| !earlier.contains(id) && !children::is_ours(*id));
    adopted.filter_map(procfs::pid).collect()
}

/// Whether the process has ended; if so, it is reaped.
fn has_ended(orphan: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    matches!(rustix::process::waitid(WaitId::Pid(orphan), options), Ok(Some(_)) | Err(_))
}

/// The message if there were orphans.
pub(crate) fn were_ended() -> Event {
    let message = "tests left processes running; they were killed".to_owned();
    Event::Diagnostic { message, severity: Severity::Note }
}

/// Kills the orphans, and reports that.
pub(crate) fn end_and_emit(emit: &mut dyn FnMut(Event)) {
    if end() > 0 {
        emit(were_ended());
    }
}
