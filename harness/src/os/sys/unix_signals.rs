//! Unix: ignored signals.
#![allow(unsafe_code)]

/// The signals that ask a process to end.
pub(super) const STOP_SIGNALS: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// The stop signals that this process ignores now.
pub(crate) fn ignored_signals() -> Vec<i32> {
    STOP_SIGNALS.into_iter().filter(|&signal| is_ignored(signal)).collect()
}

/// Ignores these signals.
pub(crate) fn ignore_signals(signals: &[i32]) {
    for &signal in signals {
        // SAFETY: ignoring a signal runs no code of ours; the number is one that the system knows.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Stops this process until it is continued. The signal goes to this thread, so the process is stopped before this returns.
pub(crate) fn stop_this_process() {
    // SAFETY: the default action of SIGSTOP cannot be replaced, and runs no code of ours.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// Restores the default action for SIGCHLD if the parent process had it ignored, so that this process can wait for the
/// status of its children.
pub(crate) fn restore_sigchld() {
    // A suite may have installed a handler by now, which does no harm.
    if is_ignored(libc::SIGCHLD) {
        // SAFETY: the default action runs no code of ours.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    handler(signal) == Some(libc::SIG_IGN)
}

/// The handler of the signal in this process, as a number; `None` if there is no such signal. Async-signal-safe.
pub(super) fn handler(signal: libc::c_int) -> Option<libc::sighandler_t> {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action nothing changes; the old one is written to `now`, which is ours and large enough.
    let answer = unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) };
    // SAFETY: if the call has succeeded, it has written the action.
    (answer == 0).then(|| unsafe { now.assume_init() }.sa_sigaction)
}
