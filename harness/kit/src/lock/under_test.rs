//! The interface of a lock under test.

use std::fmt::{Debug, Display};
use std::time::Duration;

/// The response of a lock to an operation with a token.
///
/// ```
/// use swimlanes_kit::lock::LockResponse;
///
/// assert_eq!(LockResponse::done_if(1 + 1 == 2), LockResponse::Done);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a refused release or write is what most scenarios are about"]
pub enum LockResponse {
    /// It was done.
    Done,
    /// It was refused: the token is not valid, or the lock is not held.
    Refused,
}

impl LockResponse {
    /// [`Done`](LockResponse::Done) if `is_done` is true, else [`Refused`](LockResponse::Refused).
    ///
    /// ```
    /// use swimlanes_kit::lock::LockResponse;
    ///
    /// assert_eq!(LockResponse::done_if(false), LockResponse::Refused);
    /// ```
    pub fn done_if(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Refused }
    }
}

/// The holder of a lock in the views of the service and of the owners.
///
/// ```
/// use swimlanes_kit::lock::LockView;
///
/// assert!(LockView { service: Some(7), local: vec![7] }.is_consistent());
/// assert!(!LockView { service: None, local: vec![7] }.is_consistent());
/// assert!(!LockView { service: Some(7), local: vec![] }.is_consistent());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockView<T> {
    /// The token of the holder in the service.
    pub service: Option<T>,
    /// The tokens of owners that believe to hold the lock.
    pub local: Vec<T>,
}

impl<T: PartialEq> LockView<T> {
    /// Whether both views agree.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        match &self.service {
            Some(token) => self.local.iter().all(|local| local == token) && !self.local.is_empty(),
            None => self.local.is_empty(),
        }
    }
}

/// A lock, its owners, and the resource that it protects, for the scenarios of this module.
///
/// Implement it for a struct of the tests that contains the service, a client for each owner, and the name of one lock. Owners are numbers
/// from 0. They represent processes, controllers, or other clients of the lock. Several actors can act for one owner at once, like the
/// threads of a process. No method waits for the lock to be free.
///
/// The time of the service must not pass by itself, or so slowly that nothing expires in a test. It passes when a scenario calls
/// [`advance`](LockUnderTest::advance). With a manual clock, call [`ManualClock::advance`](crate::clock::ManualClock::advance); with Redis,
/// call `PEXPIRE` with the remaining time. Nothing sleeps.
///
/// Each actor has its own thread, so methods may block. A lock with an `async` client runs its futures on a runtime of the implementation:
/// `self.runtime.block_on(…)`.
///
/// [`MemoryLock`](super::MemoryLock) is an example.
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
/// use std::time::Duration;
/// use swimlanes_kit::lock::{LockResponse, LockUnderTest, ScenarioConfig, LockView, LockViolation, rapid_sequential};
///
/// /// A flag: no token, no expiry.
/// struct Flag(AtomicBool);
///
/// impl LockUnderTest for Flag {
///     type Token = ();
///     type Error = Infallible;
///
///     fn acquire(&self, _owner: usize, _ttl: Duration) -> Result<Option<()>, Infallible> {
///         Ok((!self.0.swap(true, SeqCst)).then_some(()))
///     }
///     fn release(&self, _owner: usize, (): &()) -> Result<LockResponse, Infallible> {
///         Ok(LockResponse::done_if(self.0.swap(false, SeqCst)))
///     }
///     fn force_release(&self) -> Result<LockResponse, Infallible> {
///         self.release(0, &())
///     }
///     fn clear_all(&self) -> Result<(), Infallible> {
///         self.force_release().map(|_| ())
///     }
///     fn write(&self, _owner: usize, (): &()) -> Result<LockResponse, Infallible> {
///         Ok(LockResponse::Done)
///     }
///     fn inspect(&self) -> Result<LockView<()>, Infallible> {
///         let is_held = self.0.load(SeqCst);
///         Ok(LockView { service: is_held.then_some(()), local: vec![(); usize::from(is_held)] })
///     }
///     fn crash(&self, _owner: usize) {}
///     fn advance(&self, _time: Duration) -> Result<(), Infallible> {
///         Ok(())
///     }
///     fn reset(&self) -> Result<(), Infallible> {
///         self.clear_all()
///     }
/// }
///
/// let report = rapid_sequential(&Flag(AtomicBool::new(false)), &ScenarioConfig::new(1))?;
/// report.expect_sound();
/// # Ok::<(), Infallible>(())
/// ```
pub trait LockUnderTest: Sync {
    /// The token that the service gives to an owner that acquires the lock.
    type Token: Clone + PartialEq + Debug + Send + Sync;
    /// Why the service could not be reached. A lock that another owner holds is not an error.
    type Error: Display + Send;

    /// Acquires the lock with this time-to-live, if it is free; `None` if it is not.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<Self::Token>, Self::Error>;

    /// The owner releases the lock and forgets the token. Refused if the lock is not held with that token.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn release(&self, owner: usize, token: &Self::Token) -> Result<LockResponse, Self::Error>;

    /// An operator frees the lock, whichever owner holds it. Refused if no owner does.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn force_release(&self) -> Result<LockResponse, Self::Error>;

    /// An operator frees all locks, including this one, in the service and in the owners.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn clear_all(&self) -> Result<(), Self::Error>;

    /// The owner writes to the protected resource. Refused if a younger token has already been used for a write. The resource must check that,
    /// since no lock can know that its holder stalled for longer than its time-to-live.
    ///
    /// # Errors
    ///
    /// When the resource could not be reached.
    fn write(&self, owner: usize, token: &Self::Token) -> Result<LockResponse, Self::Error>;

    /// The holder in the views of the service and of the owners.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn inspect(&self) -> Result<LockView<Self::Token>, Self::Error>;

    /// The owner crashes: it loses its tokens without releasing them. When it asks again, it has been restarted.
    fn crash(&self, owner: usize);

    /// Advances the time of the service, and expires locks whose time-to-live is over.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn advance(&self, time: Duration) -> Result<(), Self::Error>;

    /// Resets the lock before each round: it is free, and no owner has a token.
    ///
    /// # Errors
    ///
    /// When the service could not be reached.
    fn reset(&self) -> Result<(), Self::Error>;

    /// The clock of that owner is ahead by this time from now on. A lock that uses only the clock of the service, as it should, need not
    /// implement it.
    fn skew(&self, owner: usize, ahead: Duration) {
        let _ = (owner, ahead);
    }

    /// The instance that an actor gets when the actors of one process ask for the singleton that acquires locks. The first request creates it;
    /// [`reset`](LockUnderTest::reset) drops it. Returns the owner to use with the other methods.
    ///
    /// # Errors
    ///
    /// When it could not be created.
    fn instance(&self, actor: usize) -> Result<usize, Self::Error> {
        let _ = actor;
        Ok(0)
    }
}
