//! The errors of the story engine, and which of them are retryable.

use postgres::error::SqlState;

/// An error of a write or a read, which was rolled back.
#[derive(Debug, thiserror::Error)]
#[error("cannot {tried}: {kind}{}", after(*.tries))]
pub struct Error {
    tried: String,
    kind: Kind,
    tries: u32,
}

#[derive(Debug, thiserror::Error)]
enum Kind {
    /// postgres displays a database's error only as "db error".
    #[error("{}", describe(.0))]
    Server(#[from] postgres::Error),
    #[error("another client has changed the story")]
    Stale,
    #[error("there is no {0}")]
    Missing(String),
}

impl Error {
    /// The version of the story was not the one that had been read.
    pub(crate) fn stale() -> Self {
        Kind::Stale.into()
    }

    pub(crate) fn missing(what: String) -> Self {
        Kind::Missing(what).into()
    }

    pub(crate) fn when_trying(self, tried: String) -> Self {
        Self { tried, ..self }
    }

    pub(crate) fn after(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The number of attempts.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether the story had another version at the time of the write.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self.kind, Kind::Stale)
    }

    /// Whether the story or character does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing(_))
    }

    /// Whether a row with these values exists: 23505.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.state() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// Whether the server has ended the transaction so that another one could continue, and it can be retried: 40001, or 40P01 for a
    /// deadlock.
    #[must_use]
    pub fn is_serialization_failure(&self) -> bool {
        self.state() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) || self.is_deadlock()
    }

    /// Whether the server has ended the transaction to resolve a deadlock: 40P01.
    #[must_use]
    pub fn is_deadlock(&self) -> bool {
        self.state() == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    }

    /// Whether a statement, including its waits, exceeded its timeout: 57014.
    #[must_use]
    pub fn is_statement_timeout(&self) -> bool {
        self.state() == Some(&SqlState::QUERY_CANCELED)
    }

    fn state(&self) -> Option<&SqlState> {
        match &self.kind {
            Kind::Server(cause) => cause.code(),
            Kind::Stale | Kind::Missing(_) => None,
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(cause: postgres::Error) -> Self {
        Kind::Server(cause).into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { tried: "run a transaction".to_owned(), kind, tries: 1 }
    }
}

fn describe(cause: &postgres::Error) -> String {
    match cause.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => cause.to_string(),
    }
}

fn after(tries: u32) -> String {
    if tries > 1 { format!(", after {tries} tries") } else { String::new() }
}
