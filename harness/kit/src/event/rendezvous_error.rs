//! What is said when a rendezvous fails: who is missing, and why it failed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A [`Rendezvous`](super::Rendezvous) has failed: why, who was there, and who was not.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Rendezvous;
///
/// let meeting = Rendezvous::new("handover", ["alice", "bob", "carol"]);
/// let missing = meeting.arrive("bob", Duration::from_millis(1)).unwrap_err();
/// assert_eq!(missing.to_string(), r#"rendezvous "handover" failed after 1ms; missing: alice, carol; there: bob"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    name: String,
    why: Why,
    there: Vec<String>,
    missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    Late(Duration),
    Stranger(String),
    Twice(String),
}

impl Missing {
    pub(super) fn new(name: &str, why: Why, there: Vec<String>, missing: Vec<String>) -> Self {
        Self { name: name.to_owned(), why, there, missing }
    }

    /// Who was expected and had not come when it failed, in the order in which they were expected.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let meeting = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(meeting.arrive("bob", Duration::ZERO).unwrap_err().missing(), ["alice"]);
    /// ```
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Who was there when it failed, in the order in which they were expected.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let meeting = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(meeting.arrive("bob", Duration::ZERO).unwrap_err().there(), ["bob"]);
    /// ```
    #[must_use]
    pub fn there(&self) -> &[String] {
        &self.there
    }

    /// Who came and was not expected, if it failed for that.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let meeting = Rendezvous::new("handover", ["alice", "bob"]);
    /// assert_eq!(meeting.arrive("carol", Duration::ZERO).unwrap_err().stranger(), Some("carol"));
    /// ```
    #[must_use]
    pub fn stranger(&self) -> Option<&str> {
        if let Why::Stranger(who) = &self.why { Some(who) } else { None }
    }

    /// Who came twice, if it failed for that. The second time fails even after all have met, but then only for who came twice.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Rendezvous;
    /// let meeting = Rendezvous::new("handover", ["alice"]);
    /// assert_eq!(meeting.arrive("alice", Duration::ZERO), Ok(()));
    /// assert_eq!(meeting.arrive("alice", Duration::ZERO).unwrap_err().twice(), Some("alice"));
    /// ```
    #[must_use]
    pub fn twice(&self) -> Option<&str> {
        if let Why::Twice(who) = &self.why { Some(who) } else { None }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        let (name, there, missing) = (&self.name, list(&self.there), list(&self.missing));
        match &self.why {
            Why::Late(limit) => write!(f, "rendezvous {name:?} failed after {limit:?}")?,
            Why::Stranger(who) => write!(f, "rendezvous {name:?} failed as {who} came, who is not expected")?,
            Why::Twice(who) => write!(f, "rendezvous {name:?} failed as {who} came twice")?,
        }
        write!(f, "; missing: {missing}; there: {there}")
    }
}

impl Error for Missing {}
