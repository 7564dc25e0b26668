//! Keeps a test from ending the process unnoticed: `exit(0)` in a test would look like a run in which all is well.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::os::{panics, sys};

/// What such a process answers: a test has failed.
const FAILED: i32 = 101;

/// The process in which a run goes on; 0 when none does.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// While this lives, who calls `exit` is named, and the exit code says that the run failed.
#[must_use = "exits are noticed while this lives"]
pub(crate) struct ExitGuard;

/// Notices exits from now on.
pub(crate) fn notice() -> ExitGuard {
    notice_by(on_exit)
}

/// Has `on_exit` called when a test ends the process of the workers; what the process answers stays as it is.
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
    // A process that a test has forked may end as it likes.
    if RUNNING.swap(0, Ordering::Relaxed) != std::process::id() {
        return;
    }
    let who = match panics::watched() {
        Some(name) => format!("the test `{name}`"),
        None => "a thread of a test".to_owned(),
    };
    let message = format!(
        "\nerror: {who} ended the process with `exit` before the run was over; the tests without a result above have none\n"
    );
    sys::exit_immediately(message.as_bytes(), FAILED);
}
