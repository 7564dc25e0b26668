//! Plays a round with a future for each actor, all polled by the task that has called, so on any runtime.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use crate::delay::Delay;

use crate::clock::{Clock, SystemClock};
use crate::point::{Stops, as_actor};
use crate::race::block_detection::{Look, Patience};
use crate::race::catch::caught_async;
use crate::race::round::{Next, Round};
use crate::race::round_result::{Played, too_long};
use crate::race::strategy::Chooser;
use crate::together::together_async;

/// Where the future of an actor is in a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    None,
    Stopped(&'static str),
    MayGo,
}

/// What an actor's future has of its race.
struct Task {
    at: Mutex<(At, Vec<Waker>)>,
    /// Points do not stop it any more.
    is_free: AtomicBool,
    /// How many points of threads have been passed.
    n_passed: AtomicUsize,
}

impl Task {
    fn lock(&self) -> MutexGuard<'_, (At, Vec<Waker>)> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self) -> At {
        self.lock().0
    }

    /// If it is stopped. Who has not begun yet is in no point.
    fn let_go(&self) {
        let mut at = self.lock();
        if let At::Stopped(_) = at.0 {
            at.0 = At::MayGo;
        }
        let wakers = mem::take(&mut at.1);
        drop(at);
        // The driver polls the actor anyway; but of what the actor consists of, some only polls what was woken.
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Stops for Task {
    fn stop(&self, _point: &'static str) {
        // To stop the thread would stop the others, too.
        self.n_passed.fetch_add(1, Ordering::Relaxed);
    }

    fn poll_stop(&self, point: &'static str, cx: &mut Context<'_>) -> Poll<()> {
        let mut at = self.lock();
        if at.0 == At::MayGo || self.is_free.load(Ordering::Relaxed) {
            at.0 = At::None;
            return Poll::Ready(());
        }
        *at = (At::Stopped(point), mem::take(&mut at.1));
        at.1.push(cx.waker().clone());
        Poll::Pending
    }

    fn leave(&self) {
        self.lock().0 = At::None;
    }
}

type Body<'b> = Pin<Box<dyn Future<Output = Option<String>> + 'b>>;

/// An actor, and what is left of its future.
struct Actor<'b> {
    task: Arc<Task>,
    body: Option<Body<'b>>,
    error: Option<String>,
}

impl<'b> Actor<'b> {
    fn new(body: impl Future<Output = Option<String>> + 'b) -> Self {
        let at = Mutex::new((At::None, Vec::new()));
        let task = Arc::new(Task { at, is_free: AtomicBool::new(false), n_passed: AtomicUsize::new(0) });
        Self { task, body: Some(Box::pin(caught_async(body))), error: None }
    }

    /// Goes on as far as it can.
    fn poll(&mut self, cx: &mut Context<'_>) {
        let Some(body) = &mut self.body else { return };
        let task = Arc::clone(&self.task) as Arc<dyn Stops>;
        if let Poll::Ready(error) = as_actor(task, || body.as_mut().poll(cx)) {
            self.body = None;
            self.error = error;
        }
    }
}

/// Plays a round: a future for each actor, in the order that `chooser` says.
pub(super) async fn play(
    n_actors: usize,
    chooser: &mut Chooser,
    patience: &mut Patience<'_>,
    body: &impl AsyncFn(usize) -> Option<String>,
) -> Played {
    let mut driver = Driver {
        actors: (0..n_actors).map(|actor| Actor::new(body(actor))).collect(),
        round: Round::new(n_actors, chooser, patience.most_steps),
        patience,
    };
    let cut = loop {
        driver.settle().await;
        match driver.round.next() {
            Next::Go(actor) => driver.actors[actor].task.let_go(),
            Next::Await(_) => {}
            Next::Stuck => {
                if let Some(stuck) = driver.wait_for_anybody().await {
                    // Whoever is not back is dropped with its future.
                    break Some(stuck);
                }
            }
            Next::TooLong(n_steps) => {
                driver.set_free();
                let stuck = driver.run_out().await;
                break Some(stuck.unwrap_or_else(|| too_long(n_steps)));
            }
            Next::Over => break None,
        }
    };
    let Driver { actors, round, .. } = driver;
    let n_passed = actors.iter().map(|actor| actor.task.n_passed.load(Ordering::Relaxed)).sum();
    let errors = actors.into_iter().map(|actor| actor.error).collect();
    Played { errors, after: cut, interleaving: Some(round.into_interleaving()), n_passed }
}

/// Plays a round in which nobody chooses: points stop no future.
pub(super) async fn play_free(n_actors: usize, body: &impl AsyncFn(usize) -> Option<String>) -> Played {
    Played::free(together_async(n_actors, |actor| body(actor)).await)
}

struct Driver<'b, 'c, 'd, 'p> {
    actors: Vec<Actor<'b>>,
    round: Round<'c>,
    patience: &'d mut Patience<'p>,
}

impl Driver<'_, '_, '_, '_> {
    /// Is ready when everybody is stopped, waits or is through.
    async fn settle(&mut self) {
        let mut look = Look::begin(SystemClock.now());
        let mut pause: Option<Delay> = None;
        poll_fn(|cx| {
            loop {
                if self.poll(cx) {
                    look = Look::begin(SystemClock.now());
                    pause = None;
                }
                if self.round.n_going() == 0 {
                    return Poll::Ready(());
                }
                let is_last_going = self.round.is_last_going();
                let delay = pause.get_or_insert_with(|| Delay::new(look.next(self.patience, is_last_going)));
                ready!(Pin::new(delay).poll(cx));
                pause = None;
                // What could compute has been polled, and waits for something.
                if look.says_waiting(SystemClock.now(), self.patience, &self.round, || false) {
                    self.round.all_wait();
                }
            }
        })
        .await;
    }

    /// Nobody can be let go: all wait, for each other or for something else. Answers who is where, if that does not end.
    async fn wait_for_anybody(&mut self) -> Option<String> {
        let mut late = Delay::new(self.patience.stuck_after);
        poll_fn(|cx| {
            if self.poll(cx) {
                return Poll::Ready(None);
            }
            ready!(Pin::new(&mut late).poll(cx));
            Poll::Ready(Some(self.patience.stuck(&self.round.places())))
        })
        .await
    }

    /// Points stop nobody any more.
    fn set_free(&mut self) {
        for actor in &self.actors {
            actor.task.is_free.store(true, Ordering::Relaxed);
            actor.task.let_go();
        }
        self.round.all_go();
    }

    /// Waits for all of them; or answers who is where, if that does not end.
    async fn run_out(&mut self) -> Option<String> {
        while self.round.n_going() > 0 {
            let stuck = self.wait_for_anybody().await;
            if stuck.is_some() {
                return stuck;
            }
        }
        None
    }

    /// Polls those who are under way, and says whether any of them stopped or ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        for (number, actor) in self.actors.iter_mut().enumerate() {
            if !self.round.is_under_way(number) {
                continue;
            }
            actor.poll(cx);
            match (&actor.body, actor.task.at()) {
                (None, _) => self.round.over(number),
                (Some(_), At::Stopped(point)) => self.round.stopped(number, point),
                (Some(_), At::None | At::MayGo) => continue,
            }
            has_moved = true;
        }
        has_moved
    }
}
