//! A state that threads and futures wait on. The only file here that knows of condition variables and wakers.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::delay::Delay;

/// A state, and all who wait until it is as they want it.
#[derive(Debug, Default)]
pub(super) struct Watched<S> {
    inner: Mutex<Inner<S>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner<S> {
    state: S,
    /// Of futures that wait: each has at most one, under its number.
    wakers: BTreeMap<u64, Waker>,
    next_number: u64,
}

impl<S> Watched<S> {
    pub(super) fn new(state: S) -> Self {
        Self { inner: Mutex::new(Inner { state, wakers: BTreeMap::new(), next_number: 0 }), changed: Condvar::new() }
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.lock().state)
    }

    /// Changes the state, and wakes all who wait.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let mut inner = self.lock();
        let result = change(&mut inner.state);
        let wakers = mem::take(&mut inner.wakers);
        // Who is woken may want this lock at once: not under it.
        drop(inner);
        self.changed.notify_all();
        wakers.into_values().for_each(Waker::wake);
        result
    }

    /// What `ready` finds, or nothing when the limit is over. It looks once more when that is so.
    pub(super) fn wait_until<R>(&self, limit: Duration, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let begin = Instant::now();
        let mut inner = self.lock();
        loop {
            if let Some(found) = ready(&inner.state) {
                return Some(found);
            }
            let left = limit.checked_sub(begin.elapsed()).filter(|left| !left.is_zero())?;
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }

    /// The same for futures. The limit begins when it is first polled.
    pub(super) async fn ready_within<R>(&self, limit: Duration, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let mut deadline = Delay::new(limit);
        let mut waiter = Waiter { watched: self, number: None };
        poll_fn(|cx| {
            // The deadline first: what is found after it was over is found all the same.
            let is_over = Pin::new(&mut deadline).poll(cx).is_ready();
            match waiter.look_or_register(cx.waker(), &ready) {
                Some(found) => Poll::Ready(Some(found)),
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

/// A future that waits; takes its waker along when it is dropped.
struct Waiter<'w, S> {
    watched: &'w Watched<S>,
    number: Option<u64>,
}

impl<S> Waiter<'_, S> {
    /// Looks and registers under one lock, so that no change falls in between.
    fn look_or_register<R>(&mut self, waker: &Waker, ready: impl Fn(&S) -> Option<R>) -> Option<R> {
        let waker = waker.clone();
        let mut inner = self.watched.lock();
        if let Some(found) = ready(&inner.state) {
            return Some(found);
        }
        let number = *self.number.get_or_insert_with(|| {
            inner.next_number += 1;
            inner.next_number
        });
        let old = inner.wakers.insert(number, waker);
        // With a waker a whole task may be dropped, which may wait here, too: not under the lock.
        drop(inner);
        drop(old);
        None
    }
}

impl<S> Drop for Waiter<'_, S> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let old = self.watched.lock().wakers.remove(&number);
            drop(old);
        }
    }
}
