//! How the parts of the scheduler name a class.

/// The place of a class in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassIx(pub(super) usize);
