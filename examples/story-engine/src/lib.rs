//! Stories, scenes and characters in PostgreSQL, written by several clients at once.
//!
//! A client reads, thinks for long (it has a text generated), and writes. Between the two anybody else may write, and how that is dealt
//! with is an argument of each write: [`Updating`], [`Numbering`], [`Creating`], [`LockOrder`]. Each has a broken way, which is how such
//! code is written first.
//!
//! # The order of locks
//!
//! Who needs several locks takes them in this order, and so nobody waits in a circle:
//!
//! 1. the row of the story: `FOR UPDATE` to write it, `FOR KEY SHARE` to add a scene or a character;
//! 2. the advisory lock of a character's name;
//! 3. the row of a character; of several, the one with the lowest `id` first.
//!
//! A row that is inserted belongs to 3, too: who inserts another one with the same unique key waits for it. [`Lock`] has them in this
//! order. No transaction waits longer than [`STATEMENT_TIMEOUT`], so who breaks the order without being found out by the server as a
//! deadlock is ended by that.

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

/// The tables, as they were before anybody asked what happens when two write at once.
pub const TABLES: &str = include_str!("migrations/1_tables.sql");

/// Makes `(story, number)` of scenes and `(story, name)` of characters unique. Where there are duplicates already, they have to go first.
pub const CONSTRAINTS: &str = include_str!("migrations/2_constraints.sql");
