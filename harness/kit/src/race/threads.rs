//! Runs a round with a thread for each actor. The calling thread resumes one actor at a time and waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::thread;

use crate::clock::{Clock, SystemClock};
use crate::point::{PointHandler, as_actor};
use crate::race::block_detection::{BlockDetection, QuietPeriod};
use crate::race::catch::catch;
use crate::race::round::{Next, Round};
use crate::race::round_result::{RoundResult, step_limit_error};
use crate::race::strategy::Strategy;
use crate::race::thread_state::SystemThread;
use crate::together::run_together;

/// A message from the thread of an actor.
#[derive(Debug)]
enum ThreadEvent {
    Stopped(&'static str),
    Ended(Option<String>),
}

/// Handles the points of an actor's thread.
struct ThreadHandler {
    actor: usize,
    events: Sender<(usize, ThreadEvent)>,
    /// Receives the permission to continue.
    go: Mutex<Receiver<()>>,
    /// Points no longer stop the actors.
    is_free: Arc<AtomicBool>,
    /// Set by the thread; `None` where the system has no `/proc`.
    system: OnceLock<Option<SystemThread>>,
}

impl ThreadHandler {
    /// Whether the thread is running or runnable.
    fn is_awake(&self) -> bool {
        self.system.get().is_none_or(|system| system.as_ref().is_some_and(SystemThread::is_awake))
    }

    /// Waits for the permission to continue. `false` if the driver is gone, as the race itself has failed.
    fn wait(&self) -> bool {
        self.go.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv().is_ok()
    }
}

impl PointHandler for ThreadHandler {
    fn stop(&self, point: &'static str) {
        if self.is_free.load(Ordering::Relaxed) {
            return;
        }
        let _ = self.events.send((self.actor, ThreadEvent::Stopped(point)));
        // A thread cannot be stopped in the middle of its code, so it continues in any case.
        let _ = self.wait();
    }

    fn poll_stop(&self, point: &'static str, _cx: &mut Context<'_>) -> Poll<()> {
        // The actor's own thread polls the future, so the thread can be blocked.
        self.stop(point);
        Poll::Ready(())
    }

    fn leave(&self) {
        unreachable!("points of threads return no pending future");
    }
}

/// Runs a round: `body` for each actor, in the order of the strategy.
pub(super) fn run_round(
    n_actors: usize,
    strategy: &mut Strategy,
    detection: &mut BlockDetection<'_>,
    body: &(impl Fn(usize) -> Option<String> + Sync),
) -> RoundResult {
    let (sender, receiver) = channel();
    let mut round = Round::new(n_actors, strategy, detection.max_steps);
    let mut errors = vec![None; n_actors];
    let is_free = Arc::new(AtomicBool::new(false));
    let cut = thread::scope(|scope| {
        let (mut go, mut threads) = (Vec::new(), Vec::new());
        for actor in 0..n_actors {
            let (resume, permission) = channel();
            let thread = Arc::new(ThreadHandler {
                actor,
                events: sender.clone(),
                go: Mutex::new(permission),
                is_free: Arc::clone(&is_free),
                system: OnceLock::new(),
            });
            go.push(resume);
            threads.push(Arc::clone(&thread));
            let builder = thread::Builder::new().name(format!("actor {actor}"));
            let handle = builder.spawn_scoped(scope, move || {
                if thread.wait() {
                    thread.system.get_or_init(SystemThread::current);
                    let error = catch(|| as_actor(Arc::clone(&thread) as Arc<dyn PointHandler>, || body(actor)));
                    let _ = thread.events.send((actor, ThreadEvent::Ended(error)));
                }
            });
            // Threads that were started see that the driver is gone, and end.
            handle.unwrap_or_else(|error| panic!("cannot start actor {actor} of {n_actors}: {error}"));
        }
        drop(sender);
        let mut driver =
            ThreadDriver { round: &mut round, threads: &threads, events: &receiver, errors: &mut errors, detection };
        loop {
            driver.settle();
            match driver.round.next() {
                // The thread is stopped, so it receives.
                Next::Resume(actor) => drop(go[actor].send(())),
                Next::Await(_) => {}
                Next::Deadlock => driver.wait_for_any(),
                Next::StepLimit(n_steps) => {
                    is_free.store(true, Ordering::Relaxed);
                    driver.run_to_end(&go);
                    break Some(step_limit_error(n_steps));
                }
                Next::Ended => break None,
            }
        }
    });
    RoundResult { errors, after_error: cut, interleaving: Some(round.into_interleaving()), ..RoundResult::default() }
}

/// Runs a round without choices: all threads start together, and points do not stop them.
pub(super) fn run_free(n_actors: usize, body: &(impl Fn(usize) -> Option<String> + Sync)) -> RoundResult {
    RoundResult::free(run_together(n_actors, body))
}

struct ThreadDriver<'d, 'c, 'p> {
    round: &'d mut Round<'c>,
    threads: &'d [Arc<ThreadHandler>],
    events: &'d Receiver<(usize, ThreadEvent)>,
    errors: &'d mut [Option<String>],
    detection: &'d mut BlockDetection<'p>,
}

impl ThreadDriver<'_, '_, '_> {
    /// Returns when all actors are stopped, blocked or at their ends.
    fn settle(&mut self) {
        let mut quiet = QuietPeriod::begin(SystemClock.now());
        while self.round.n_running() > 0 {
            let limit = quiet.next(self.detection, self.round.is_last_running());
            match self.events.recv_timeout(limit) {
                Ok(event) => {
                    self.handle_event(event);
                    quiet = QuietPeriod::begin(SystemClock.now());
                }
                Err(RecvTimeoutError::Timeout) => {
                    let is_awake = || self.threads.iter().any(|it| self.round.is_running(it.actor) && it.is_awake());
                    if quiet.is_blocked(SystemClock.now(), self.detection, self.round, is_awake) {
                        self.round.mark_blocked();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("each actor sends its end"),
            }
        }
        // An actor may have reached a point after it was marked as blocked.
        while let Ok(event) = self.events.try_recv() {
            self.handle_event(event);
        }
    }

    /// Waits for any blocked actor to continue.
    fn wait_for_any(&mut self) {
        let limit = self.detection.deadlock_timeout;
        let event = self.events.recv_timeout(limit).or_else(|_| {
            // Threads cannot be stopped, so the deadlock is reported while it lasts.
            eprintln!("race: {}", self.detection.deadlock_error(&self.round.describe()));
            self.events.recv()
        });
        self.handle_event(event.expect("each actor sends its end"));
    }

    /// Lets all actors run to their ends: points no longer stop them, and those that are stopped are resumed.
    fn run_to_end(&mut self, go: &[Sender<()>]) {
        // An actor that has ended, or was not stopped, ignores it.
        for go in go {
            let _ = go.send(());
        }
        self.round.mark_running();
        while self.round.n_running() > 0 {
            self.wait_for_any();
            self.round.mark_running();
        }
    }

    fn handle_event(&mut self, (actor, event): (usize, ThreadEvent)) {
        match event {
            ThreadEvent::Stopped(point) => self.round.mark_stopped(actor, point),
            ThreadEvent::Ended(error) => {
                self.errors[actor] = error;
                self.round.mark_ended(actor);
            }
        }
    }
}
