//! The stack of a stuck thread, captured by the thread itself in a signal handler.
//!
//! The handler runs on the thread's own stack, after its frames, and only collects addresses; the asking thread finds the names.
//! Collecting addresses takes locks and allocates, which a handler must not do: if the signal interrupts the allocator, the thread gets
//! stuck in the handler and keeps locks that others need. So while the process continues, only a thread that waits in a system call
//! captures its stack; a thread that computes may be in the allocator at any moment. In a process that is about to end, each thread
//! does, and the asking thread waits for a limited time.
#![allow(unsafe_code)]

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::probe_stuck::ProbeStuck;

use crate::model::mutex::MutexExt;

/// How long a thread may take to capture its stack.
const PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    // Owned by the `Entered` of this thread. Without a destructor, so that a handler may read it at any time.
    static STACK: Cell<*const Stack> = const { Cell::new(ptr::null()) };
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// The stack of one thread. Other threads can ask for it once while the process continues, and once when the process is about to end.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    /// `Some` while the thread has not ended.
    thread: Mutex<Option<ThreadHandle>>,
    asker: OnceLock<Thread>,
    /// The process ends after this request.
    last_asker: OnceLock<Thread>,
    trace: OnceLock<Backtrace>,
    /// The thread has refused the first request, because it could not capture its stack safely.
    has_declined: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct ThreadHandle(libc::pthread_t);

// SAFETY: it identifies a thread to all threads of the process; on some systems it has the type of a pointer.
unsafe impl Send for ThreadHandle {}

/// While this exists, the thread that created it can be asked for its stack.
#[must_use = "the thread can be asked while this lives"]
pub(crate) struct Entered {
    stack: Arc<Stack>,
    /// The thread that was registered before, which waits for this one.
    before: Option<ThreadHandle>,
    /// It stays on its thread.
    _here: PhantomData<*const ()>,
}

impl Stack {
    /// Registers the calling thread, until the result is dropped. Then a thread that was registered before is registered again.
    pub(crate) fn enter(self: &Arc<Self>) -> Entered {
        is_installed();
        STACK.set(Arc::as_ptr(self));
        // SAFETY: it takes no arguments.
        let id = ThreadHandle(unsafe { libc::pthread_self() });
        let before = self.thread.lock_even_if_poisoned().replace(id);
        Entered { stack: Arc::clone(self), before, _here: PhantomData }
    }

    /// Like [`Stack::ask`], in a process that is about to end. Also `None` if the stack was captured before.
    ///
    /// # Errors
    ///
    /// When the thread is stuck with locks that others may need: nothing that allocates is safe any more.
    pub(crate) fn ask_at_last(&self) -> Result<Option<&Backtrace>, ProbeStuck> {
        if self.trace.get().is_some() {
            return Ok(None);
        }
        self.ask_for(&self.last_asker, || false)
    }

    /// Where the thread is now. `None` if it has ended, or cannot capture its stack safely.
    pub(crate) fn ask(&self) -> Option<&Backtrace> {
        self.ask_for(&self.asker, || self.has_declined.load(Ordering::Acquire)).unwrap_or(None)
    }

    fn ask_for(
        &self,
        asker: &OnceLock<Thread>,
        has_declined: impl Fn() -> bool,
    ) -> Result<Option<&Backtrace>, ProbeStuck> {
        if asker.set(thread::current()).is_ok() && !self.send() {
            return Ok(None);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(trace) = self.trace.get() {
                return Ok(Some(trace));
            }
            if has_declined() {
                return Ok(None);
            }
            thread::park_timeout(deadline.checked_duration_since(Instant::now()).ok_or(ProbeStuck)?);
        }
    }

    fn send(&self) -> bool {
        let thread = self.thread.lock_even_if_poisoned();
        // The suite may have installed its own handler since.
        let Some(ThreadHandle(id)) =
            (*thread).filter(|_| is_installed() && handler() == on_signal as *const () as usize)
        else {
            return false;
        };
        // SAFETY: the thread cannot end before it takes the lock that is held here.
        unsafe { libc::pthread_kill(id, signal()) == 0 }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        *self.stack.thread.lock_even_if_poisoned() = self.before;
        STACK.set(ptr::null());
    }
}

/// This thread does not capture its stack during `action`, which holds the lock of the standard library for backtraces: a panic on
/// another thread would wait for that lock forever.
pub(crate) fn block_probe<T>(action: impl FnOnce() -> T) -> T {
    let before = IS_BUSY.replace(true);
    let result = action();
    IS_BUSY.set(before);
    result
}

/// A signal without another use.
fn signal() -> i32 {
    #[cfg(target_os = "linux")]
    return libc::SIGRTMIN() + 7;
    #[cfg(not(target_os = "linux"))]
    libc::SIGUSR2
}

/// Installs the handler at the first call, unless the signal has another one already.
fn is_installed() -> bool {
    static IS_OURS: OnceLock<bool> = OnceLock::new();
    *IS_OURS.get_or_init(|| handler() == libc::SIG_DFL && install())
}

fn install() -> bool {
    // SAFETY: all zero is a `sigaction` without handler, mask and flags.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = on_signal as *const () as usize;
    // On the thread's own stack: the alternate stack for signals is too small.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: `on_signal` has the type that `SA_SIGINFO` requires. For the functions that it calls, see the top of this file.
    unsafe { libc::sigaction(signal(), &raw const action, ptr::null_mut()) == 0 }
}

/// The handler that is installed for our signal.
fn handler() -> usize {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the new action is null, so this only reads, into a value of ours.
    unsafe { libc::sigaction(signal(), ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zero is a value, too.
    unsafe { action.assume_init() }.sa_sigaction
}

// The report of the stack begins at its name: see `os/backtrace.rs`.
#[inline(never)]
extern "C" fn on_signal(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the `Entered` of this thread keeps it alive, and removes the pointer before it releases the stack.
    let Some(stack) = (unsafe { STACK.get().as_ref() }) else { return };
    // SAFETY: the address of this thread's error number.
    #[cfg(target_os = "linux")]
    let errno = unsafe { *libc::__errno_location() };
    let may_look = !IS_BUSY.get() && (stack.last_asker.get().is_some() || waits(context));
    if may_look {
        let _ = stack.trace.set(Backtrace::force_capture());
    } else {
        stack.has_declined.store(true, Ordering::Release);
    }
    for asker in [&stack.asker, &stack.last_asker].into_iter().filter_map(OnceLock::get) {
        asker.unpark();
    }
    // SAFETY: as above.
    #[cfg(target_os = "linux")]
    unsafe {
        *libc::__errno_location() = errno;
    }
}

/// Whether the thread waited in a system call when the signal came: the call is restarted, or was interrupted by the signal. A call that
/// has completed may be one of the allocator.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn waits(context: *mut libc::c_void) -> bool {
    const SYSCALL: [u8; 2] = [0x0f, 0x05];
    // SAFETY: the kernel passes a valid context.
    let registers = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let (at, answer) = (registers[libc::REG_RIP as usize] as *const u8, registers[libc::REG_RAX as usize]);
    // SAFETY: the thread executes the code at this address. The instruction before it is readable, too: a page of a program never begins
    // with an instruction that follows no other. If a call is restarted, it is the next instruction.
    let (before, next) = unsafe { (at.sub(2).cast::<[u8; 2]>().read(), at.cast::<[u8; 2]>().read()) };
    next == SYSCALL || before == SYSCALL && answer == -i64::from(libc::EINTR)
}

/// Not implemented for this system.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn waits(_context: *mut libc::c_void) -> bool {
    false
}
