//! An event-sourced application whose instances record in one database which notifications they have processed.
//!
//! `Orders` are placed; the application `invoices` follows their notifications and writes a book of invoices. Every client has its own
//! [`Instance`], so several instances process the same notification, and the primary key of the tracking records lets only one of them
//! succeed. The README explains what the others do.
//!
//! There are recorders for PostgreSQL, SQLite and the memory of this process.

mod error;
mod event;
mod instance;
mod recorder;

pub use error::{Error, Kind};
pub use event::{Event, Notification, Tracking};
pub use instance::{BOOK, INVOICES, Instance, ORDERS};
pub use recorder::{InProcessRecorder, PostgresRecorder, Recorder, SCHEMA, SqliteRecorder, Store};
