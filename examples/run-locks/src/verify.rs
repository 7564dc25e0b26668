//! Whether Redis and a process say the same of who has what.

use std::fmt;

use crate::error::Error;
use crate::locks::Locks;
use crate::token::Token;

/// Where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The process believes to have it, and nobody has.
    OnlyHere {
        /// The file.
        file: String,
        /// What the process believes to have it by.
        token: Token,
    },
    /// The process believes to have it, and somebody else has.
    Overtaken {
        /// The file.
        file: String,
        /// What the process believes to have it by.
        token: Token,
        /// Who has it.
        by: Token,
    },
    /// The process has it, and knows nothing of that: it has died and was started again.
    Orphaned {
        /// The file.
        file: String,
        /// Whose it is.
        token: Token,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyHere { file, token } => write!(f, "{file}: {token} believes to have it, and nobody has"),
            Self::Overtaken { file, token, by } => write!(f, "{file}: {token} believes to have it, and {by} has"),
            Self::Orphaned { file, token } => write!(f, "{file}: {token} has it, and knows nothing of that"),
        }
    }
}

impl Locks {
    /// Where Redis and this process differ on what it has, in the order of the files. It changes nothing.
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
    /// The file that it is about.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            Self::OnlyHere { file, .. } | Self::Overtaken { file, .. } | Self::Orphaned { file, .. } => file,
        }
    }
}
