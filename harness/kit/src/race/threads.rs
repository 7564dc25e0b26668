//! Plays a round with a thread for each actor. The thread that has called waits for all of them, and lets one at a time go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::thread;

use crate::clock::{Clock, SystemClock};
use crate::point::{Stops, as_actor};
use crate::race::block_detection::{Look, Patience};
use crate::race::catch::caught;
use crate::race::round::{Next, Round};
use crate::race::round_result::{Played, too_long};
use crate::race::strategy::Chooser;
use crate::race::thread_state::SystemThread;
use crate::together::together;

/// What an actor tells.
#[derive(Debug)]
enum Told {
    Stopped(&'static str),
    Over(Option<String>),
}

/// What an actor's thread has of its race.
struct Thread {
    actor: usize,
    told: Sender<(usize, Told)>,
    /// Somebody says here that it may go on.
    go: Mutex<Receiver<()>>,
    /// Points do not stop anybody any more.
    is_free: Arc<AtomicBool>,
    /// Known once it runs, and where the system tells.
    system: OnceLock<Option<SystemThread>>,
}

impl Thread {
    /// Whether it computes, or would if it were given a processor.
    fn is_awake(&self) -> bool {
        self.system.get().is_none_or(|system| system.as_ref().is_some_and(SystemThread::is_awake))
    }

    /// Whether it may go on. If not, nobody is there any more who could say so: the race itself has failed.
    fn wait(&self) -> bool {
        self.go.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv().is_ok()
    }
}

impl Stops for Thread {
    fn stop(&self, point: &'static str) {
        if self.is_free.load(Ordering::Relaxed) {
            return;
        }
        let _ = self.told.send((self.actor, Told::Stopped(point)));
        // The thread cannot be ended in the middle of somebody's code, so in any case it goes on.
        let _ = self.wait();
    }

    fn poll_stop(&self, point: &'static str, _cx: &mut Context<'_>) -> Poll<()> {
        // The future is driven by this actor's own thread, so that may stop.
        self.stop(point);
        Poll::Ready(())
    }

    fn leave(&self) {
        unreachable!("a thread that stopped comes back to where it was");
    }
}

/// Plays a round: `body` for each actor, in the order that `chooser` says.
pub(super) fn play(
    n_actors: usize,
    chooser: &mut Chooser,
    patience: &mut Patience<'_>,
    body: &(impl Fn(usize) -> Option<String> + Sync),
) -> Played {
    let (tell, told) = channel();
    let mut round = Round::new(n_actors, chooser, patience.most_steps);
    let mut errors = vec![None; n_actors];
    let is_free = Arc::new(AtomicBool::new(false));
    let cut = thread::scope(|scope| {
        let (mut go, mut threads) = (Vec::new(), Vec::new());
        for actor in 0..n_actors {
            let (let_go, may_go) = channel();
            let thread = Arc::new(Thread {
                actor,
                told: tell.clone(),
                go: Mutex::new(may_go),
                is_free: Arc::clone(&is_free),
                system: OnceLock::new(),
            });
            go.push(let_go);
            threads.push(Arc::clone(&thread));
            let named = thread::Builder::new().name(format!("actor {actor}"));
            let started = named.spawn_scoped(scope, move || {
                if thread.wait() {
                    thread.system.get_or_init(SystemThread::current);
                    let error = caught(|| as_actor(Arc::clone(&thread) as Arc<dyn Stops>, || body(actor)));
                    let _ = thread.told.send((actor, Told::Over(error)));
                }
            });
            // Nobody lets those go that were started, so they end.
            started.unwrap_or_else(|error| panic!("cannot start actor {actor} of {n_actors}: {error}"));
        }
        drop(tell);
        let mut driver = Driver { round: &mut round, threads: &threads, told: &told, errors: &mut errors, patience };
        loop {
            driver.settle();
            match driver.round.next() {
                // The thread is stopped, so it listens.
                Next::Go(actor) => drop(go[actor].send(())),
                Next::Await(_) => {}
                Next::Stuck => driver.wait_for_anybody(),
                Next::TooLong(n_steps) => {
                    is_free.store(true, Ordering::Relaxed);
                    driver.run_out(&go);
                    break Some(too_long(n_steps));
                }
                Next::Over => break None,
            }
        }
    });
    Played { errors, after: cut, interleaving: Some(round.into_interleaving()), ..Played::default() }
}

/// Plays a round in which nobody chooses: all threads start together, and points do not stop them.
pub(super) fn play_free(n_actors: usize, body: &(impl Fn(usize) -> Option<String> + Sync)) -> Played {
    Played::free(together(n_actors, body))
}

struct Driver<'d, 'c, 'p> {
    round: &'d mut Round<'c>,
    threads: &'d [Arc<Thread>],
    told: &'d Receiver<(usize, Told)>,
    errors: &'d mut [Option<String>],
    patience: &'d mut Patience<'p>,
}

impl Driver<'_, '_, '_> {
    /// Comes back when everybody is stopped, waits or is through.
    fn settle(&mut self) {
        let mut look = Look::begin(SystemClock.now());
        while self.round.n_going() > 0 {
            let limit = look.next(self.patience, self.round.is_last_going());
            match self.told.recv_timeout(limit) {
                Ok(told) => {
                    self.hear(told);
                    look = Look::begin(SystemClock.now());
                }
                Err(RecvTimeoutError::Timeout) => {
                    let is_awake = || self.threads.iter().any(|it| self.round.is_going(it.actor) && it.is_awake());
                    if look.says_waiting(SystemClock.now(), self.patience, self.round, is_awake) {
                        self.round.all_wait();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("an actor tells when it is over"),
            }
        }
        // Somebody may have come to a point after it seemed to wait.
        while let Ok(told) = self.told.try_recv() {
            self.hear(told);
        }
    }

    /// Nobody can be let go: all wait, for each other or for something else.
    fn wait_for_anybody(&mut self) {
        let limit = self.patience.stuck_after;
        let told = self.told.recv_timeout(limit).or_else(|_| {
            // No thread can be ended, so it is told while it hangs.
            eprintln!("the race is {}", self.patience.stuck(&self.round.places()));
            self.told.recv()
        });
        self.hear(told.expect("an actor tells when it is over"));
    }

    /// Waits for all of them: points stop nobody any more, and who is stopped still, or stops at this moment, is let go.
    fn run_out(&mut self, go: &[Sender<()>]) {
        // Who is through, or was not stopped, hears no more of it.
        for go in go {
            let _ = go.send(());
        }
        self.round.all_go();
        while self.round.n_going() > 0 {
            self.wait_for_anybody();
            self.round.all_go();
        }
    }

    fn hear(&mut self, (actor, told): (usize, Told)) {
        match told {
            Told::Stopped(point) => self.round.stopped(actor, point),
            Told::Over(error) => {
                self.errors[actor] = error;
                self.round.over(actor);
            }
        }
    }
}
