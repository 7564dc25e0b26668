//! What is said when a rendezvous fails: who is missing, and why it failed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A [`Rendezvous`](super::Rendezvous) has failed.
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

    /// Who was expected and had not come when it failed.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Who was there when it failed.
    #[must_use]
    pub fn there(&self) -> &[String] {
        &self.there
    }

    /// Who came and was not expected, if it failed for that.
    #[must_use]
    pub fn stranger(&self) -> Option<&str> {
        if let Why::Stranger(who) = &self.why { Some(who) } else { None }
    }

    /// Who came twice, if it failed for that.
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
