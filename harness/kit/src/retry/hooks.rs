//! The condition and the hooks of a retry: which errors are retryable, and what runs before a retry.

use std::future::{Future, Ready, ready};

/// Decides which errors are retryable.
pub trait RetryCondition<E> {
    /// Whether to retry after this error.
    fn is_retryable(&self, error: &E) -> bool;
}

/// Runs before a retry.
pub trait RetryHook<E> {
    /// Called after `attempts` attempts, the last of which failed with `error`.
    fn call(&mut self, error: &E, attempts: u32) -> Result<(), E>;
}

/// Runs before a retry of [`Retry::run_async`](super::Retry::run_async).
pub trait AsyncRetryHook<E> {
    /// Does not borrow the error: with a type that does, the compiler cannot see that the future of the retry is `Send`
    /// (rust-lang/rust#110338).
    type HookFuture: Future<Output = Result<(), E>>;

    /// Called after `attempts` attempts, the last of which failed with `error`.
    fn call(&mut self, error: &E, attempts: u32) -> Self::HookFuture;
}

/// Every error is retryable.
#[derive(Debug, Clone, Copy)]
pub struct RetryAll;

/// No hook.
#[derive(Debug, Clone, Copy)]
pub struct NoHook;

/// A hook that returns a future.
#[derive(Debug, Clone, Copy)]
pub struct AsyncHook<H>(pub(super) H);

impl<E> RetryCondition<E> for RetryAll {
    fn is_retryable(&self, _: &E) -> bool {
        true
    }
}

impl<E, F: Fn(&E) -> bool> RetryCondition<E> for F {
    fn is_retryable(&self, error: &E) -> bool {
        self(error)
    }
}

impl<E> RetryHook<E> for NoHook {
    fn call(&mut self, _: &E, _: u32) -> Result<(), E> {
        Ok(())
    }
}

impl<E, H: FnMut(&E, u32) -> Result<(), E>> RetryHook<E> for H {
    fn call(&mut self, error: &E, attempts: u32) -> Result<(), E> {
        self(error, attempts)
    }
}

impl<E> AsyncRetryHook<E> for NoHook {
    type HookFuture = Ready<Result<(), E>>;

    fn call(&mut self, _: &E, _: u32) -> Self::HookFuture {
        ready(Ok(()))
    }
}

impl<E, H: FnMut(&E, u32) -> Result<(), E>> AsyncRetryHook<E> for H {
    type HookFuture = Ready<Result<(), E>>;

    fn call(&mut self, error: &E, attempts: u32) -> Self::HookFuture {
        ready(self(error, attempts))
    }
}

impl<E, H, P> AsyncRetryHook<E> for AsyncHook<H>
where
    H: FnMut(&E, u32) -> P,
    P: Future<Output = Result<(), E>>,
{
    type HookFuture = P;

    fn call(&mut self, error: &E, attempts: u32) -> P {
        (self.0)(error, attempts)
    }
}
