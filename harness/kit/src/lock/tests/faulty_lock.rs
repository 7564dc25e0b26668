//! Locks in memory with one mistake each.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::{Clock, ManualClock};
use crate::lock::{Answer, LockUnderTest, MemoryLock, Sides};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    CheckThenSet,
    NoTokenCheck,
    NameIsToken,
    Reentrant,
    NoTimeToLive,
    TooShort,
    ClientsClock,
    NoFence,
    KeepsOldToken,
    ReleaseIsLocal,
    ReleaseInTwoSteps,
    NoForce,
    ClearForgetsLocal,
    ClearInTwoSteps,
    ClearRestartsNumbers,
    ManyInstances,
}

type Token = (usize, u64);

pub(super) struct Planted {
    mistake: Option<Mistake>,
    clock: ManualClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<(Token, Duration)>,
    granted: u64,
    written: u64,
    local: BTreeMap<usize, Token>,
    ahead: BTreeMap<usize, Duration>,
    instance: Option<usize>,
}

impl Planted {
    pub(super) fn new(mistake: Option<Mistake>) -> Self {
        Self { mistake, clock: ManualClock::new(), state: Mutex::default() }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Works on the state in one go.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().expect("nobody panics while they have it"))
    }

    fn is_free(&self, state: &State, owner: usize) -> bool {
        let ahead = if self.is(Mistake::ClientsClock) { state.ahead.get(&owner).copied() } else { None };
        let now = self.clock.now() + ahead.unwrap_or_default();
        state.held.is_none_or(|((holder, _), end)| {
            end <= now && !self.is(Mistake::NoTimeToLive) || self.is(Mistake::Reentrant) && holder == owner
        })
    }

    fn grant(&self, state: &mut State, owner: usize, ttl: Duration) -> Token {
        let ttl = if self.is(Mistake::TooShort) { ttl / 20 } else { ttl };
        state.granted += 1;
        let token = (owner, if self.is(Mistake::NameIsToken) { 0 } else { state.granted });
        state.held = Some((token, self.clock.now() + ttl));
        state.local.insert(owner, token);
        token
    }

    /// Somebody else's lock is deleted if it changes hands between the two.
    fn look_then_delete(&self, owner: usize, token: Token) -> Answer {
        let is_held = self.with(|state| {
            state.local.retain(|local, held| (*local, *held) != (owner, token));
            state.held.is_some_and(|(held, _)| held == token)
        });
        if !is_held {
            return Answer::Refused;
        }
        crate::point!("after the comparison");
        Answer::done_if(self.with(|state| state.held.take().is_some()))
    }
}

impl LockUnderTest for Planted {
    type Token = Token;
    type Error = Infallible;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<Token>, Infallible> {
        if self.is(Mistake::CheckThenSet) {
            if !self.with(|state| self.is_free(state, owner)) {
                return Ok(None);
            }
            crate::point!("after the check");
            return Ok(Some(self.with(|state| self.grant(state, owner, ttl))));
        }
        Ok(self.with(|state| self.is_free(state, owner).then(|| self.grant(state, owner, ttl))))
    }

    fn release(&self, owner: usize, token: &Token) -> Result<Answer, Infallible> {
        if self.is(Mistake::ReleaseInTwoSteps) {
            return Ok(self.look_then_delete(owner, *token));
        }
        Ok(self.with(|state| {
            let is_held = state.held.is_some_and(|(held, _)| held == *token);
            if state.local.get(&owner) == Some(token) && (is_held || !self.is(Mistake::KeepsOldToken)) {
                state.local.remove(&owner);
            }
            if self.is(Mistake::ReleaseIsLocal) {
                return Answer::Refused;
            }
            let is_done = is_held || self.is(Mistake::NoTokenCheck) && state.held.is_some();
            if is_done {
                state.held = None;
            }
            Answer::done_if(is_done)
        }))
    }

    fn force_release(&self) -> Result<Answer, Infallible> {
        if self.is(Mistake::NoForce) {
            return Ok(Answer::Refused);
        }
        Ok(self.with(|state| {
            state.local.clear();
            Answer::done_if(state.held.take().is_some())
        }))
    }

    fn clear_all(&self) -> Result<(), Infallible> {
        self.with(|state| {
            state.held = None;
            if self.is(Mistake::ClearRestartsNumbers) {
                (state.granted, state.written) = (0, 0);
            }
            if !self.is(Mistake::ClearForgetsLocal) && !self.is(Mistake::ClearInTwoSteps) {
                state.local.clear();
            }
        });
        if self.is(Mistake::ClearInTwoSteps) {
            crate::point!("after the service");
            self.with(|state| state.local.clear());
        }
        Ok(())
    }

    fn write(&self, _owner: usize, token: &Token) -> Result<Answer, Infallible> {
        Ok(self.with(|state| {
            let is_young = token.1 >= state.written;
            state.written = state.written.max(token.1);
            Answer::done_if(is_young || self.is(Mistake::NoFence))
        }))
    }

    fn inspect(&self) -> Result<Sides<Token>, Infallible> {
        Ok(self.with(|state| Sides {
            service: state.held.map(|(token, _)| token),
            local: state.local.values().copied().collect(),
        }))
    }

    fn crash(&self, owner: usize) {
        self.with(|state| state.local.remove(&owner));
    }

    fn pass(&self, time: Duration) -> Result<(), Infallible> {
        self.clock.advance(time);
        self.with(|state| {
            let is_over = state.held.is_some_and(|(_, end)| end <= self.clock.now());
            if is_over && !self.is(Mistake::NoTimeToLive) {
                state.held = None;
            }
        });
        Ok(())
    }

    fn reset(&self) -> Result<(), Infallible> {
        self.with(|state| {
            *state = State { granted: state.granted, written: state.written, ..State::default() };
        });
        Ok(())
    }

    fn skew(&self, owner: usize, ahead: Duration) {
        self.with(|state| state.ahead.insert(owner, ahead));
    }

    fn instance(&self, actor: usize) -> Result<usize, Infallible> {
        if self.is(Mistake::ManyInstances) {
            if let Some(instance) = self.with(|state| state.instance) {
                return Ok(instance);
            }
            crate::point!("after the look");
            return Ok(self.with(|state| *state.instance.insert(actor)));
        }
        Ok(self.with(|state| *state.instance.get_or_insert(actor)))
    }
}

/// A lock whose service goes away.
pub(super) struct Unreachable {
    lock: MemoryLock,
    calls: AtomicUsize,
}

impl Unreachable {
    pub(super) fn after(calls: usize) -> Self {
        Self { lock: MemoryLock::new(), calls: AtomicUsize::new(calls) }
    }

    fn call<T>(&self, call: impl FnOnce(&MemoryLock) -> Result<T, Infallible>) -> Result<T, &'static str> {
        let left = self.calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |calls| calls.checked_sub(1));
        match left {
            Ok(_) => call(&self.lock).map_err(|never| match never {}),
            Err(_) => Err("the lock service is gone"),
        }
    }
}

impl LockUnderTest for Unreachable {
    type Token = u64;
    type Error = &'static str;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<u64>, &'static str> {
        self.call(|lock| lock.acquire(owner, ttl))
    }

    fn release(&self, owner: usize, token: &u64) -> Result<Answer, &'static str> {
        self.call(|lock| lock.release(owner, token))
    }

    fn force_release(&self) -> Result<Answer, &'static str> {
        self.call(LockUnderTest::force_release)
    }

    fn clear_all(&self) -> Result<(), &'static str> {
        self.call(LockUnderTest::clear_all)
    }

    fn write(&self, owner: usize, token: &u64) -> Result<Answer, &'static str> {
        self.call(|lock| lock.write(owner, token))
    }

    fn inspect(&self) -> Result<Sides<u64>, &'static str> {
        self.call(LockUnderTest::inspect)
    }

    fn crash(&self, owner: usize) {
        self.lock.crash(owner);
    }

    fn pass(&self, time: Duration) -> Result<(), &'static str> {
        self.call(|lock| lock.pass(time))
    }

    fn reset(&self) -> Result<(), &'static str> {
        self.call(LockUnderTest::reset)
    }
}
