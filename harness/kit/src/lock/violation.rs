//! What can be wrong with a lock.

use std::fmt;

/// Something that a lock did, and must not do.
///
/// ```
/// use swimlanes_kit::lock::Wrong;
///
/// assert_eq!(Wrong::HeldTwice.to_string(), "two had it at the same time");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wrong {
    /// Two had it at the same time.
    HeldTwice,
    /// Somebody got it before the time of the holder was over.
    TakenTooEarly,
    /// Nobody could get it when the time of the holder was over.
    NeverExpires,
    /// Nobody could get it although it was given back or freed.
    NotFreed,
    /// Who asked in time did not get it in time, although nobody kept it.
    TimedOut,
    /// A release with a token that was not valid any more was accepted.
    StaleRelease,
    /// A write with a token that was not valid any more was accepted, after a younger one's.
    StaleWrite,
    /// The holder's own release or write was refused.
    HolderRefused,
    /// The service and the owners do not say the same of who has it.
    SidesDiffer,
    /// There were several instances of what there must be one of.
    SeveralInstances,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeldTwice => "two had it at the same time",
            Self::TakenTooEarly => "somebody got it before the holder's time was over",
            Self::NeverExpires => "nobody could get it when the holder's time was over",
            Self::NotFreed => "nobody could get it although it had been freed",
            Self::TimedOut => "somebody did not get it in time although nobody kept it",
            Self::StaleRelease => "a release with an old token was accepted",
            Self::StaleWrite => "a write with an old token was accepted after a younger one's",
            Self::HolderRefused => "the holder's own release or write was refused",
            Self::SidesDiffer => "the service and the owners differ on who has it",
            Self::SeveralInstances => "there were several instances of what there must be one of",
        })
    }
}
