//! Finds the handler of a point: the actor that runs on this thread, or that is polling a future on it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

/// How many races run in this process.
static RACES: AtomicUsize = AtomicUsize::new(0);
/// How many points were passed outside of actors while races ran.
static PASSED_OUTSIDE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static ACTOR: RefCell<Option<Arc<dyn PointHandler>>> = const { RefCell::new(None) };
}

/// Stops an actor at a point until its race lets it continue.
pub trait PointHandler: Send + Sync {
    /// Returns when the actor may continue.
    fn stop(&self, point: &'static str);

    /// Ready when the actor may continue; polled with the same point until then.
    fn poll_stop(&self, point: &'static str, cx: &mut Context<'_>) -> Poll<()>;

    /// The stopped future was dropped before it could continue.
    fn leave(&self);
}

/// Whether a race runs in this process.
#[inline]
pub fn is_racing() -> bool {
    RACES.load(Ordering::Relaxed) != 0
}

/// How many points were passed outside of actors so far.
pub fn n_passed_outside() -> usize {
    PASSED_OUTSIDE.load(Ordering::Relaxed)
}

/// The thread has reached a point.
#[cold]
pub fn reach(point: &'static str) {
    if let Some(actor) = actor() {
        actor.stop(point);
    }
}

/// The future has reached a point.
#[cold]
pub fn reach_async(point: &'static str) -> ReachedPoint {
    ReachedPoint { point, leave_guard: None }
}

/// The actor of this thread. `None` also while the thread drops its thread-local values, which can reach points.
fn actor() -> Option<Arc<dyn PointHandler>> {
    let actor = ACTOR.try_with(|actor| actor.borrow().clone()).ok().flatten();
    if actor.is_none() {
        PASSED_OUTSIDE.fetch_add(1, Ordering::Relaxed);
    }
    actor
}

/// A future that is ready when the actor may continue.
#[derive(Debug)]
pub struct ReachedPoint {
    point: &'static str,
    leave_guard: Option<LeaveOnDrop>,
}

/// Calls [`PointHandler::leave`] if it is dropped before the actor may continue, as `select!` does.
struct LeaveOnDrop(Option<Arc<dyn PointHandler>>);

impl std::fmt::Debug for LeaveOnDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LeaveOnDrop")
    }
}

impl Drop for LeaveOnDrop {
    fn drop(&mut self) {
        if let Some(actor) = self.0.take() {
            actor.leave();
        }
    }
}

impl Future for ReachedPoint {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(actor) = actor() else { return Poll::Ready(()) };
        let point = self.point;
        let leave_guard = self.leave_guard.get_or_insert_with(|| LeaveOnDrop(Some(Arc::clone(&actor))));
        ready!(actor.poll_stop(point, cx));
        leave_guard.0 = None;
        Poll::Ready(())
    }
}

/// Enables points as long as the returned guard lives.
pub fn enable_points() -> impl Drop {
    struct PointsGuard;
    impl Drop for PointsGuard {
        fn drop(&mut self) {
            RACES.fetch_sub(1, Ordering::Relaxed);
        }
    }
    RACES.fetch_add(1, Ordering::Relaxed);
    PointsGuard
}

/// Runs `work` as that actor on this thread. If `work` polls a future, the points of that future are those of the actor.
pub fn as_actor<T>(actor: Arc<dyn PointHandler>, work: impl FnOnce() -> T) -> T {
    struct RestoreActor(Option<Arc<dyn PointHandler>>);
    impl Drop for RestoreActor {
        fn drop(&mut self) {
            ACTOR.set(self.0.take());
        }
    }
    let _before = RestoreActor(ACTOR.replace(Some(actor)));
    work()
}
