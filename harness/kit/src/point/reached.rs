//! Who is told that a point was reached: the race of the actor for which this thread, or this poll of a future, works.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// How many races run in this process.
static RACES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static ACTOR: RefCell<Option<Arc<dyn Stops>>> = const { RefCell::new(None) };
}

/// What stops an actor at a point until its race lets it go on.
pub trait Stops: Send + Sync {
    /// Comes back when the actor may go on.
    fn stop(&self, point: &'static str);

    /// Is ready when the actor may go on; called again and again with the same point until then.
    fn poll_stop(&self, point: &'static str, cx: &mut Context<'_>) -> Poll<()>;
}

/// Whether points are to be told of.
#[inline]
pub fn is_racing() -> bool {
    RACES.load(Ordering::Relaxed) != 0
}

/// The thread has come to a point.
#[cold]
pub fn reach(point: &'static str) {
    let actor = ACTOR.with_borrow(Clone::clone);
    if let Some(actor) = actor {
        actor.stop(point);
    }
}

/// The future has come to a point.
#[cold]
pub async fn reach_async(point: &'static str) {
    poll_fn(|cx| ACTOR.with_borrow(Clone::clone).map_or(Poll::Ready(()), |actor| actor.poll_stop(point, cx))).await;
}

/// Points count as long as the answer lives.
pub fn racing() -> impl Drop {
    struct Racing;
    impl Drop for Racing {
        fn drop(&mut self) {
            RACES.fetch_sub(1, Ordering::Relaxed);
        }
    }
    RACES.fetch_add(1, Ordering::Relaxed);
    Racing
}

/// Runs `work` as that actor, on this thread; if it is polling a future, that one's points are the actor's.
pub fn as_actor<T>(actor: Arc<dyn Stops>, work: impl FnOnce() -> T) -> T {
    struct Before(Option<Arc<dyn Stops>>);
    impl Drop for Before {
        fn drop(&mut self) {
            ACTOR.set(self.0.take());
        }
    }
    let _before = Before(ACTOR.replace(Some(actor)));
    work()
}
