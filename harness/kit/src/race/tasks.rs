//! Runs a round with a future for each actor. The calling task polls all of them, so any runtime will do.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use crate::clock::{Clock, SystemClock};
use crate::delay::Delay;
use crate::point::{PointHandler, as_actor};
use crate::race::block_detection::{BlockDetection, QuietPeriod};
use crate::race::catch::catch_async;
use crate::race::round::{Next, Round};
use crate::race::round_result::{RoundResult, step_limit_error};
use crate::race::strategy::Strategy;
use crate::together::run_together_async;

/// The state of the point that an actor's future has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PointState {
    None,
    Stopped(&'static str),
    Resumed,
}

/// Handles the points of an actor's future.
struct TaskHandler {
    at: Mutex<(PointState, Vec<Waker>)>,
    /// Points no longer stop the actor.
    is_free: AtomicBool,
    /// How many points without `async` were passed.
    n_sync_points: AtomicUsize,
}

impl TaskHandler {
    fn lock(&self) -> MutexGuard<'_, (PointState, Vec<Waker>)> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self) -> PointState {
        self.lock().0
    }

    /// Resumes the actor, if it is stopped at a point.
    fn resume(&self) {
        let mut at = self.lock();
        if let PointState::Stopped(_) = at.0 {
            at.0 = PointState::Resumed;
        }
        let wakers = mem::take(&mut at.1);
        drop(at);
        // The driver polls the actor anyway; but its future may consist of tasks that are polled only if they are woken.
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl PointHandler for TaskHandler {
    fn stop(&self, _point: &'static str) {
        // Blocking the thread would stop the other actors, too.
        self.n_sync_points.fetch_add(1, Ordering::Relaxed);
    }

    fn poll_stop(&self, point: &'static str, cx: &mut Context<'_>) -> Poll<()> {
        let mut at = self.lock();
        if at.0 == PointState::Resumed || self.is_free.load(Ordering::Relaxed) {
            at.0 = PointState::None;
            return Poll::Ready(());
        }
        *at = (PointState::Stopped(point), mem::take(&mut at.1));
        at.1.push(cx.waker().clone());
        Poll::Pending
    }

    fn leave(&self) {
        self.lock().0 = PointState::None;
    }
}

type ActorBody<'b> = Pin<Box<dyn Future<Output = Option<String>> + 'b>>;

/// An actor and its future, until that has ended.
struct ActorTask<'b> {
    handler: Arc<TaskHandler>,
    body: Option<ActorBody<'b>>,
    error: Option<String>,
}

impl<'b> ActorTask<'b> {
    fn new(body: impl Future<Output = Option<String>> + 'b) -> Self {
        let at = Mutex::new((PointState::None, Vec::new()));
        let handler = Arc::new(TaskHandler { at, is_free: AtomicBool::new(false), n_sync_points: AtomicUsize::new(0) });
        Self { handler, body: Some(Box::pin(catch_async(body))), error: None }
    }

    /// Polls the future, if it has not ended.
    fn poll(&mut self, cx: &mut Context<'_>) {
        let Some(body) = &mut self.body else { return };
        let handler = Arc::clone(&self.handler) as Arc<dyn PointHandler>;
        if let Poll::Ready(error) = as_actor(handler, || body.as_mut().poll(cx)) {
            self.body = None;
            self.error = error;
        }
    }
}

/// Runs a round with a future for each actor, in the order of the strategy.
pub(super) async fn run_round(
    n_actors: usize,
    strategy: &mut Strategy,
    detection: &mut BlockDetection<'_>,
    body: &impl AsyncFn(usize) -> Option<String>,
) -> RoundResult {
    let mut driver = TaskDriver {
        actors: (0..n_actors).map(|actor| ActorTask::new(body(actor))).collect(),
        round: Round::new(n_actors, strategy, detection.max_steps),
        detection,
    };
    let cut = loop {
        driver.settle().await;
        match driver.round.next() {
            Next::Resume(actor) => driver.actors[actor].handler.resume(),
            Next::Await(_) => {}
            Next::Deadlock => {
                if let Some(deadlock) = driver.wait_for_any().await {
                    // The futures of the blocked actors are dropped.
                    break Some(deadlock);
                }
            }
            Next::StepLimit(n_steps) => {
                driver.free_all();
                let deadlock = driver.run_to_end().await;
                break Some(deadlock.unwrap_or_else(|| step_limit_error(n_steps)));
            }
            Next::Ended => break None,
        }
    };
    let TaskDriver { actors, round, .. } = driver;
    let n_sync_points = actors.iter().map(|actor| actor.handler.n_sync_points.load(Ordering::Relaxed)).sum();
    let errors = actors.into_iter().map(|actor| actor.error).collect();
    RoundResult { errors, after_error: cut, interleaving: Some(round.into_interleaving()), n_sync_points }
}

/// Runs a round without choices: points do not stop the futures.
pub(super) async fn run_free(n_actors: usize, body: &impl AsyncFn(usize) -> Option<String>) -> RoundResult {
    RoundResult::free(run_together_async(n_actors, |actor| body(actor)).await)
}

struct TaskDriver<'b, 'c, 'd, 'p> {
    actors: Vec<ActorTask<'b>>,
    round: Round<'c>,
    detection: &'d mut BlockDetection<'p>,
}

impl TaskDriver<'_, '_, '_, '_> {
    /// Resolves when all actors are stopped, blocked or at their ends.
    async fn settle(&mut self) {
        let mut quiet = QuietPeriod::begin(SystemClock.now());
        let mut pause: Option<Delay> = None;
        poll_fn(|cx| {
            loop {
                if self.poll(cx) {
                    quiet = QuietPeriod::begin(SystemClock.now());
                    pause = None;
                }
                if self.round.n_running() == 0 {
                    return Poll::Ready(());
                }
                let is_last_running = self.round.is_last_running();
                let delay = pause.get_or_insert_with(|| Delay::new(quiet.next(self.detection, is_last_running)));
                ready!(Pin::new(delay).poll(cx));
                pause = None;
                // All futures were polled, and are pending.
                if quiet.is_blocked(SystemClock.now(), self.detection, &self.round, || false) {
                    self.round.mark_blocked();
                }
            }
        })
        .await;
    }

    /// Waits for any blocked actor to continue. Returns a message if none does within the deadlock timeout.
    async fn wait_for_any(&mut self) -> Option<String> {
        let mut deadline = Delay::new(self.detection.deadlock_timeout);
        poll_fn(|cx| {
            if self.poll(cx) {
                return Poll::Ready(None);
            }
            ready!(Pin::new(&mut deadline).poll(cx));
            Poll::Ready(Some(self.detection.deadlock_error(&self.round.describe())))
        })
        .await
    }

    /// Makes points no longer stop the actors.
    fn free_all(&mut self) {
        for actor in &self.actors {
            actor.handler.is_free.store(true, Ordering::Relaxed);
            actor.handler.resume();
        }
        self.round.mark_running();
    }

    /// Waits for all actors to end. Returns a message if there is no progress within the deadlock timeout.
    async fn run_to_end(&mut self) -> Option<String> {
        while self.round.n_running() > 0 {
            let deadlock = self.wait_for_any().await;
            if deadlock.is_some() {
                return deadlock;
            }
        }
        None
    }

    /// Polls the active actors. Returns whether any of them stopped or ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        for (number, actor) in self.actors.iter_mut().enumerate() {
            if !self.round.is_active(number) {
                continue;
            }
            actor.poll(cx);
            match (&actor.body, actor.handler.at()) {
                (None, _) => self.round.mark_ended(number),
                (Some(_), PointState::Stopped(point)) => self.round.mark_stopped(number, point),
                (Some(_), PointState::None | PointState::Resumed) => continue,
            }
            has_moved = true;
        }
        has_moved
    }
}
