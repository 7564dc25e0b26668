//! Turns a panic of the code under test into an error.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::race::round_result::panic_error;
use crate::together::ActorPanic;

/// Runs `work` and returns its error; a panic is an error, too.
pub(super) fn catch(work: impl FnOnce() -> Option<String>) -> Option<String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Some(text(panic)))
}

/// The same for a future.
pub(super) async fn catch_async(work: impl Future<Output = Option<String>>) -> Option<String> {
    let mut work = pin!(work);
    let caught_poll = poll_fn(|cx| {
        // A future that has panicked is not polled again.
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))).unwrap_or_else(|panic| Poll::Ready(Some(text(panic))))
    });
    caught_poll.await
}

fn text(panic: Box<dyn Any + Send>) -> String {
    // The number of the actor is not part of the message.
    let text = panic_error(&ActorPanic::new(0, &*panic));
    // Dropping the payload can panic, too, and the result of the actor would be lost.
    mem::forget(panic);
    text
}
