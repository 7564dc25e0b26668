//! Locks in memory with one mistake each, and a lock whose service becomes unreachable.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::{Clock, ManualClock};
use crate::lock::{LockResponse, LockUnderTest, LockView, MemoryLock};

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

type FaultyToken = (usize, u64);

pub(super) struct FaultyLock {
    mistake: Option<Mistake>,
    clock: ManualClock,
    state: Mutex<FaultyLockState>,
}

#[derive(Default)]
struct FaultyLockState {
    holder: Option<(FaultyToken, Duration)>,
    last_token: u64,
    last_write: u64,
    local: BTreeMap<usize, FaultyToken>,
    ahead: BTreeMap<usize, Duration>,
    instance: Option<usize>,
}

impl FaultyLock {
    pub(super) fn new(mistake: Option<Mistake>) -> Self {
        Self { mistake, clock: ManualClock::new(), state: Mutex::default() }
    }

    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Runs `work` on the state under one lock.
    fn with<T>(&self, work: impl FnOnce(&mut FaultyLockState) -> T) -> T {
        work(&mut self.state.lock().expect("no thread panics while it holds the lock"))
    }

    fn is_free(&self, state: &FaultyLockState, owner: usize) -> bool {
        let ahead = if self.is(Mistake::ClientsClock) { state.ahead.get(&owner).copied() } else { None };
        let now = self.clock.now() + ahead.unwrap_or_default();
        state.holder.is_none_or(|((holder, _), end)| {
            end <= now && !self.is(Mistake::NoTimeToLive) || self.is(Mistake::Reentrant) && holder == owner
        })
    }

    fn grant(&self, state: &mut FaultyLockState, owner: usize, ttl: Duration) -> FaultyToken {
        let ttl = if self.is(Mistake::TooShort) { ttl / 20 } else { ttl };
        state.last_token += 1;
        let token = (owner, if self.is(Mistake::NameIsToken) { 0 } else { state.last_token });
        state.holder = Some((token, self.clock.now() + ttl));
        state.local.insert(owner, token);
        token
    }

    /// Deletes the lock of another owner, if that has acquired it between the comparison and the deletion.
    fn look_then_delete(&self, owner: usize, token: FaultyToken) -> LockResponse {
        let is_held = self.with(|state| {
            state.local.retain(|local, held| (*local, *held) != (owner, token));
            state.holder.is_some_and(|(held, _)| held == token)
        });
        if !is_held {
            return LockResponse::Refused;
        }
        crate::point!("after the comparison");
        LockResponse::done_if(self.with(|state| state.holder.take().is_some()))
    }
}

impl LockUnderTest for FaultyLock {
    type Token = FaultyToken;
    type Error = Infallible;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<FaultyToken>, Infallible> {
        if self.is(Mistake::CheckThenSet) {
            if !self.with(|state| self.is_free(state, owner)) {
                return Ok(None);
            }
            crate::point!("after the check");
            return Ok(Some(self.with(|state| self.grant(state, owner, ttl))));
        }
        Ok(self.with(|state| self.is_free(state, owner).then(|| self.grant(state, owner, ttl))))
    }

    fn release(&self, owner: usize, token: &FaultyToken) -> Result<LockResponse, Infallible> {
        if self.is(Mistake::ReleaseInTwoSteps) {
            return Ok(self.look_then_delete(owner, *token));
        }
        Ok(self.with(|state| {
            let is_held = state.holder.is_some_and(|(held, _)| held == *token);
            if state.local.get(&owner) == Some(token) && (is_held || !self.is(Mistake::KeepsOldToken)) {
                state.local.remove(&owner);
            }
            if self.is(Mistake::ReleaseIsLocal) {
                return LockResponse::Refused;
            }
            let is_done = is_held || self.is(Mistake::NoTokenCheck) && state.holder.is_some();
            if is_done {
                state.holder = None;
            }
            LockResponse::done_if(is_done)
        }))
    }

    fn force_release(&self) -> Result<LockResponse, Infallible> {
        if self.is(Mistake::NoForce) {
            return Ok(LockResponse::Refused);
        }
        Ok(self.with(|state| {
            state.local.clear();
            LockResponse::done_if(state.holder.take().is_some())
        }))
    }

    fn clear_all(&self) -> Result<(), Infallible> {
        self.with(|state| {
            state.holder = None;
            if self.is(Mistake::ClearRestartsNumbers) {
                (state.last_token, state.last_write) = (0, 0);
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

    fn write(&self, _owner: usize, token: &FaultyToken) -> Result<LockResponse, Infallible> {
        Ok(self.with(|state| {
            let is_young = token.1 >= state.last_write;
            state.last_write = state.last_write.max(token.1);
            LockResponse::done_if(is_young || self.is(Mistake::NoFence))
        }))
    }

    fn inspect(&self) -> Result<LockView<FaultyToken>, Infallible> {
        Ok(self.with(|state| LockView {
            service: state.holder.map(|(token, _)| token),
            local: state.local.values().copied().collect(),
        }))
    }

    fn crash(&self, owner: usize) {
        self.with(|state| state.local.remove(&owner));
    }

    fn advance(&self, time: Duration) -> Result<(), Infallible> {
        self.clock.advance(time);
        self.with(|state| {
            let is_over = state.holder.is_some_and(|(_, end)| end <= self.clock.now());
            if is_over && !self.is(Mistake::NoTimeToLive) {
                state.holder = None;
            }
        });
        Ok(())
    }

    fn reset(&self) -> Result<(), Infallible> {
        self.with(|state| {
            *state = FaultyLockState {
                last_token: state.last_token,
                last_write: state.last_write,
                ..FaultyLockState::default()
            };
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

/// A lock whose service becomes unreachable after some calls.
pub(super) struct UnreachableLock {
    lock: MemoryLock,
    calls: AtomicUsize,
}

impl UnreachableLock {
    pub(super) fn after(calls: usize) -> Self {
        Self { lock: MemoryLock::new(), calls: AtomicUsize::new(calls) }
    }

    fn call<T>(&self, call: impl FnOnce(&MemoryLock) -> Result<T, Infallible>) -> Result<T, &'static str> {
        let remaining = self.calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |calls| calls.checked_sub(1));
        match remaining {
            Ok(_) => call(&self.lock).map_err(|never| match never {}),
            Err(_) => Err("the lock service is gone"),
        }
    }
}

impl LockUnderTest for UnreachableLock {
    type Token = u64;
    type Error = &'static str;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<u64>, &'static str> {
        self.call(|lock| lock.acquire(owner, ttl))
    }

    fn release(&self, owner: usize, token: &u64) -> Result<LockResponse, &'static str> {
        self.call(|lock| lock.release(owner, token))
    }

    fn force_release(&self) -> Result<LockResponse, &'static str> {
        self.call(LockUnderTest::force_release)
    }

    fn clear_all(&self) -> Result<(), &'static str> {
        self.call(LockUnderTest::clear_all)
    }

    fn write(&self, owner: usize, token: &u64) -> Result<LockResponse, &'static str> {
        self.call(|lock| lock.write(owner, token))
    }

    fn inspect(&self) -> Result<LockView<u64>, &'static str> {
        self.call(LockUnderTest::inspect)
    }

    fn crash(&self, owner: usize) {
        self.lock.crash(owner);
    }

    fn advance(&self, time: Duration) -> Result<(), &'static str> {
        self.call(|lock| lock.advance(time))
    }

    fn reset(&self) -> Result<(), &'static str> {
        self.call(LockUnderTest::reset)
    }
}
