//! What a lock has to offer to be tested.

use std::fmt::{Debug, Display};
use std::time::Duration;

/// What a lock answered to who wanted to do something with a token.
///
/// ```
/// use swimlanes_kit::lock::Answer;
///
/// assert_eq!(Answer::done_if(1 + 1 == 2), Answer::Done);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a refused release or write is what most scenarios are about"]
pub enum Answer {
    /// It was done.
    Done,
    /// It was not done: the token, or the lock, is not what it would have to be.
    Refused,
}

impl Answer {
    /// [`Done`](Answer::Done) if that is true.
    ///
    /// ```
    /// use swimlanes_kit::lock::Answer;
    ///
    /// assert_eq!(Answer::done_if(false), Answer::Refused);
    /// ```
    pub fn done_if(it_was: bool) -> Self {
        if it_was { Self::Done } else { Self::Refused }
    }
}

/// Who has the lock, as its two sides see it: the service, and those who took it.
///
/// ```
/// use swimlanes_kit::lock::Sides;
///
/// assert!(Sides { service: Some(7), local: vec![7] }.agree());
/// assert!(!Sides { service: None, local: vec![7] }.agree());
/// assert!(!Sides { service: Some(7), local: vec![] }.agree());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides<T> {
    /// Whose token the service keeps.
    pub service: Option<T>,
    /// The tokens that owners believe to hold it by.
    pub local: Vec<T>,
}

impl<T: PartialEq> Sides<T> {
    /// Whether they say the same.
    #[must_use]
    pub fn agree(&self) -> bool {
        match &self.service {
            Some(token) => self.local.iter().all(|local| local == token) && !self.local.is_empty(),
            None => self.local.is_empty(),
        }
    }
}

/// One lock, what holds it, and what it protects, for the scenarios of this module.
///
/// Implement it for a struct of the tests that knows the service, a client for each owner, and one name that is locked. Owners are
/// numbers, from 0 on: whatever takes locks there, a process or a controller. Several actors can speak for one owner at once, as the
/// threads of a process do. No method waits for the lock to be free.
///
/// The time of the service does not pass by itself, or so slowly that nothing expires in a test: it passes where a scenario says
/// [`pass`](LockUnderTest::pass). With a clock of your own that is [`ManualClock::advance`](crate::clock::ManualClock::advance); with Redis
/// it is `PEXPIRE` with what is left, and nothing sleeps.
///
/// Each actor has a thread of its own, so the methods may block. Those of a lock with an `async` client drive its futures to their end
/// there, on a runtime that the implementation keeps: `self.runtime.block_on(…)`.
///
/// [`MemoryLock`](super::MemoryLock) is an implementation to look at.
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
/// use std::time::Duration;
/// use swimlanes_kit::lock::{Answer, LockUnderTest, Pressure, Sides, Wrong, rapid_sequential};
///
/// /// Taken or not: no token, no end.
/// struct Flag(AtomicBool);
///
/// impl LockUnderTest for Flag {
///     type Token = ();
///     type Error = Infallible;
///
///     fn acquire(&self, _owner: usize, _ttl: Duration) -> Result<Option<()>, Infallible> {
///         Ok((!self.0.swap(true, SeqCst)).then_some(()))
///     }
///     fn release(&self, _owner: usize, (): &()) -> Result<Answer, Infallible> {
///         Ok(Answer::done_if(self.0.swap(false, SeqCst)))
///     }
///     fn force_release(&self) -> Result<Answer, Infallible> {
///         self.release(0, &())
///     }
///     fn clear_all(&self) -> Result<(), Infallible> {
///         self.force_release().map(|_| ())
///     }
///     fn write(&self, _owner: usize, (): &()) -> Result<Answer, Infallible> {
///         Ok(Answer::Done)
///     }
///     fn inspect(&self) -> Result<Sides<()>, Infallible> {
///         let taken = self.0.load(SeqCst);
///         Ok(Sides { service: taken.then_some(()), local: vec![(); usize::from(taken)] })
///     }
///     fn crash(&self, _owner: usize) {}
///     fn pass(&self, _time: Duration) -> Result<(), Infallible> {
///         Ok(())
///     }
///     fn reset(&self) -> Result<(), Infallible> {
///         self.clear_all()
///     }
/// }
///
/// let contention = rapid_sequential(&Flag(AtomicBool::new(false)), &Pressure::new(1))?;
/// contention.expect_sound();
/// # Ok::<(), Infallible>(())
/// ```
pub trait LockUnderTest: Sync {
    /// What the service gives to who gets the lock.
    type Token: Clone + PartialEq + Debug + Send + Sync;
    /// Why the service could not be asked. A lock that somebody else has is no error.
    type Error: Display + Send;

    /// Takes the lock for so long, if nobody has it: `None` if somebody has.
    ///
    /// # Errors
    ///
    /// When the service could not be asked.
    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<Self::Token>, Self::Error>;

    /// The owner gives the lock back, and forgets the token. To be refused if the lock is not held by that token.
    ///
    /// # Errors
    ///
    /// When the service could not be asked.
    fn release(&self, owner: usize, token: &Self::Token) -> Result<Answer, Self::Error>;

    /// An operator frees the lock, whoever has it. Refused: nobody had.
    ///
    /// # Errors
    ///
    /// When the service could not be asked.
    fn force_release(&self) -> Result<Answer, Self::Error>;

    /// An operator frees all locks, this one among them, on both sides.
    ///
    /// # Errors
    ///
    /// When the service could not be asked.
    fn clear_all(&self) -> Result<(), Self::Error>;

    /// The owner writes what the lock protects. To be refused if somebody with a younger token has written already: what stands behind the
    /// lock has to see to that, since no lock can know that its holder stood still for longer than its time.
    ///
    /// # Errors
    ///
    /// When what is written to could not be reached.
    fn write(&self, owner: usize, token: &Self::Token) -> Result<Answer, Self::Error>;

    /// Who has it, on both sides.
    ///
    /// # Errors
    ///
    /// When the service could not be asked.
    fn inspect(&self) -> Result<Sides<Self::Token>, Self::Error>;

    /// The owner dies: what it knew of its tokens is gone, and it gave nothing back. When it asks again, it has been started anew.
    fn crash(&self, owner: usize);

    /// Lets the time of the service pass, and what is over by then expires.
    ///
    /// # Errors
    ///
    /// When the service could not be told.
    fn pass(&self, time: Duration) -> Result<(), Self::Error>;

    /// All as new: nobody has the lock, no owner knows of anything. Before each round.
    ///
    /// # Errors
    ///
    /// When the service could not be told.
    fn reset(&self) -> Result<(), Self::Error>;

    /// The clock of that owner goes ahead by so much from now on. Nothing is to be done for a lock that asks nobody's clock but the
    /// service's, as it should.
    fn skew(&self, owner: usize, ahead: Duration) {
        let _ = (owner, ahead);
    }

    /// Which instance of what takes locks the actor gets, when several actors of one process ask for the only one. Made by who asks first;
    /// forgotten by [`reset`](LockUnderTest::reset). The answer is the owner to be used with the other methods.
    ///
    /// # Errors
    ///
    /// When it could not be made.
    fn instance(&self, actor: usize) -> Result<usize, Self::Error> {
        let _ = actor;
        Ok(0)
    }
}
