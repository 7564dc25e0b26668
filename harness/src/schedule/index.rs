//! How the parts of the scheduler name a class, a lock, and a queue of classes.

/// The place of a class in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassIx(pub(super) usize);

/// The place of a queue in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueIx(pub(super) usize);

/// The place of a lock in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyIx(pub(super) usize);

/// One lock a class takes, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) ix: KeyIx,
    pub(super) access: Acquire,
}

/// What a class takes that tolerates nothing beside it. Any case that runs keeps it from starting.
pub(super) const MACHINE: Key = Key { ix: KeyIx(0), access: Acquire::Exclusive };

/// `Access`, ordered, and with the units that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Acquire {
    Exclusive,
    Shared,
    Units(u32),
}

impl Key {
    pub(super) fn is_exclusive(self) -> bool {
        self.access == Acquire::Exclusive
    }
}
