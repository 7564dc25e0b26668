//! The error of a rendezvous: why it failed, and which parties were missing.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A [`Rendezvous`](super::Rendezvous) has failed. Says why, and which parties were present and which were missing.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Rendezvous;
///
/// let rendezvous = Rendezvous::new("handover", ["alice", "bob", "carol"]);
/// let error = rendezvous.arrive("bob", Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error.to_string(), r#"rendezvous "handover" timed out after 1ms; missing: alice, carol; present: bob"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RendezvousError {
    name: String,
    failure: RendezvousFailure,
    present: Vec<String>,
    missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RendezvousFailure {
    Timeout(Duration),
    Unexpected(String),
    Duplicate(String),
}

impl RendezvousError {
    pub(super) fn new(name: &str, failure: RendezvousFailure, present: Vec<String>, missing: Vec<String>) -> Self {
        Self { name: name.to_owned(), failure, present, missing }
    }

    /// The parties that had not arrived when the rendezvous failed, in the order in which they were expected.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let rendezvous = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(rendezvous.arrive("bob", Duration::ZERO).unwrap_err().missing(), ["alice"]);
    /// ```
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The parties that had arrived when the rendezvous failed, in the order in which they were expected.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let rendezvous = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(rendezvous.arrive("bob", Duration::ZERO).unwrap_err().present(), ["bob"]);
    /// ```
    #[must_use]
    pub fn present(&self) -> &[String] {
        &self.present
    }

    /// The party that arrived without being expected, if the rendezvous failed for that reason.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let rendezvous = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(rendezvous.arrive("carol", Duration::ZERO).unwrap_err().unexpected(), Some("carol"));
    /// ```
    #[must_use]
    pub fn unexpected(&self) -> Option<&str> {
        if let RendezvousFailure::Unexpected(party) = &self.failure { Some(party) } else { None }
    }

    /// The party that arrived twice, if the rendezvous failed for that reason. Arriving again after the rendezvous has completed fails for
    /// that party alone.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let rendezvous = Rendezvous::new("handover", ["alice"]);
    /// assert_eq!(rendezvous.arrive("alice", Duration::ZERO), Ok(()));
    /// assert_eq!(rendezvous.arrive("alice", Duration::ZERO).unwrap_err().duplicate(), Some("alice"));
    /// ```
    #[must_use]
    pub fn duplicate(&self) -> Option<&str> {
        if let RendezvousFailure::Duplicate(party) = &self.failure { Some(party) } else { None }
    }
}

impl fmt::Display for RendezvousError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let (name, present, missing) = (&self.name, list(&self.present), list(&self.missing));
        match &self.failure {
            RendezvousFailure::Timeout(limit) => write!(f, "rendezvous {name:?} timed out after {limit:?}")?,
            RendezvousFailure::Unexpected(party) => {
                write!(f, "rendezvous {name:?} failed: {party} arrived unexpectedly")?
            }
            RendezvousFailure::Duplicate(party) => write!(f, "rendezvous {name:?} failed: {party} arrived twice")?,
        }
        write!(f, "; missing: {missing}; present: {present}")
    }
}

impl Error for RendezvousError {}
