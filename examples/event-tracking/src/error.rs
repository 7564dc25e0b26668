//! What can go wrong in a recorder.

use std::error::Error as StdError;

/// Why a recorder did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Failure>);

#[derive(Debug, thiserror::Error)]
#[error("cannot {tried}: {why}")]
struct Failure {
    kind: Kind,
    tried: &'static str,
    why: String,
    #[source]
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// Of what kind an [`Error`] is. What to do about it is decided on this, never on the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is a row with this key: somebody else was quicker, or it was written twice.
    UniqueViolation,
    /// The transaction does not go together with another one: a serialization failure, or a deadlock.
    Serialization,
    /// The database is locked by somebody else, who has not let go in time.
    Busy,
    /// Everything else.
    Other,
}

impl Error {
    pub(crate) fn new(kind: Kind, tried: &'static str, why: impl Into<String>) -> Self {
        Self(Box::new(Failure { kind, tried, why: why.into(), cause: None }))
    }

    pub(crate) fn because(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Box::new(cause));
        self
    }

    /// Of what kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether another instance is the cause, so that the same may go well on what is in the database now.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self.0.kind {
            Kind::UniqueViolation | Kind::Serialization | Kind::Busy => true,
            Kind::Other => false,
        }
    }
}
