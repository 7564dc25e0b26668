//! A lock in memory that does all it should: what others are compared with, and a stand-in for a lock service.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, ManualClock};
use crate::lock::under_test::{Answer, LockUnderTest, Sides};

/// A right lock in memory, on a clock of its own that only [`pass`](LockUnderTest::pass) moves. Its tokens are fencing tokens: numbers that
/// rise with each grant, so that what the lock protects can refuse who has been overtaken.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{Answer, LockUnderTest, MemoryLock};
///
/// let (lock, ttl) = (MemoryLock::new(), Duration::from_secs(10));
/// let first = lock.acquire(0, ttl)?.expect("nobody has it");
/// assert_eq!(lock.acquire(1, ttl)?, None);
///
/// lock.pass(ttl)?;
/// let second = lock.acquire(1, ttl)?.expect("its time was over");
/// assert_eq!(lock.write(1, &second)?, Answer::Done);
/// assert_eq!(lock.write(0, &first)?, Answer::Refused);
/// assert_eq!(lock.release(0, &first)?, Answer::Refused);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryLock {
    clock: ManualClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The token, and when it is over.
    held: Option<(u64, Duration)>,
    granted: u64,
    /// The youngest token that something was written by.
    written: u64,
    local: BTreeMap<usize, u64>,
}

impl MemoryLock {
    /// One that nobody has.
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

    /// What it is now: what is over is not there any more.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.held.is_some_and(|(_, end)| end <= self.clock.now()) {
            state.held = None;
        }
        state
    }
}

impl LockUnderTest for MemoryLock {
    type Token = u64;
    type Error = Infallible;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<u64>, Infallible> {
        let mut state = self.state();
        if state.held.is_some() {
            return Ok(None);
        }
        state.granted += 1;
        let token = state.granted;
        state.held = Some((token, self.clock.now() + ttl));
        state.local.insert(owner, token);
        Ok(Some(token))
    }

    fn release(&self, owner: usize, token: &u64) -> Result<Answer, Infallible> {
        let mut state = self.state();
        if state.local.get(&owner) == Some(token) {
            state.local.remove(&owner);
        }
        let is_held = state.held.is_some_and(|(held, _)| held == *token);
        if is_held {
            state.held = None;
        }
        Ok(Answer::done_if(is_held))
    }

    fn force_release(&self) -> Result<Answer, Infallible> {
        let mut state = self.state();
        state.local.clear();
        Ok(Answer::done_if(state.held.take().is_some()))
    }

    fn clear_all(&self) -> Result<(), Infallible> {
        self.force_release().map(|_| ())
    }

    fn write(&self, _owner: usize, token: &u64) -> Result<Answer, Infallible> {
        let mut state = self.state();
        let is_young = *token >= state.written;
        state.written = state.written.max(*token);
        Ok(Answer::done_if(is_young))
    }

    fn inspect(&self) -> Result<Sides<u64>, Infallible> {
        let state = self.state();
        Ok(Sides { service: state.held.map(|(token, _)| token), local: state.local.values().copied().collect() })
    }

    fn crash(&self, owner: usize) {
        self.state().local.remove(&owner);
    }

    fn pass(&self, time: Duration) -> Result<(), Infallible> {
        self.clock.advance(time);
        Ok(())
    }

    fn reset(&self) -> Result<(), Infallible> {
        self.clear_all()
    }
}
