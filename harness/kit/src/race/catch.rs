//! The code under test may panic; that is one more error of it.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::race::round_result::shown;
use crate::together::Panicked;

/// What went wrong in `work`, if anything did.
pub(super) fn caught(work: impl FnOnce() -> Option<String>) -> Option<String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Some(text(panic)))
}

/// The same of a future.
pub(super) async fn caught_async(work: impl Future<Output = Option<String>>) -> Option<String> {
    let mut work = pin!(work);
    let polled = poll_fn(|cx| {
        // A future that has panicked is not polled again.
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))).unwrap_or_else(|panic| Poll::Ready(Some(text(panic))))
    });
    polled.await
}

fn text(panic: Box<dyn Any + Send>) -> String {
    // Whose it was is known to whoever asks.
    let text = shown(&Panicked::new(0, &*panic));
    // Its drop can panic, too, and then nobody would hear of the actor any more.
    mem::forget(panic);
    text
}
