//! The violations that a lock can commit.

use std::fmt;

/// A violation: something that a lock did and must not do.
///
/// ```
/// use swimlanes_kit::lock::LockViolation;
///
/// assert_eq!(LockViolation::HeldTwice.to_string(), "two owners held the lock at the same time");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LockViolation {
    /// Two owners held the lock at the same time.
    HeldTwice,
    /// An owner got the lock before the time-to-live of the holder was over.
    TakenTooEarly,
    /// No owner could get the lock after the time-to-live of the holder was over.
    NeverExpires,
    /// No owner could get the lock after it was released or freed.
    NotFreed,
    /// A request timed out although no owner kept the lock.
    TimedOut,
    /// The lock accepted a release with a token that was no longer valid.
    StaleRelease,
    /// A write with a token that was no longer valid was accepted after a write with a younger token.
    StaleWrite,
    /// The release or write of the current holder was refused.
    HolderRefused,
    /// The service and the owners disagree about who holds the lock.
    ViewsDisagree,
    /// There were several instances of a singleton.
    SeveralInstances,
}

impl fmt::Display for LockViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeldTwice => "two owners held the lock at the same time",
            Self::TakenTooEarly => "an owner got the lock before the time-to-live of the holder was over",
            Self::NeverExpires => "no owner could get the lock after the time-to-live of the holder was over",
            Self::NotFreed => "no owner could get the lock after it was freed",
            Self::TimedOut => "a request timed out although no owner kept the lock",
            Self::StaleRelease => "a release with an old token was accepted",
            Self::StaleWrite => "a write with an old token was accepted after one with a younger token",
            Self::HolderRefused => "the release or write of the current holder was refused",
            Self::ViewsDisagree => "the service and the owners disagree about who holds the lock",
            Self::SeveralInstances => "there were several instances of a singleton",
        })
    }
}
