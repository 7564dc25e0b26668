//! Signals that end the process: the handler records the thread that received one.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::shared_memory::{self, RunBoard};
use super::teardown_note::{self, TeardownNote};
use super::unix;
use super::unix_signals::handler;

const SIGNALS: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// The handlers that were installed before, above all the standard library's for stack overflows.
static mut BEFORE: [MaybeUninit<libc::sigaction>; SIGNALS.len()] = [MaybeUninit::uninit(); SIGNALS.len()];

static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// Records what ends this process on the board in this file. Must be called once, before other threads exist.
///
/// # Errors
///
/// When the board cannot be mapped.
pub(crate) fn note_crashes_on(file: File) -> io::Result<&'static RunBoard> {
    // The handlers use it as long as this process lives.
    let board: &'static RunBoard = Box::leak(Box::new(RunBoard::of(file)?));
    board.is_for_handlers();
    install_once();
    Ok(board)
}

/// From now on this thread tears down this fixture, which is named if the thread ends the process.
pub(crate) fn note_teardown(fixture: String) -> TeardownNote {
    install_once();
    TeardownNote::of(fixture)
}

/// Installs the handlers, unless they are installed.
fn install_once() {
    if IS_INSTALLED.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok() {
        install();
    }
}

fn install() {
    for (ix, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: all zero is a `sigaction` without handler, mask and flags.
        let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        action.sa_sigaction = on_signal as *const () as usize;
        // On the alternate stack, because the thread's own stack may be exhausted.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: `BEFORE` is not read until the handler is in place, which reads the value that is written here.
        let before = unsafe { (&raw mut BEFORE[ix]).cast::<libc::sigaction>() };
        // SAFETY: `on_signal` has the type that `SA_SIGINFO` requires, and calls only async-signal-safe functions.
        unsafe { libc::sigaction(signal, &raw const action, before) };
    }
}

/// Restores the handlers that were installed before ours, unless a test has installed others. Async-signal-safe: for the child of a fork.
pub(super) fn remove_handlers() {
    if !IS_INSTALLED.swap(false, Ordering::AcqRel) {
        return;
    }
    for (ix, signal) in SIGNALS.into_iter().enumerate() {
        if handler(signal) == Some(on_signal as *const () as usize) {
            // SAFETY: `install` fills it in when it installs the handler.
            unsafe { libc::sigaction(signal, (&raw const BEFORE[ix]).cast(), ptr::null_mut()) };
        }
    }
}

/// Blocks these signals in this thread. A signal that the process sends to itself is then delivered to a thread that works for a
/// test, before that thread continues.
pub(crate) fn leave_crashes_to_others() {
    // SAFETY: `set` is ours and is initialized to an empty set; the signal numbers are valid.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        for signal in SIGNALS {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut());
    }
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    if !shared_memory::note_signal(signal) {
        name_torn_down(signal);
    }
    let Some(ix) = SIGNALS.iter().position(|&known| known == signal) else { return };
    // SAFETY: `install` has filled it in before this function could be called.
    unsafe { libc::sigaction(signal, (&raw const BEFORE[ix]).cast(), ptr::null_mut()) };
    // A fault happens again after the return, and reaches the handler that was installed before. A signal that was sent, by `raise`
    // for example, does not.
    // SAFETY: the kernel passes a valid `siginfo_t`.
    let is_sent = unsafe { (*info).si_code } <= 0;
    if is_sent {
        // SAFETY: it takes a number.
        unsafe { libc::raise(signal) };
    }
}

/// Writes to stderr which fixture this thread tears down, if it does. For a process without a board.
fn name_torn_down(signal: i32) {
    let Some(fixture) = teardown_note::take() else { return };
    let signal = match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        _ => "SIGABRT",
    };
    for part in ["\nerror: ", signal, " ended the process while ", fixture, " was torn down\n"] {
        let _ = unix::write_stderr(part.as_bytes());
    }
}

/// Ends another process as if this thread of it had called `abort`, so that the owner and the output of the thread are recorded.
/// Returns whether that was possible.
#[cfg(target_os = "linux")]
pub(crate) fn abort_thread(process: u32, thread: u32) -> bool {
    // SAFETY: it takes numbers, and reaches a thread only if it is one of that process.
    unsafe { libc::syscall(libc::SYS_tgkill, process as libc::pid_t, thread as libc::pid_t, libc::SIGABRT) == 0 }
}

/// Not supported on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn abort_thread(_process: u32, _thread: u32) -> bool {
    false
}

/// Reaps an ended thread of a child that has made this process its tracer. Without that, the child never ends.
#[cfg(target_os = "linux")]
pub(crate) fn reap_thread(thread: u32) {
    // SAFETY: it takes numbers, and a null pointer because the status is not needed.
    unsafe { libc::waitpid(thread as libc::pid_t, ptr::null_mut(), libc::__WALL | libc::WNOHANG) };
}
