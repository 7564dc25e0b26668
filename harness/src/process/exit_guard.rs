//! Makes a test that ends the process fail the run: `exit(0)` in a test would otherwise look like a run that passed.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::os::{panics, sys};

/// The exit code of such a process: a test has failed.
const FAILED: i32 = 101;

/// The process with a run in progress; 0 if there is none.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// While this guard exists, a call of `exit` is reported with its test, and the exit code says that the run failed.
#[must_use = "exits are noticed while this lives"]
pub(crate) struct ExitGuard;

/// Handles exits from now on.
pub(crate) fn notice() -> ExitGuard {
    notice_by(on_exit)
}

/// Records in the test host that a test has called `exit`. The exit code does not change.
#[cfg(unix)]
pub(crate) fn notice_in_host() -> ExitGuard {
    notice_by(|| {
        if RUNNING.swap(0, Ordering::Relaxed) == std::process::id() {
            sys::note_exit();
        }
    })
}

fn notice_by(on_exit: fn()) -> ExitGuard {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| sys::at_exit(on_exit));
    RUNNING.store(std::process::id(), Ordering::Relaxed);
    ExitGuard
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        RUNNING.store(0, Ordering::Relaxed);
    }
}

/// Runs on the thread that called `exit`.
fn on_exit() {
    // A process that a test has forked may exit.
    if RUNNING.swap(0, Ordering::Relaxed) != std::process::id() {
        return;
    }
    let who = match (sys::torn_down_here(), panics::watched()) {
        (Some(fixture), _) => format!("the teardown of {fixture}"),
        (None, Some(name)) => format!("the test `{name}`"),
        (None, None) => "a thread of a test".to_owned(),
    };
    let message =
        format!("\nerror: {who} called `exit` before the run was over; tests without a result above have no result\n");
    sys::exit_immediately(message.as_bytes(), FAILED);
}
