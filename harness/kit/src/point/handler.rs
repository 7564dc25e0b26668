//! Who is told that a point was reached: the race of the actor for which this thread, or this poll of a future, works.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

/// How many races run in this process.
static RACES: AtomicUsize = AtomicUsize::new(0);
/// How many points were passed by who was no actor, while races ran.
static PASSED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static ACTOR: RefCell<Option<Arc<dyn Stops>>> = const { RefCell::new(None) };
}

/// What stops an actor at a point until its race lets it go on.
pub trait Stops: Send + Sync {
    /// Comes back when the actor may go on.
    fn stop(&self, point: &'static str);

    /// Is ready when the actor may go on; called again and again with the same point until then.
    fn poll_stop(&self, point: &'static str, cx: &mut Context<'_>) -> Poll<()>;

    /// The future that was stopped was dropped, and not polled to its end.
    fn leave(&self);
}

/// Whether points are to be told of.
#[inline]
pub fn is_racing() -> bool {
    RACES.load(Ordering::Relaxed) != 0
}

/// How many points were passed so far by who was no actor.
pub fn n_passed() -> usize {
    PASSED.load(Ordering::Relaxed)
}

/// The thread has come to a point.
#[cold]
pub fn reach(point: &'static str) {
    if let Some(actor) = actor() {
        actor.stop(point);
    }
}

/// The future has come to a point.
#[cold]
pub fn reach_async(point: &'static str) -> Reached {
    Reached { point, stopped: None }
}

/// Whose thread this is. A value of the thread that is dropped with it can come to a point when it is nobody's any more.
fn actor() -> Option<Arc<dyn Stops>> {
    let actor = ACTOR.try_with(|actor| actor.borrow().clone()).ok().flatten();
    if actor.is_none() {
        PASSED.fetch_add(1, Ordering::Relaxed);
    }
    actor
}

/// A future that is ready when the actor may go on.
#[derive(Debug)]
pub struct Reached {
    point: &'static str,
    stopped: Option<Stopped>,
}

/// Tells if it is dropped before the actor was let go, as `select!` does it.
struct Stopped(Option<Arc<dyn Stops>>);

impl std::fmt::Debug for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stopped")
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(actor) = self.0.take() {
            actor.leave();
        }
    }
}

impl Future for Reached {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(actor) = actor() else { return Poll::Ready(()) };
        let point = self.point;
        let stopped = self.stopped.get_or_insert_with(|| Stopped(Some(Arc::clone(&actor))));
        ready!(actor.poll_stop(point, cx));
        stopped.0 = None;
        Poll::Ready(())
    }
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
