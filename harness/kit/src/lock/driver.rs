//! The driver of a scenario: runs its steps and records the results.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use hdrhistogram::Histogram;

use crate::clock::{Clock, SystemClock};
use crate::lock::config::ScenarioConfig;
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::{LockResponse, LockUnderTest};
use crate::lock::violation::LockViolation;
use crate::lock::waits::Waits;
use crate::race::Interleaving;

/// The tolerance for a time-to-live that is longer than requested.
pub(super) const MARGIN: Duration = Duration::from_millis(1);

/// Longer waits count as this.
const LONGEST_WAIT: Duration = Duration::from_secs(366 * 24 * 3600);

/// Runs the steps of a scenario on a lock, and records violations and waiting times.
pub(super) struct ScenarioDriver<'a, L> {
    pub(super) lock: &'a L,
    pub(super) config: &'a ScenarioConfig,
    holders: AtomicUsize,
    max_holders: AtomicUsize,
    /// How far the scenario has advanced the time of the service, in nanoseconds.
    service_time: AtomicU64,
    /// In microseconds.
    waits: Mutex<Histogram<u64>>,
    /// How often each violation came.
    violations: Mutex<BTreeMap<LockViolation, usize>>,
}

impl<'a, L: LockUnderTest> ScenarioDriver<'a, L> {
    pub(super) fn new(lock: &'a L, config: &'a ScenarioConfig) -> Self {
        config.tally.restart();
        Self {
            lock,
            config,
            holders: AtomicUsize::new(0),
            max_holders: AtomicUsize::new(0),
            service_time: AtomicU64::new(0),
            waits: Mutex::new(Histogram::new(3).expect("3 digits are allowed")),
            violations: Mutex::default(),
        }
    }

    /// The random choices of a round.
    pub(super) fn random(&self, round: usize) -> Rng {
        Rng::with_seed(self.config.seed.wrapping_add((round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Three owners, chosen for each round, and the random number generator for further choices of the round.
    pub(super) fn owners(&self, round: usize) -> (Rng, [usize; 3]) {
        let mut random = self.random(round);
        let mut owners: Vec<usize> = (0..self.config.actors).collect();
        random.shuffle(&mut owners);
        let [first, second, third, ..] = owners[..] else { unreachable!("there are at least 3 actors") };
        (random, [first, second, third])
    }

    /// How long the holder stalls.
    pub(super) fn pause(&self, random: &mut Rng) -> Duration {
        let ScenarioConfig { pause, ttl, .. } = self.config;
        pause.unwrap_or_else(|| ttl.mul_f64(1.0 + 2.0 * random.f64()) + MARGIN)
    }

    /// Resets the lock and applies the clock skew.
    pub(super) fn reset(&self) -> Result<(), L::Error> {
        self.lock.reset()?;
        self.holders.store(0, Ordering::SeqCst);
        if let Some(ahead) = self.config.clock_skew {
            (1..self.config.actors).step_by(2).for_each(|owner| self.lock.skew(owner, ahead));
        }
        Ok(())
    }

    /// Asks once.
    pub(super) fn ask(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        let token = self.lock.acquire(owner, self.config.ttl)?;
        let tally = &self.config.tally;
        let count = if token.is_some() { &tally.acquisitions } else { &tally.refusals };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(token)
    }

    /// Asks until the owner gets the lock or `is_over` returns `true`. `is_over` is called between two attempts.
    pub(super) fn ask_until(
        &self,
        owner: usize,
        mut is_over: impl FnMut(usize) -> Result<bool, L::Error>,
    ) -> Result<Option<L::Token>, L::Error> {
        let start = self.now();
        for attempts in 1.. {
            if let Some(token) = self.ask(owner)? {
                self.record_wait(self.now().saturating_sub(start));
                return Ok(Some(token));
            }
            if is_over(attempts)? {
                break;
            }
        }
        self.count_timeout();
        Ok(None)
    }

    /// Asks in a race, until the attempts are used up.
    pub(super) fn ask_in_race(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        self.ask_until(owner, |attempts| {
            crate::point!("lock is busy");
            // For actors that run freely.
            thread::yield_now();
            Ok(attempts >= self.config.max_attempts)
        })
    }

    /// Advances the time of the service, and then asks once.
    pub(super) fn ask_after(&self, owner: usize, time: Duration) -> Result<Option<L::Token>, L::Error> {
        let start = self.now();
        self.advance(time)?;
        let token = self.ask(owner)?;
        match token {
            Some(_) => self.record_wait(self.now().saturating_sub(start)),
            None => self.count_timeout(),
        }
        Ok(token)
    }

    /// Asks for the lock, which must be free.
    pub(super) fn expect_free(&self, owner: usize) -> Result<Option<L::Token>, L::Error> {
        let token = self.ask(owner)?;
        if token.is_none() {
            self.record(LockViolation::NotFreed);
        }
        Ok(token)
    }

    fn count_timeout(&self) {
        self.config.tally.timeouts.fetch_add(1, Ordering::Relaxed);
    }

    /// The time of this machine plus the time by which the scenario has advanced the service.
    fn now(&self) -> Duration {
        SystemClock.now() + Duration::from_nanos(self.service_time.load(Ordering::Relaxed))
    }

    fn record_wait(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros().min(LONGEST_WAIT.as_micros())).expect("the maximum fits");
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.record(micros).expect("the histogram resizes itself");
    }

    /// Advances the time of the service.
    pub(super) fn advance(&self, time: Duration) -> Result<(), L::Error> {
        self.service_time.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.lock.advance(time)
    }

    /// An owner starts to rely on the lock.
    pub(super) fn enter(&self) {
        self.record_holders(self.holders.fetch_add(1, Ordering::SeqCst) + 1);
    }

    /// Records how many owners hold the lock now.
    pub(super) fn record_holders(&self, n: usize) {
        self.max_holders.fetch_max(n, Ordering::SeqCst);
        if n > 1 {
            self.record(LockViolation::HeldTwice);
        }
    }

    /// The holder no longer relies on the lock. Call it before the lock is freed.
    pub(super) fn leave(&self) {
        self.holders.fetch_sub(1, Ordering::SeqCst);
    }

    /// Holds the lock, writes, and releases it.
    pub(super) fn hold(&self, owner: usize, token: &L::Token) -> Result<(), L::Error> {
        self.enter();
        crate::point!("lock is held");
        self.expect_done(self.lock.write(owner, token)?);
        crate::point!("after write");
        self.leave();
        self.expect_done(self.lock.release(owner, token)?);
        Ok(())
    }

    /// Expects that an operation of the holder is done.
    pub(super) fn expect_done(&self, response: LockResponse) {
        if response == LockResponse::Refused {
            self.record(LockViolation::HolderRefused);
        }
    }

    /// Expects that an operation with an old token is refused.
    pub(super) fn expect_refused(&self, response: LockResponse, otherwise: LockViolation) {
        if response == LockResponse::Done {
            self.record(otherwise);
        }
    }

    /// Asks for the lock while another owner holds it, and expects a refusal.
    pub(super) fn expect_contended(&self, owner: usize, otherwise: LockViolation) -> Result<(), L::Error> {
        if let Some(token) = self.ask(owner)? {
            self.max_holders.fetch_max(self.holders.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
            self.record(otherwise);
            // Release it, so that the next steps are checked independently.
            let _ = self.lock.release(owner, &token)?;
        }
        Ok(())
    }

    pub(super) fn expect_views_agree(&self) -> Result<(), L::Error> {
        if !self.lock.inspect()?.is_consistent() {
            self.record(LockViolation::ViewsDisagree);
        }
        Ok(())
    }

    pub(super) fn record(&self, violation: LockViolation) {
        *self.violations.lock().unwrap_or_else(PoisonError::into_inner).entry(violation).or_default() += 1;
    }

    /// Records a violation and ends the round, as further steps would find nothing new.
    pub(super) fn end_round(&self, violation: LockViolation) -> Result<(), L::Error> {
        self.record(violation);
        Ok(())
    }

    /// The number of violations so far.
    pub(super) fn n_violations(&self) -> usize {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    pub(super) fn count_round(&self) {
        self.config.tally.rounds.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn close(self, scenario: Scenario, interleaving: Option<Interleaving>) -> ScenarioReport {
        let ScenarioConfig { seed, actors, requests, tally, .. } = self.config;
        let violations = self.violations.into_inner().unwrap_or_else(PoisonError::into_inner);
        let waits = self.waits.into_inner().unwrap_or_else(PoisonError::into_inner);
        ScenarioReport {
            scenario,
            seed: *seed,
            actors: *actors,
            requests: *requests,
            acquisitions: tally.acquisitions(),
            refusals: tally.refusals(),
            timeouts: tally.timeouts(),
            max_holders: self.max_holders.into_inner(),
            waits: Waits::of(&waits),
            violations: violations.into_iter().collect(),
            interleaving,
        }
    }
}
