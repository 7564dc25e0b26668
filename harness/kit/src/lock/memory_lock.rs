//! A correct lock in memory: a reference for other locks, and a fake of a lock service.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, ManualClock};
use crate::lock::under_test::{LockResponse, LockUnderTest, LockView};

/// A correct lock in memory, with its own clock that only [`advance`](LockUnderTest::advance) moves. Its tokens are fencing tokens: numbers
/// that grow with each grant, so that the protected resource can refuse a write of an owner that has lost the lock.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{LockResponse, LockUnderTest, MemoryLock};
///
/// let (lock, ttl) = (MemoryLock::new(), Duration::from_secs(10));
/// let first = lock.acquire(0, ttl)?.expect("the lock is free");
/// assert_eq!(lock.acquire(1, ttl)?, None);
///
/// lock.advance(ttl)?;
/// let second = lock.acquire(1, ttl)?.expect("the lock has expired");
/// assert_eq!(lock.write(1, &second)?, LockResponse::Done);
/// assert_eq!(lock.write(0, &first)?, LockResponse::Refused);
/// assert_eq!(lock.release(0, &first)?, LockResponse::Refused);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryLock {
    clock: ManualClock,
    state: Mutex<MemoryLockState>,
}

#[derive(Debug, Default)]
struct MemoryLockState {
    /// The token of the holder, and when it expires.
    holder: Option<(u64, Duration)>,
    last_token: u64,
    /// The youngest token of a write.
    last_write: u64,
    local: BTreeMap<usize, u64>,
}

impl MemoryLock {
    /// A free lock.
    ///
    /// ```
    /// use swimlanes_kit::lock::{LockUnderTest, MemoryLock};
    ///
    /// assert_eq!(MemoryLock::new().inspect()?.service, None);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The current state, without an expired holder.
    fn state(&self) -> MutexGuard<'_, MemoryLockState> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.holder.is_some_and(|(_, end)| end <= self.clock.now()) {
            state.holder = None;
        }
        state
    }
}

impl LockUnderTest for MemoryLock {
    type Token = u64;
    type Error = Infallible;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<u64>, Infallible> {
        let mut state = self.state();
        if state.holder.is_some() {
            return Ok(None);
        }
        state.last_token += 1;
        let token = state.last_token;
        state.holder = Some((token, self.clock.now() + ttl));
        state.local.insert(owner, token);
        Ok(Some(token))
    }

    fn release(&self, owner: usize, token: &u64) -> Result<LockResponse, Infallible> {
        let mut state = self.state();
        if state.local.get(&owner) == Some(token) {
            state.local.remove(&owner);
        }
        let is_held = state.holder.is_some_and(|(held, _)| held == *token);
        if is_held {
            state.holder = None;
        }
        Ok(LockResponse::done_if(is_held))
    }

    fn force_release(&self) -> Result<LockResponse, Infallible> {
        let mut state = self.state();
        state.local.clear();
        Ok(LockResponse::done_if(state.holder.take().is_some()))
    }

    fn clear_all(&self) -> Result<(), Infallible> {
        self.force_release().map(|_| ())
    }

    fn write(&self, _owner: usize, token: &u64) -> Result<LockResponse, Infallible> {
        let mut state = self.state();
        let is_young = *token >= state.last_write;
        state.last_write = state.last_write.max(*token);
        Ok(LockResponse::done_if(is_young))
    }

    fn inspect(&self) -> Result<LockView<u64>, Infallible> {
        let state = self.state();
        Ok(LockView { service: state.holder.map(|(token, _)| token), local: state.local.values().copied().collect() })
    }

    fn crash(&self, owner: usize) {
        self.state().local.remove(&owner);
    }

    fn advance(&self, time: Duration) -> Result<(), Infallible> {
        self.clock.advance(time);
        Ok(())
    }

    fn reset(&self) -> Result<(), Infallible> {
        self.clear_all()
    }
}
