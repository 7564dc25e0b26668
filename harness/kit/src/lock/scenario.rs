//! The scenarios as values, with names that can be parsed.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A scenario that tests a lock.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, Scenario};
///
/// for scenario in Scenario::ALL {
///     let report = scenario.run(&MemoryLock::new(), &ScenarioConfig::new(7))?;
///     println!("{report}");
///     report.expect_sound();
/// }
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scenario {
    /// [`thundering_herd`](super::thundering_herd)
    ThunderingHerd,
    /// [`rapid_sequential`](super::rapid_sequential)
    RapidSequential,
    /// [`expiry_during_work`](super::expiry_during_work)
    ExpiryDuringWork,
    /// [`token_mismatch_after_crash`](super::token_mismatch_after_crash)
    TokenMismatchAfterCrash,
    /// [`orphaned_lock`](super::orphaned_lock)
    OrphanedLock,
    /// [`clear_all_during_operations`](super::clear_all_during_operations)
    ClearAllDuringOperations,
    /// [`two_singletons`](super::two_singletons)
    TwoSingletons,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ThunderingHerd,
        Self::RapidSequential,
        Self::ExpiryDuringWork,
        Self::TokenMismatchAfterCrash,
        Self::OrphanedLock,
        Self::ClearAllDuringOperations,
        Self::TwoSingletons,
    ];

    /// The name of the scenario, which [`FromStr`] parses.
    ///
    /// ```
    /// use swimlanes_kit::lock::Scenario;
    ///
    /// assert_eq!(Scenario::OrphanedLock.name(), "orphaned-lock");
    /// assert_eq!("orphaned-lock".parse(), Ok(Scenario::OrphanedLock));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ThunderingHerd => "thundering-herd",
            Self::RapidSequential => "rapid-sequential",
            Self::ExpiryDuringWork => "expiry-during-work",
            Self::TokenMismatchAfterCrash => "token-mismatch-after-crash",
            Self::OrphanedLock => "orphaned-lock",
            Self::ClearAllDuringOperations => "clear-all-during-operations",
            Self::TwoSingletons => "two-singletons",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error of a name that no scenario has.
///
/// ```
/// use swimlanes_kit::lock::Scenario;
///
/// let unknown = "stampede".parse::<Scenario>().unwrap_err();
/// assert!(unknown.to_string().starts_with("unknown scenario `stampede`: expected one of thundering-herd, rapid-sequential"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Scenario::ALL.map(Scenario::name).join(", ");
        write!(f, "unknown scenario `{}`: expected one of {names}", self.0)
    }
}

impl Error for UnknownScenario {}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name).ok_or_else(|| UnknownScenario(name.to_owned()))
    }
}
