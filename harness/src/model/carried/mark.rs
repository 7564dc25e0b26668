//! What a value of the format begins with: one byte that says what follows. Numbers follow as little-endian bytes.

/// `()`, a unit struct, or `None`.
pub(super) const NULL: u8 = 0;
/// The value that is in the `Some` follows.
pub(super) const SOME: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const TRUE: u8 = 3;
/// Every integer that fits: eight bytes.
pub(super) const UNSIGNED: u8 = 4;
/// A negative integer: eight bytes.
pub(super) const SIGNED: u8 = 5;
/// Sixteen bytes.
pub(super) const WIDE_UNSIGNED: u8 = 6;
/// Sixteen bytes.
pub(super) const WIDE_SIGNED: u8 = 7;
/// Eight bytes, whatever its type.
pub(super) const FLOAT: u8 = 8;
/// Its length as eight bytes, then itself. Also a variant that holds nothing.
pub(super) const TEXT: u8 = 9;
/// Their number as eight bytes, then they.
pub(super) const BYTES: u8 = 10;
/// The elements follow, then [`END`].
pub(super) const SEQUENCE: u8 = 11;
/// Keys and values follow in turn, then [`END`]. Also a struct; and a variant that holds something, under its name.
pub(super) const MAP: u8 = 12;
pub(super) const END: u8 = 13;
