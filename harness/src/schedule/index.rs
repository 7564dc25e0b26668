//! The indices by which the parts of the scheduler identify a class, a lock, and a queue of classes.

/// The index of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassIx(pub(super) usize);

/// The index of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueIx(pub(super) usize);

/// The index of a lock in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyIx(pub(super) usize);

/// A lock that a class takes, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) ix: KeyIx,
    pub(super) access: Acquire,
}

/// The lock of classes that tolerate nothing beside them. Every running test blocks it.
pub(super) const MACHINE: Key = Key { ix: KeyIx(0), access: Acquire::Exclusive };

/// `Access` with an order, and with the requested units.
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
