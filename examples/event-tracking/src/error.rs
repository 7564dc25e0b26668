//! The errors of a recorder.

use std::error::Error as StdError;

/// An error of a recorder.
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

/// The kind of an [`Error`]. Callers decide on the kind, never on the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A row with this key exists: another client was faster, or it was written twice.
    UniqueViolation,
    /// The transaction conflicts with another one: a serialization failure, or a deadlock.
    Serialization,
    /// Another client has locked the database and has not released it in time.
    Busy,
    /// All other errors.
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

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether another instance is the cause, so that a retry with the current data may succeed.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self.0.kind {
            Kind::UniqueViolation | Kind::Serialization | Kind::Busy => true,
            Kind::Other => false,
        }
    }
}
