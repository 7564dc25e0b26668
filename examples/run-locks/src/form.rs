//! The forms in which the locks come.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// How the locks, and what is built on them, are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One Redis hash, file -> owner, and nothing else: its fields do not expire. Files are unlocked by a task in the background.
    Hash,
    /// A key for each file that expires. It is looked for and then set, and deleted by whoever believes to have it.
    Expiring,
    /// A key for each file that expires, taken and given back in one step by who has its token. The tokens are numbered, and the file refuses
    /// who was overtaken.
    Mended,
}

impl Form {
    /// All of them, the oldest one first.
    pub const ALL: [Self; 3] = [Self::Hash, Self::Expiring, Self::Mended];

    /// Its name, as somebody types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Expiring => "expiring",
            Self::Mended => "mended",
        }
    }

    /// Whether it is the one without the mistakes.
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
        write!(f, "no form is called `{}`: there are {}", self.0, Form::ALL.map(Form::name).join(", "))
    }
}

impl Error for UnknownForm {}

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(name: &str) -> Result<Self, UnknownForm> {
        Self::ALL.into_iter().find(|form| form.name() == name).ok_or_else(|| UnknownForm(name.to_owned()))
    }
}
