//! Parcels, and the stages of their way.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The heaviest that a person may carry alone.
const HEAVIEST: u32 = 31_500;

/// Something to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Two capital letters and digits, unique in the depot.
    pub code: String,
    /// Who gets it.
    pub receiver: String,
    /// Where they live.
    pub town: String,
    /// What it weighs.
    pub grams: u32,
    /// Where it is on its way.
    pub stage: Stage,
}

/// A stage of a parcel's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Handed in.
    Accepted,
    /// It lies with those for the same tour.
    Sorted,
    /// On the van.
    Loaded,
    /// The receiver has it.
    Delivered,
    /// The sender has it again.
    Returned,
}

impl Parcel {
    /// A parcel that was handed in.
    ///
    /// # Errors
    ///
    /// [`Error::Parcel`], which says what is wrong with it.
    pub fn new(code: &str, receiver: &str, town: &str, grams: u32) -> Result<Self, Error> {
        let letters = code.bytes().take(2).filter(u8::is_ascii_uppercase).count();
        let digits = code.bytes().skip(2).filter(u8::is_ascii_digit).count();
        if letters != 2 || digits == 0 || letters + digits != code.len() || code.len() > 12 {
            return Err(Error::Parcel(format!("`{code}` is no code such as `AB123`")));
        }
        if receiver.trim().is_empty() || town.trim().is_empty() {
            return Err(Error::Parcel("nobody is to get it".to_owned()));
        }
        if !(1..=HEAVIEST).contains(&grams) {
            return Err(Error::Parcel(format!("it weighs {grams} g, not 1 to {HEAVIEST}")));
        }
        let (receiver, town) = (receiver.trim().to_owned(), town.trim().to_owned());
        Ok(Self { code: code.to_owned(), receiver, town, grams, stage: Stage::Accepted })
    }
}

impl Stage {
    /// All of them, in the order of the way.
    pub const ALL: [Self; 5] = [Self::Accepted, Self::Sorted, Self::Loaded, Self::Delivered, Self::Returned];

    /// Whether a parcel can go from here to there. Who was not at home gets it sorted again.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Accepted, Self::Sorted | Self::Returned)
                | (Self::Sorted, Self::Loaded | Self::Returned)
                | (Self::Loaded, Self::Delivered | Self::Sorted)
        )
    }

    /// The word for it, in requests, answers and the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sorted => "sorted",
            Self::Loaded => "loaded",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let stage = Self::ALL.into_iter().find(|stage| stage.word() == word);
        stage.ok_or_else(|| Error::Request(format!("`{word}` is no stage")))
    }
}
