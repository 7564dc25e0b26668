//! The forms of the locks.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The form of the locks and of the code that uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Only one Redis hash, file -> owner: its fields do not expire. A background task releases the locks.
    Hash,
    /// A key for each file that expires. It is checked and then set, and any process that believes to hold the lock deletes it.
    Expiring,
    /// A key for each file that expires. The holder of its token acquires and releases it in one step. The tokens are numbered, and the
    /// file refuses an owner that was overtaken.
    Mended,
}

impl Form {
    /// All of them, the oldest one first.
    pub const ALL: [Self; 3] = [Self::Hash, Self::Expiring, Self::Mended];

    /// The name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Expiring => "expiring",
            Self::Mended => "mended",
        }
    }

    /// Whether it is the form without mistakes.
    #[must_use]
    pub fn is_mended(self) -> bool {
        match self {
            Self::Hash | Self::Expiring => false,
            Self::Mended => true,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No form has that name.
#[derive(Debug)]
pub struct UnknownForm(String);

impl fmt::Display for UnknownForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown form `{}`: expected one of {}", self.0, Form::ALL.map(Form::name).join(", "))
    }
}

impl Error for UnknownForm {}

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(name: &str) -> Result<Self, UnknownForm> {
        Self::ALL.into_iter().find(|form| form.name() == name).ok_or_else(|| UnknownForm(name.to_owned()))
    }
}
