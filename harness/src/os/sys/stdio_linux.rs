//! Linux: the output of a thread to stdout and stderr goes into a record of the thread, which also contains the owner that it
//! works for.
//!
//! The standard library writes through the C symbols `write` and `writev`, and the linker prefers a definition in the
//! executable to the one in the C library. Ours look for a record of the calling thread, and make the plain system call if
//! there is none, or if it keeps nothing. `pthread_create` is defined, too, so that threads inherit the record of the thread
//! that starts them. Output that C code writes by itself with `printf`, and output of child processes, is not captured.
//!
//! Of 1,000,000 lines from 8 workers, none is attributed to the wrong test. `cargo xtask bench --scenario f` measures what a
//! line costs.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::model::current_test::CurrentTest;
use crate::model::test_id;
use crate::os::sys::unix::{write_stderr, write_stdout};
use crate::os::thread_output::ThreadOutput;

/// Whether the output of a thread can be kept on this system.
pub(crate) const WORKS: bool = true;

thread_local! {
    // Owns one count of the record. Without a destructor, so it can be read while a thread ends.
    static RECORD: Cell<*const ThreadOutput> = const { Cell::new(ptr::null()) };
    static IS_WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Attaches this thread, and the threads it starts, to this record. Returns the previous record.
pub(crate) fn attach(record: Option<Arc<ThreadOutput>>) -> Option<Arc<ThreadOutput>> {
    // Makes the linker include this file, and with it the definitions below.
    std::hint::black_box((write as *const (), writev as *const (), pthread_create as *const ()));
    let before = RECORD.replace(record.map_or(ptr::null(), Arc::into_raw));
    // SAFETY: a pointer in `RECORD` comes from `Arc::into_raw`, and taking it out ends its use there.
    (!before.is_null()).then(|| unsafe { Arc::from_raw(before) })
}

/// Called in the only thread of a child that a test has forked: it works for no test. Async-signal-safe; the record is not
/// dropped.
pub(super) fn forget() {
    RECORD.set(ptr::null());
}

/// The owner that this thread works for. Safe in a signal handler: it only reads a thread-local value and an atomic.
pub(crate) fn owner() -> u64 {
    ask(ThreadOutput::owner).unwrap_or(test_id::NO_OWNER)
}

/// The test that this thread works for.
pub(crate) fn current_test() -> Option<CurrentTest> {
    ask(ThreadOutput::test).flatten()
}

/// Writes the captured output of this thread at this offset of the file `fd`, and returns its length. For signal handlers.
pub(crate) fn write_captured(fd: c_int, at: u64) -> u64 {
    let mut end = at;
    ask(|record| {
        record.peek(|piece| {
            // SAFETY: the piece has this number of readable bytes.
            let n = unsafe { libc::pwrite(fd, piece.as_ptr().cast(), piece.len(), end as libc::off_t) };
            end += u64::try_from(n).unwrap_or(0);
        });
    });
    end - at
}

/// Whether this thread has a record that keeps its output.
pub(crate) fn is_kept() -> bool {
    ask(ThreadOutput::keeps).unwrap_or(false) && !IS_WRITING.get()
}

/// Appends one write to this thread's record; lines to be shown now are written to `fd`. Returns `false` if no record keeps
/// it, or if the record must not be touched now.
pub(crate) fn keep(fd: c_int, parts: &[&[u8]]) -> bool {
    if !is_kept() {
        return false;
    }
    IS_WRITING.set(true);
    if let Some(lines) = ask(|record| record.append(parts)).flatten() {
        // There is no other place to show them.
        let _ = if fd == libc::STDERR_FILENO { write_stderr(&lines) } else { write_stdout(&lines) };
    }
    IS_WRITING.set(false);
    true
}

/// Calls `question` with the record of this thread. It must not attach another record.
fn ask<T>(question: impl FnOnce(&ThreadOutput) -> T) -> Option<T> {
    // SAFETY: `RECORD` owns one count of what it points to; only `attach` gives that up, on this thread.
    unsafe { RECORD.get().as_ref() }.map(question)
}

/// Whether what this thread writes to `fd` is kept.
fn takes(fd: c_int) -> bool {
    let is_ours = fd == libc::STDOUT_FILENO || fd == libc::STDERR_FILENO;
    // A signal handler must write its message before the process dies, and must not allocate.
    is_ours && is_kept() && !(fd == libc::STDERR_FILENO && is_on_signal_stack())
}

fn is_on_signal_stack() -> bool {
    let mut stack = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: the new stack is null, so this only reads, into a value of ours.
    let answer = unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    answer == 0 && stack.ss_flags & libc::SS_ONSTACK != 0
}

/// Like write(2).
///
/// # Safety
///
/// The same as for the function of the C library.
// SAFETY: this replaces the C library's `write`, with the same contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize {
    if count > 0 && takes(fd) {
        // SAFETY: the caller promises `count` readable bytes.
        let part = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
        if keep(fd, &[part]) {
            return count as isize;
        }
    }
    // SAFETY: the caller promises what the system call requires.
    unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) as isize }
}

/// Like writev(2).
///
/// # Safety
///
/// The same as for the function of the C library.
// SAFETY: this replaces the C library's `writev`, with the same contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const libc::iovec, n_parts: c_int) -> isize {
    if n_parts > 0 && takes(fd) {
        // SAFETY: the caller promises `n_parts` entries.
        let entries = unsafe { std::slice::from_raw_parts(parts, n_parts as usize) };
        let filled = entries.iter().filter(|entry| entry.iov_len > 0);
        let parts: Vec<&[u8]> = filled
            // SAFETY: the caller promises that each entry has `iov_len` readable bytes.
            .map(|entry| unsafe { std::slice::from_raw_parts(entry.iov_base.cast::<u8>(), entry.iov_len) })
            .collect();
        if keep(fd, &parts) {
            return parts.iter().map(|part| part.len()).sum::<usize>() as isize;
        }
    }
    // SAFETY: the caller promises what the system call requires.
    unsafe { libc::syscall(libc::SYS_writev, fd, parts, n_parts) as isize }
}

type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(*mut libc::pthread_t, *const libc::pthread_attr_t, Start, *mut c_void) -> c_int;

/// Passed to a new thread in place of its own argument.
struct Inherited {
    start: Start,
    argument: *mut c_void,
    record: Arc<ThreadOutput>,
}

/// Like pthread_create(3).
///
/// # Safety
///
/// The same as for the function of the C library.
// SAFETY: this replaces the C library's `pthread_create`, with the same contract.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let Some(create) = real_pthread_create() else { return libc::EAGAIN };
    let record = RECORD.get();
    if record.is_null() {
        // SAFETY: the caller promises what the C library requires.
        return unsafe { create(thread, attributes, start, argument) };
    }
    // SAFETY: `RECORD` owns one count, so there is one to add to.
    unsafe { Arc::increment_strong_count(record) };
    // SAFETY: that is the count just added.
    let record = unsafe { Arc::from_raw(record) };
    let inherited = Box::into_raw(Box::new(Inherited { start, argument, record }));
    // SAFETY: `begin` takes what `inherited` points to, once.
    let answer = unsafe { create(thread, attributes, begin, inherited.cast()) };
    if answer != 0 {
        // SAFETY: no thread was created, so this is the only reference.
        drop(unsafe { Box::from_raw(inherited) });
    }
    answer
}

// No value that needs dropping is alive across the call: a thread may end by unwinding through this frame.
extern "C-unwind" fn begin(inherited: *mut c_void) -> *mut c_void {
    // SAFETY: `pthread_create` made it for this thread alone.
    let inherited = *unsafe { Box::from_raw(inherited.cast::<Inherited>()) };
    let Inherited { start, argument, record } = inherited;
    drop(attach(Some(record)));
    let answer = start(argument);
    drop(attach(None));
    answer
}

fn real_pthread_create() -> Option<Create> {
    static REAL: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    let mut real = REAL.load(Ordering::Relaxed);
    if real.is_null() {
        // SAFETY: the name ends with a NUL.
        real = unsafe { libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr()) };
        REAL.store(real, Ordering::Relaxed);
    }
    // SAFETY: the C library's symbol of that name is a function of this type; a null pointer is `None`.
    unsafe { transmute::<*mut c_void, Option<Create>>(real) }
}
