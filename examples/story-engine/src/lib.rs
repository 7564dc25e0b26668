//! Stories, scenes and characters in PostgreSQL, which several clients write at once.
//!
//! A client reads, takes a long time (it has a text generated), and writes. Other clients can write in between, and an argument of each
//! write defines how it handles that: [`Updating`], [`Numbering`], [`Creating`], [`LockOrder`]. Each has a typical broken form.
//!
//! # The order of locks
//!
//! A transaction that needs several locks takes them in this order, so that no transactions wait in a cycle:
//!
//! 1. the row of the story: `FOR UPDATE` to write it, `FOR KEY SHARE` to add a scene or a character;
//! 2. the advisory lock of a character's name;
//! 3. the row of a character; of several, the one with the lowest `id` first.
//!
//! An inserted row belongs to 3, too: a transaction that inserts another row with the same unique key waits for it. The variants of
//! [`Lock`] have this order. No transaction waits longer than [`STATEMENT_TIMEOUT`], which ends a transaction that breaks the order if the
//! server does not detect a deadlock.

mod character;
mod engine;
mod error;
mod rename;
mod scene;
mod story;
mod transaction;

pub use character::{Character, Characters, Creating, Extracted};
pub use engine::{Engine, STATEMENT_TIMEOUT, TRIES};
pub use error::Error;
pub use rename::LockOrder;
pub use scene::{Numbering, Scene, Scenes};
pub use story::{Stories, Story, Updating};
pub use transaction::{Lock, Transaction};

/// The tables without constraints for concurrent writes.
pub const TABLES: &str = include_str!("migrations/1_tables.sql");

/// Makes `(story, number)` of scenes and `(story, name)` of characters unique. Existing duplicates must be removed first.
pub const CONSTRAINTS: &str = include_str!("migrations/2_constraints.sql");
