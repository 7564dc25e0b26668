//! Parcels and their stages.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The maximum weight that one person may carry.
const HEAVIEST: u32 = 31_500;

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Two capital letters and digits, unique in the depot.
    pub code: String,
    /// The name of the receiver.
    pub receiver: String,
    /// The town of the receiver.
    pub town: String,
    /// The weight.
    pub grams: u32,
    /// The current stage.
    pub stage: Stage,
}

/// A stage of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Handed in.
    Accepted,
    /// Sorted by tour.
    Sorted,
    /// Loaded on a van.
    Loaded,
    /// Delivered to the receiver.
    Delivered,
    /// Returned to the sender.
    Returned,
}

impl Parcel {
    /// A parcel in its first stage.
    ///
    /// # Errors
    ///
    /// [`Error::Parcel`] with the reason if it is invalid.
    pub fn new(code: &str, receiver: &str, town: &str, grams: u32) -> Result<Self, Error> {
        let letters = code.bytes().take(2).filter(u8::is_ascii_uppercase).count();
        let digits = code.bytes().skip(2).filter(u8::is_ascii_digit).count();
        if letters != 2 || digits == 0 || letters + digits != code.len() || code.len() > 12 {
            return Err(Error::Parcel(format!("`{code}` is no code such as `AB123`")));
        }
        if receiver.trim().is_empty() || town.trim().is_empty() {
            return Err(Error::Parcel("it has no receiver or no town".to_owned()));
        }
        if !(1..=HEAVIEST).contains(&grams) {
            return Err(Error::Parcel(format!("it weighs {grams} g, not 1 to {HEAVIEST}")));
        }
        let (receiver, town) = (receiver.trim().to_owned(), town.trim().to_owned());
        Ok(Self { code: code.to_owned(), receiver, town, grams, stage: Stage::Accepted })
    }
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Self; 5] = [Self::Accepted, Self::Sorted, Self::Loaded, Self::Delivered, Self::Returned];

    /// Whether a parcel can change from this stage to that one. A parcel that could not be delivered is sorted again.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Accepted, Self::Sorted | Self::Returned)
                | (Self::Sorted, Self::Loaded | Self::Returned)
                | (Self::Loaded, Self::Delivered | Self::Sorted)
        )
    }

    /// The word for the stage in requests, responses and the database.
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
        stage.ok_or_else(|| Error::Request(format!("`{word}` is not a stage")))
    }
}
