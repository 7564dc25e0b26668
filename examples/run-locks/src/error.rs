//! What can go wrong.

use std::io;
use std::path::PathBuf;

use crate::token::Token;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody answers where the locks should be.
    #[error("cannot connect to Redis at {at}: {cause}")]
    Connect {
        /// The address, without the password.
        at: String,
        /// What is wrong with that.
        cause: redis::RedisError,
    },
    /// Redis did not do it.
    #[error("cannot {tried} in Redis: {cause}")]
    Redis {
        /// What was tried.
        tried: String,
        /// What Redis, or the way to it, said.
        cause: redis::RedisError,
    },
    /// The file system did not do it.
    #[error("cannot {tried} {}: {cause}", path.display())]
    File {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not as this program writes it.
    #[error("cannot read the run in {}: {cause}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
    /// Somebody else has the lock.
    #[error("cannot lock {file}: somebody else has it")]
    Busy {
        /// What was to be locked.
        file: String,
    },
    /// Somebody has got the lock since.
    #[error("cannot write {}: the lock by {token} is over, and number {by} has locked it since", path.display())]
    Overtaken {
        /// The file.
        path: PathBuf,
        /// Who wanted to write.
        token: Token,
        /// The number of the youngest token that the file knows.
        by: u64,
    },
    /// The lock was not there any more when it was to be given back.
    #[error("cannot unlock {file}: {token} does not have it any more")]
    Lost {
        /// What was locked.
        file: String,
        /// By what.
        token: Token,
    },
    /// This instance was made to read.
    #[error("cannot lock {file}: this controller is read-only")]
    ReadOnly {
        /// What was to be locked.
        file: String,
    },
    /// Somebody is changing the run, and no earlier state is known.
    #[error("cannot read {}: it is being changed", path.display())]
    Unsettled {
        /// The file.
        path: PathBuf,
    },
    /// Somebody does not want it any more.
    #[error("cannot go on: it was stopped")]
    Stopped,
}

impl Error {
    /// Whether it may work a little later.
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
