//! The errors of this crate.

use std::io;
use std::path::PathBuf;

use crate::token::Token;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Redis server cannot be reached.
    #[error("cannot connect to Redis at {at}: {cause}")]
    Connect {
        /// The address, without the password.
        at: String,
        /// The cause.
        cause: redis::RedisError,
    },
    /// Redis failed.
    #[error("cannot {tried} in Redis: {cause}")]
    Redis {
        /// The action that failed.
        tried: String,
        /// The error of Redis or of the connection.
        cause: redis::RedisError,
    },
    /// The file system failed.
    #[error("cannot {tried} {}: {cause}", path.display())]
    File {
        /// The action that failed.
        tried: &'static str,
        /// The path.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// The file has another format.
    #[error("cannot read the run in {}: {cause}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: serde_json::Error,
    },
    /// Another owner has the lock.
    #[error("cannot lock {file}: another owner holds the lock")]
    Busy {
        /// The file to lock.
        file: String,
    },
    /// Another owner has got the lock since.
    #[error("cannot write {}: the lock of {token} has ended, and number {by} has locked it since", path.display())]
    Overtaken {
        /// The file.
        path: PathBuf,
        /// The token of the writer.
        token: Token,
        /// The number of the youngest token that the file knows.
        by: u64,
    },
    /// The lock no longer existed when it was released.
    #[error("cannot unlock {file}: {token} does not have it any more")]
    Lost {
        /// The locked file.
        file: String,
        /// The token.
        token: Token,
    },
    /// This instance is read-only.
    #[error("cannot lock {file}: this controller is read-only")]
    ReadOnly {
        /// The file to lock.
        file: String,
    },
    /// Another process is changing the run, and no earlier state is known.
    #[error("cannot read {}: it is being changed", path.display())]
    Unsettled {
        /// The file.
        path: PathBuf,
    },
    /// The caller has stopped the operation.
    #[error("cannot go on: it was stopped")]
    Stopped,
}

impl Error {
    /// Whether a later attempt may succeed.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Unsettled { .. } => true,
            Self::Connect { .. }
            | Self::Redis { .. }
            | Self::File { .. }
            | Self::Format { .. }
            | Self::Overtaken { .. }
            | Self::Lost { .. }
            | Self::ReadOnly { .. }
            | Self::Stopped => false,
        }
    }
}
