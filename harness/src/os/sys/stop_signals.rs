//! Unix: the signals that ask a process to end, and the one that suspends the job of a terminal, delivered to a thread that waits for them.
//!
//! The handler posts a semaphore in this process's own memory. A test can neither close it nor, in a process that it forks, post ours.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use super::unix_signals::{STOP_SIGNALS, handler};

/// How many signals have come that no thread has waited for.
static mut SEMAPHORE: MaybeUninit<libc::sem_t> = MaybeUninit::uninit();

static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// The process that has installed the handler.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// How many of them were SIGTSTP.
static SUSPENDS: AtomicU32 = AtomicU32::new(0);

/// What a signal asks the job to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobRequest {
    /// To end.
    Stop,
    /// To stop until it is continued.
    Suspend,
}

/// SIGINT, SIGTERM and SIGHUP of this process, and SIGTSTP on request.
#[derive(Debug)]
pub(crate) struct StopSignals {
    _private: (),
}

impl StopSignals {
    /// Installs the handler, also that for SIGTSTP if `with_suspend` is set and the signal is not ignored.
    ///
    /// # Errors
    ///
    /// When the process has it already, or the system refuses.
    pub(crate) fn install(with_suspend: bool) -> io::Result<Self> {
        if IS_INSTALLED.swap(true, Ordering::AcqRel) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "another run of this process has the handler"));
        }
        // SAFETY: this line runs once in a process, before there is a handler, so nothing else uses the semaphore yet.
        let answer = unsafe { libc::sem_init(semaphore(), 0, 0) };
        checked(answer)?;
        // SAFETY: it takes nothing.
        OWNER.store(unsafe { libc::getpid() }, Ordering::Relaxed);
        STOP_SIGNALS.into_iter().try_for_each(handle)?;
        if with_suspend && handler(libc::SIGTSTP) == Some(libc::SIG_DFL) {
            handle(libc::SIGTSTP)?;
        }
        Ok(Self { _private: () })
    }

    /// Waits for one signal.
    ///
    /// # Errors
    ///
    /// When the system refuses to wait.
    pub(crate) fn wait(&mut self) -> io::Result<JobRequest> {
        loop {
            // SAFETY: `install` has initialized the semaphore, and it is never destroyed.
            let answer = unsafe { libc::sem_wait(semaphore()) };
            match checked(answer) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                waited => return waited.map(|()| request()),
            }
        }
    }
}

/// Which signal the thread has waited for. Of two at about the same time, SIGTSTP is the first.
fn request() -> JobRequest {
    let less = |n: u32| n.checked_sub(1);
    match SUSPENDS.fetch_update(Ordering::AcqRel, Ordering::Acquire, less) {
        Ok(_) => JobRequest::Suspend,
        Err(_) => JobRequest::Stop,
    }
}

/// Removes the handler, unless a test has installed another one. Async-signal-safe: for the child of a fork.
pub(super) fn remove_handler() {
    for signal in STOP_SIGNALS.into_iter().chain([libc::SIGTSTP]) {
        if handler(signal) == Some(on_signal as *const () as usize) {
            // SAFETY: the default action runs no code of ours.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

fn semaphore() -> *mut libc::sem_t {
    (&raw mut SEMAPHORE).cast()
}

fn handle(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: all zero is a `sigaction` without handler, mask and flags.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = on_signal as *const () as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: `on_signal` has the type of a handler without `SA_SIGINFO`, and calls only async-signal-safe functions.
    checked(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) })
}

extern "C" fn on_signal(signal: libc::c_int) {
    // SAFETY: it takes nothing, and a handler may call it.
    if unsafe { libc::getpid() } != OWNER.load(Ordering::Relaxed) {
        // The child of a fork has not removed the handler yet. The default action follows when this returns.
        // SAFETY: both take numbers, and a handler may call them.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    }
    if signal == libc::SIGTSTP {
        SUSPENDS.fetch_add(1, Ordering::AcqRel);
    }
    // SAFETY: the semaphore is initialized before the handler is installed. `sem_post` is async-signal-safe; it fails, and sets
    // `errno`, only when two thousand million signals are waiting.
    unsafe { libc::sem_post(semaphore()) };
}

fn checked(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
