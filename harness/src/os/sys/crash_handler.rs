//! Signals that end the process: before they do, it is written down whose thread they hit.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::shared_memory::{self, RunBoard};
use super::{atfork, streams};

const SIGNALS: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// What was installed before us, the standard library's handler for stack overflows above all.
static mut BEFORE: [MaybeUninit<libc::sigaction>; SIGNALS.len()] = [MaybeUninit::uninit(); SIGNALS.len()];

static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// Records what ends this process on the board in this file. To be called once, before there are other threads.
///
/// # Errors
///
/// When the board cannot be mapped.
pub(crate) fn note_crashes_on(file: File) -> io::Result<&'static RunBoard> {
    // For the handlers of this process, as long as it lives.
    let board: &'static RunBoard = Box::leak(Box::new(RunBoard::of(file)?));
    board.is_for_handlers();
    atfork::install_atfork();
    if !IS_INSTALLED.swap(true, Ordering::AcqRel) {
        install();
    }
    Ok(board)
}

fn install() {
    for (ix, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: all zero is a `sigaction` without handler, mask and flags.
        let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        action.sa_sigaction = on_signal as *const () as usize;
        // On the stack that is there for it: the thread's own may be what is used up.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: nobody reads `BEFORE` until the handler is in place, and that reads what is written here.
        let before = unsafe { (&raw mut BEFORE[ix]).cast::<libc::sigaction>() };
        // SAFETY: `on_signal` has the type that `SA_SIGINFO` asks for, and calls only what a handler may.
        unsafe { libc::sigaction(signal, &raw const action, before) };
    }
}

/// This thread leaves them to others. A process that sends itself one then gets it on a thread that works for a test, and before
/// it goes on.
pub(crate) fn leave_crashes_to_others() {
    // SAFETY: an empty set is made in `set`, which is ours; the numbers are known.
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
    shared_memory::note_signal(signal, streams::owner());
    let Some(ix) = SIGNALS.iter().position(|&known| known == signal) else { return };
    // SAFETY: `note_crashes` has filled it in before this function could be called.
    unsafe { libc::sigaction(signal, (&raw const BEFORE[ix]).cast(), ptr::null_mut()) };
    // A fault happens again when we return, and finds the handler that was there before. What was sent, by `raise` for example, does
    // not.
    // SAFETY: the kernel hands a valid `siginfo_t` over.
    let is_sent = unsafe { (*info).si_code } <= 0;
    if is_sent {
        // SAFETY: it takes a number.
        unsafe { libc::raise(signal) };
    }
}

/// Ends another process as if this thread of it had called `abort`, so that it is written down for whom it works and what it has
/// written. Says whether that could be done.
#[cfg(target_os = "linux")]
pub(crate) fn abort_thread(process: u32, thread: u32) -> bool {
    // SAFETY: it takes numbers, and reaches a thread only if it is one of that process.
    unsafe { libc::syscall(libc::SYS_tgkill, process as libc::pid_t, thread as libc::pid_t, libc::SIGABRT) == 0 }
}

/// Nobody names a thread of another process here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn abort_thread(_process: u32, _thread: u32) -> bool {
    false
}

/// Takes leave of a thread of a child that has made this process its debugger, if it has ended; without that the child never does.
#[cfg(target_os = "linux")]
pub(crate) fn reap_thread(thread: u32) {
    // SAFETY: it takes numbers, and a null pointer where nobody wants to know more.
    unsafe { libc::waitpid(thread as libc::pid_t, ptr::null_mut(), libc::__WALL | libc::WNOHANG) };
}
