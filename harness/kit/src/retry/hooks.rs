//! What a retry asks its user between two tries: whether the error is worth another one, and to make that possible.

use std::future::{Future, Ready, ready};

/// Judges an error.
pub trait Judge<E> {
    /// Whether to try again after it.
    fn is_worth_another(&self, error: &E) -> bool;
}

/// Prepares another try.
pub trait Prepare<E> {
    /// After `tries` tries, the last of which failed with `error`.
    fn prepare(&mut self, error: &E, tries: u32) -> Result<(), E>;
}

/// Prepares another try of an async retry.
pub trait PrepareAsync<E> {
    /// Does not borrow the error: with a type that does, the compiler cannot see that the whole is `Send` (rust-lang/rust#110338).
    type Preparing: Future<Output = Result<(), E>>;

    /// After `tries` tries, the last of which failed with `error`.
    fn prepare(&mut self, error: &E, tries: u32) -> Self::Preparing;
}

/// Every error is worth another try.
#[derive(Debug, Clone, Copy)]
pub struct Always;

/// Nothing is to be done before another try.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

/// What is to be done before another try awaits something.
#[derive(Debug, Clone, Copy)]
pub struct Awaits<H>(pub(super) H);

impl<E> Judge<E> for Always {
    fn is_worth_another(&self, _: &E) -> bool {
        true
    }
}

impl<E, F: Fn(&E) -> bool> Judge<E> for F {
    fn is_worth_another(&self, error: &E) -> bool {
        self(error)
    }
}

impl<E> Prepare<E> for Nothing {
    fn prepare(&mut self, _: &E, _: u32) -> Result<(), E> {
        Ok(())
    }
}

impl<E, H: FnMut(&E, u32) -> Result<(), E>> Prepare<E> for H {
    fn prepare(&mut self, error: &E, tries: u32) -> Result<(), E> {
        self(error, tries)
    }
}

impl<E> PrepareAsync<E> for Nothing {
    type Preparing = Ready<Result<(), E>>;

    fn prepare(&mut self, _: &E, _: u32) -> Self::Preparing {
        ready(Ok(()))
    }
}

impl<E, H: FnMut(&E, u32) -> Result<(), E>> PrepareAsync<E> for H {
    type Preparing = Ready<Result<(), E>>;

    fn prepare(&mut self, error: &E, tries: u32) -> Self::Preparing {
        ready(self(error, tries))
    }
}

impl<E, H, P> PrepareAsync<E> for Awaits<H>
where
    H: FnMut(&E, u32) -> P,
    P: Future<Output = Result<(), E>>,
{
    type Preparing = P;

    fn prepare(&mut self, error: &E, tries: u32) -> P {
        (self.0)(error, tries)
    }
}
