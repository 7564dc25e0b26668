//! Locks a mutex even if a thread panicked while it held the lock. Tests panic, and the values that swimlanes keeps in a mutex are always
//! consistent.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// An extension of [`Mutex`]; see the module.
pub(crate) trait MutexExt<T: ?Sized> {
    /// Locks the mutex, poisoned or not.
    fn lock_even_if_poisoned(&self) -> MutexGuard<'_, T>;
}

impl<T: ?Sized> MutexExt<T> for Mutex<T> {
    fn lock_even_if_poisoned(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn poisoned_mutex_can_be_locked() {
        let mutex = Mutex::new(1);
        let poisoned = catch_unwind(AssertUnwindSafe(|| {
            let _guard = mutex.lock();
            panic!("while it is locked");
        }));
        assert!(poisoned.is_err() && mutex.is_poisoned());
        assert_eq!(*mutex.lock_even_if_poisoned(), 1);
    }
}
