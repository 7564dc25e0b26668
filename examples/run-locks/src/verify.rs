//! Compares the locks in Redis with the locks that a process believes to hold.

use std::fmt;

use crate::error::Error;
use crate::locks::Locks;
use crate::token::Token;

/// A difference between Redis and a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The process believes to hold the lock, and no process does.
    OnlyHere {
        /// The file.
        file: String,
        /// The token that the process has.
        token: Token,
    },
    /// The process believes to hold the lock, and another one does.
    Overtaken {
        /// The file.
        file: String,
        /// The token that the process has.
        token: Token,
        /// The token of the holder.
        by: Token,
    },
    /// The process holds the lock without knowing it: it has crashed and was restarted.
    Orphaned {
        /// The file.
        file: String,
        /// The token of the lock.
        token: Token,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyHere { file, token } => write!(f, "{file}: {token} is recorded here, but the lock is free"),
            Self::Overtaken { file, token, by } => {
                write!(f, "{file}: {token} is recorded here, but {by} holds the lock")
            }
            Self::Orphaned { file, token } => write!(f, "{file}: {token} holds the lock, but is not recorded here"),
        }
    }
}

impl Locks {
    /// The differences between Redis and this process, in the order of the files. Changes nothing.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn verify_state(&self) -> Result<Vec<Difference>, Error> {
        let local = self.local();
        let locked = self.locked_files()?;
        let mut differences = Vec::new();
        for (file, token) in &*local {
            let (file, token) = (file.clone(), token.clone());
            match self.holder(&file)? {
                Some(by) if by == token => {}
                Some(by) => differences.push(Difference::Overtaken { file, token, by }),
                None => differences.push(Difference::OnlyHere { file, token }),
            }
        }
        for (file, token) in locked {
            if token.owner == self.owner() && !local.contains_key(&file) {
                differences.push(Difference::Orphaned { file, token });
            }
        }
        differences.sort_by(|one, other| one.file().cmp(other.file()));
        Ok(differences)
    }
}

impl Difference {
    /// The file with the difference.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::OnlyHere { file, .. } | Self::Overtaken { file, .. } | Self::Orphaned { file, .. } => file,
        }
    }
}
