//! The storage of events and tracking records: one trait, and a module for each database. Does not interpret the events.

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

/// The events of all applications and their tracking records, in one database, through one connection.
///
/// Inserted rows belong to the transaction that was begun. After an error that transaction is still open, and must be [rolled
/// back](Recorder::rollback).
pub trait Recorder: Send {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// If a transaction has already begun, or SQLite's file stays locked.
    fn begin(&mut self) -> Result<(), Error>;

    /// Commits all inserted rows, or none.
    ///
    /// # Errors
    ///
    /// If it conflicts with rows that others have committed in the meantime, or the database fails.
    fn commit(&mut self) -> Result<(), Error>;

    /// Discards the inserted rows. Does nothing if no transaction has begun.
    ///
    /// # Errors
    ///
    /// If the database fails.
    fn rollback(&mut self) -> Result<(), Error>;

    /// Adds an event of this application, with the next notification id.
    ///
    /// # Errors
    ///
    /// A unique violation if the aggregate already has an event with this version.
    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error>;

    /// Records that a notification was processed.
    ///
    /// # Errors
    ///
    /// A unique violation if that is already recorded. If another transaction has inserted the record without a commit yet, this waits for
    /// it.
    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error>;

    /// The last processed notification of this application; 0 if there is none.
    ///
    /// # Errors
    ///
    /// If the database fails.
    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error>;

    /// All processed notifications of this application, in their order.
    ///
    /// # Errors
    ///
    /// If the database fails.
    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error>;

    /// At most `limit` notifications of this application after that one, in their order.
    ///
    /// # Errors
    ///
    /// If the database fails.
    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error>;

    /// The version of the last event of an aggregate; 0 if there is none.
    ///
    /// # Errors
    ///
    /// If the database fails.
    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error>;
}
