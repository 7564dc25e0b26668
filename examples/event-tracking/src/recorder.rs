//! Where events and tracking records are kept: one trait, and a module for each database. Knows nothing of what the events mean.

mod in_process;
mod postgres;
mod sql;
mod sqlite;

pub use in_process::{InProcessRecorder, Store};
pub use postgres::PostgresRecorder;
pub use sql::SCHEMA;
pub use sqlite::SqliteRecorder;

use crate::error::Error;
use crate::event::{Event, Notification, Tracking};

/// The events of all applications and their tracking records, in one database, as one connection sees them.
///
/// What is inserted belongs to the transaction that was begun. After an error that transaction is still there, and has to be
/// [rolled back](Recorder::rollback).
pub trait Recorder: Send {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// When one has begun already, or SQLite's file stays locked.
    fn begin(&mut self) -> Result<(), Error>;

    /// Makes what was inserted last, all of it or nothing.
    ///
    /// # Errors
    ///
    /// When it conflicts with what others have committed meanwhile, or the database fails.
    fn commit(&mut self) -> Result<(), Error>;

    /// Forgets what was inserted. Does nothing if no transaction has begun.
    ///
    /// # Errors
    ///
    /// When the database fails.
    fn rollback(&mut self) -> Result<(), Error>;

    /// Adds an event of this application, with the next notification id.
    ///
    /// # Errors
    ///
    /// A unique violation if the aggregate has an event of this version already.
    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error>;

    /// Notes that a notification was processed.
    ///
    /// # Errors
    ///
    /// A unique violation if that is noted already. Where the note of another transaction is not committed yet, that is waited for.
    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error>;

    /// The last processed notification of this application; 0 if there is none.
    ///
    /// # Errors
    ///
    /// When the database fails.
    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error>;

    /// All processed notifications of this application, in their order.
    ///
    /// # Errors
    ///
    /// When the database fails.
    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error>;

    /// At most `limit` notifications of this application that come after that one, in their order.
    ///
    /// # Errors
    ///
    /// When the database fails.
    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error>;

    /// The version of the last event of an aggregate; 0 if there is none.
    ///
    /// # Errors
    ///
    /// When the database fails.
    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error>;
}
