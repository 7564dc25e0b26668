//! A state that threads and futures wait on. The only file of this module that uses condition variables and wakers.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::delay::Delay;

/// A state, and the threads and futures that wait for a condition on it.
#[derive(Debug, Default)]
pub(super) struct WaitCell<S> {
    inner: Mutex<Inner<S>>,
    on_change: Condvar,
}

#[derive(Debug, Default)]
struct Inner<S> {
    state: S,
    /// The wakers of waiting futures; each future has at most one, under its number.
    wakers: BTreeMap<u64, Waker>,
    next_number: u64,
}

impl<S> WaitCell<S> {
    pub(super) fn new(state: S) -> Self {
        Self { inner: Mutex::new(Inner { state, wakers: BTreeMap::new(), next_number: 0 }), on_change: Condvar::new() }
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&S) -> R) -> R {
        read(&self.lock().state)
    }

    /// Changes the state and wakes all waiters.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let mut inner = self.lock();
        let result = change(&mut inner.state);
        let wakers = mem::take(&mut inner.wakers);
        // Not under the lock: a woken task may take it at once.
        drop(inner);
        self.on_change.notify_all();
        wakers.into_values().for_each(Waker::wake);
        result
    }

    /// Returns the result of `ready`, or `None` when the limit is over. Checks once more at the end of the limit.
    pub(super) fn wait_until<R>(&self, limit: Duration, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let begin = Instant::now();
        let mut inner = self.lock();
        loop {
            if let Some(value) = ready(&inner.state) {
                return Some(value);
            }
            let remaining = limit.checked_sub(begin.elapsed()).filter(|remaining| !remaining.is_zero())?;
            inner = self.on_change.wait_timeout(inner, remaining).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }

    /// The same for futures. The first poll starts the limit.
    pub(super) async fn ready_within<R>(&self, limit: Duration, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let mut deadline = Delay::new(limit);
        let mut waiter = Waiter { cell: self, number: None };
        poll_fn(|cx| {
            // The deadline first, so that the state is checked once more after the deadline.
            let is_over = Pin::new(&mut deadline).poll(cx).is_ready();
            match waiter.check_or_register(cx.waker(), &ready) {
                Some(value) => Poll::Ready(Some(value)),
                None if is_over => Poll::Ready(None),
                None => Poll::Pending,
            }
        })
        .await
    }

    #[cfg(test)]
    pub(super) fn n_wakers(&self) -> usize {
        self.lock().wakers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A waiting future. Dropping it removes its waker.
struct Waiter<'w, S> {
    cell: &'w WaitCell<S>,
    number: Option<u64>,
}

impl<S> Waiter<'_, S> {
    /// Checks and registers under one lock, so that no change is missed in between.
    fn check_or_register<R>(&mut self, waker: &Waker, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let waker = waker.clone();
        let mut inner = self.cell.lock();
        if let Some(value) = ready(&inner.state) {
            return Some(value);
        }
        let number = *self.number.get_or_insert_with(|| {
            inner.next_number += 1;
            inner.next_number
        });
        let old = inner.wakers.insert(number, waker);
        // Not under the lock: dropping a waker may drop a task that uses the same cell.
        drop(inner);
        drop(old);
        None
    }
}

impl<S> Drop for Waiter<'_, S> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let old = self.cell.lock().wakers.remove(&number);
            drop(old);
        }
    }
}
