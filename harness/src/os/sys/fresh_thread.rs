//! Runs a function on a new thread, and waits for the end of that thread.
#![allow(unsafe_code)]

use std::io;
use std::panic;
use std::thread::{self, Builder};

/// A value that the calling thread does not touch while the new thread has it.
struct Lent<T>(T);

// SAFETY: `on_new_thread` blocks until the new thread has ended, so only one thread uses the value at any time, and both of its moves are
// synchronised, by the start and by the end of the thread. What it borrows may be tied to one thread at a time (`Cell`, `Rc`), and is; it
// contains no guard of a mutex, and no pointer to a thread-local value.
unsafe impl<T> Send for Lent<T> {}

impl<T> Lent<T> {
    /// Takes the value; a closure that calls this method captures the whole wrapper.
    fn take(self) -> T {
        self.0
    }
}

/// Calls `work` on a new thread with this name, and waits until that thread has ended, with the destructors of its thread-local values.
/// `work` must not hold the guard of a mutex.
///
/// # Errors
///
/// If the system has no more threads.
///
/// # Panics
///
/// If `work` panics.
pub(crate) fn on_new_thread<T>(name: &str, work: impl FnOnce() -> T) -> io::Result<T> {
    let work = Lent(work);
    thread::scope(|scope| {
        let builder = Builder::new().name(name.to_owned());
        let thread = builder.spawn_scoped(scope, move || Lent(work.take()()))?;
        // Without this call, the scope would not wait for the destructors.
        thread.join().map(Lent::take).map_err(|payload| panic::resume_unwind(payload))
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn each_call_has_its_own_thread_with_this_name() {
        let calls = Rc::new(Cell::new(0));
        for name in ["one", "two"] {
            let seen = on_new_thread(name, || {
                calls.set(calls.get() + 1);
                CALLS.set(CALLS.get() + 1);
                (thread::current().name().map(str::to_owned), CALLS.get())
            });
            assert_eq!(seen.expect("a thread"), (Some(name.to_owned()), 1));
        }
        assert_eq!(calls.get(), 2);
    }
}
