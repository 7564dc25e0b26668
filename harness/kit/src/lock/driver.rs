//! Where a scenario is played: every step goes through here and is recorded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use hdrhistogram::Histogram;

use crate::clock::{Clock, SystemClock};
use crate::lock::config::Pressure;
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::{Answer, LockUnderTest};
use crate::lock::violation::Wrong;
use crate::lock::waits::Waits;
use crate::race::Interleaving;

/// What a time-to-live may be longer in truth than was asked for.
pub(super) const MARGIN: Duration = Duration::from_millis(1);

/// What waits longer counts as this.
const LONGEST_WAIT: Duration = Duration::from_secs(366 * 24 * 3600);

pub(super) struct Stage<'a, L> {
    pub(super) lock: &'a L,
    pub(super) pressure: &'a Pressure,
    holders: AtomicUsize,
    most_holders: AtomicUsize,
    /// Of the service's time, in nanoseconds.
    passed: AtomicU64,
    /// In microseconds.
    waits: Mutex<Histogram<u64>>,
    /// How often.
    wrong: Mutex<BTreeMap<Wrong, usize>>,
}

impl<'a, L: LockUnderTest> Stage<'a, L> {
    pub(super) fn new(lock: &'a L, pressure: &'a Pressure) -> Self {
        pressure.tally.restart();
        Self {
            lock,
            pressure,
            holders: AtomicUsize::new(0),
            most_holders: AtomicUsize::new(0),
            passed: AtomicU64::new(0),
            waits: Mutex::new(Histogram::new(3).expect("3 digits are allowed")),
            wrong: Mutex::default(),
        }
    }

    /// The random choices of a round.
    pub(super) fn random(&self, round: usize) -> Rng {
        Rng::with_seed(self.pressure.seed.wrapping_add((round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Three owners, chosen anew for each round, and the random choices that are left to it.
    pub(super) fn owners(&self, round: usize) -> (Rng, [usize; 3]) {
        let mut random = self.random(round);
        let mut owners: Vec<usize> = (0..self.pressure.actors).collect();
        random.shuffle(&mut owners);
        let [first, second, third, ..] = owners[..] else { unreachable!("there are at least 3 actors") };
        (random, [first, second, third])
    }

    /// How long a holder stands still.
    pub(super) fn pause(&self, random: &mut Rng) -> Duration {
        let Pressure { pause, ttl, .. } = self.pressure;
        pause.unwrap_or_else(|| ttl.mul_f64(1.0 + 2.0 * random.f64()) + MARGIN)
    }

    /// Nobody has it, and the clocks are as far apart as they shall be.
    pub(super) fn reset(&self) -> Result<(), L::Error> {
        self.lock.reset()?;
        self.holders.store(0, Ordering::SeqCst);
        if let Some(ahead) = self.pressure.clock_skew {
            (1..self.pressure.actors).step_by(2).for_each(|owner| self.lock.skew(owner, ahead));
        }
        Ok(())
    }

    /// Asks once.
    pub(super) fn ask(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        let token = self.lock.acquire(owner, self.pressure.ttl)?;
        let tally = &self.pressure.tally;
        let count = if token.is_some() { &tally.acquired } else { &tally.contended };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(token)
    }

    /// Asks until it has it or `is_over`, and lets that decide what happens between two tries.
    pub(super) fn ask_until(
        &self,
        owner: usize,
        mut is_over: impl FnMut(usize) -> Result<bool, L::Error>,
    ) -> Result<Option<L::Token>, L::Error> {
        let start = self.now();
        for tries in 1.. {
            if let Some(token) = self.ask(owner)? {
                self.waited(self.now().saturating_sub(start));
                return Ok(Some(token));
            }
            if is_over(tries)? {
                break;
            }
        }
        self.timed_out();
        Ok(None)
    }

    /// Asks in a race, until the tries are used up.
    pub(super) fn ask_in_race(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        self.ask_until(owner, |tries| {
            crate::point!("somebody has the lock");
            // Where nobody chooses who goes on.
            thread::yield_now();
            Ok(tries >= self.pressure.tries)
        })
    }

    /// Asks when so much time of the service has passed.
    pub(super) fn ask_after(&self, owner: usize, time: Duration) -> Result<Option<L::Token>, L::Error> {
        let start = self.now();
        self.pass(time)?;
        let token = self.ask(owner)?;
        match token {
            Some(_) => self.waited(self.now().saturating_sub(start)),
            None => self.timed_out(),
        }
        Ok(token)
    }

    /// Asks for what nobody has.
    pub(super) fn expect_free(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        let token = self.ask(owner)?;
        if token.is_none() {
            self.found(Wrong::NotFreed);
        }
        Ok(token)
    }

    fn timed_out(&self) {
        self.pressure.tally.timed_out.fetch_add(1, Ordering::Relaxed);
    }

    /// The time of this machine, and what the service's has been put forward by.
    fn now(&self) -> Duration {
        SystemClock.now() + Duration::from_nanos(self.passed.load(Ordering::Relaxed))
    }

    fn waited(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros().min(LONGEST_WAIT.as_micros())).expect("it is not that long");
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.record(micros).expect("it makes room for what it has to hold");
    }

    /// Lets time of the service pass.
    pub(super) fn pass(&self, time: Duration) -> Result<(), L::Error> {
        self.passed.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.lock.pass(time)
    }

    /// Who was granted the lock begins to rely on it.
    pub(super) fn enter(&self) {
        self.held_by(self.holders.fetch_add(1, Ordering::SeqCst) + 1);
    }

    /// So many hold it now.
    pub(super) fn held_by(&self, n: usize) {
        self.most_holders.fetch_max(n, Ordering::SeqCst);
        if n > 1 {
            self.found(Wrong::HeldTwice);
        }
    }

    /// The holder relies on it no more; before anything frees it.
    pub(super) fn leave(&self) {
        self.holders.fetch_sub(1, Ordering::SeqCst);
    }

    /// Holds the lock, writes, and gives it back.
    pub(super) fn hold(&self, owner: usize, token: &L::Token) -> Result<(), L::Error> {
        self.enter();
        crate::point!("the lock is held");
        self.expect_done(self.lock.write(owner, token)?);
        crate::point!("it has written");
        self.leave();
        self.expect_done(self.lock.release(owner, token)?);
        Ok(())
    }

    /// What the holder of a lock may do.
    pub(super) fn expect_done(&self, answer: Answer) {
        if answer == Answer::Refused {
            self.found(Wrong::HolderRefused);
        }
    }

    /// What an old token must not do.
    pub(super) fn expect_refused(&self, answer: Answer, otherwise: Wrong) {
        if answer == Answer::Done {
            self.found(otherwise);
        }
    }

    /// Somebody asks while another one has it, and must not get it.
    pub(super) fn expect_contended(&self, owner: usize, otherwise: Wrong) -> Result<(), L::Error> {
        if let Some(token) = self.ask(owner)? {
            self.most_holders.fetch_max(self.holders.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
            self.found(otherwise);
            // Away with it, so that what comes next is judged by itself.
            let _ = self.lock.release(owner, &token)?;
        }
        Ok(())
    }

    pub(super) fn expect_sides_agree(&self) -> Result<(), L::Error> {
        if !self.lock.inspect()?.agree() {
            self.found(Wrong::SidesDiffer);
        }
        Ok(())
    }

    pub(super) fn found(&self, wrong: Wrong) {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner).entry(wrong).or_default() += 1;
    }

    /// Nothing that comes next in the round would say more.
    pub(super) fn break_off(&self, wrong: Wrong) -> Result<(), L::Error> {
        self.found(wrong);
        Ok(())
    }

    /// How much was wrong until now.
    pub(super) fn n_wrong(&self) -> usize {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    pub(super) fn round_ended(&self) {
        self.pressure.tally.rounds.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn close(self, scenario: Scenario, interleaving: Option<Interleaving>) -> Contention {
        let Pressure { seed, actors, requests, tally, .. } = self.pressure;
        let wrong = self.wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
        let waits = self.waits.into_inner().unwrap_or_else(PoisonError::into_inner);
        Contention {
            scenario,
            seed: *seed,
            actors: *actors,
            requests: *requests,
            acquired: tally.acquired(),
            contended: tally.contended(),
            timed_out: tally.timed_out(),
            most_holders: self.most_holders.into_inner(),
            waits: Waits::of(&waits),
            wrong: wrong.into_iter().collect(),
            interleaving,
        }
    }
}
