//! An open transaction: statements that are prepared once for each connection, and locks with a callback for their waiting times.

use std::collections::HashMap;
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Row, Statement};
use swimlanes_kit::clock::Clock;

use crate::error::Error;

/// The lock that a statement waits for. The variants are in the lock order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// The row of a story, `FOR UPDATE`.
    Story,
    /// The row of a story, `FOR KEY SHARE`: waits only for a transaction that holds it `FOR UPDATE`.
    StoryShared,
    /// The advisory lock of a character's name.
    Name,
    /// The row of a character.
    Character,
}

/// A callback for the duration of a statement that takes a lock.
pub(crate) type OnLock = dyn FnMut(Lock, Duration) + Send;

/// The values of a statement's parameters.
type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// An open transaction. It is rolled back when it is dropped.
pub struct Transaction<'a> {
    pub(crate) sql: postgres::Transaction<'a>,
    pub(crate) prepared: &'a mut HashMap<&'static str, Statement>,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) on_lock: &'a mut OnLock,
}

impl Transaction<'_> {
    /// All rows of the statement's result.
    ///
    /// # Errors
    ///
    /// If the server fails, or the statement exceeds its timeout.
    pub fn rows(&mut self, statement: &'static str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let statement = self.prepare(statement)?;
        Ok(self.sql.query(&statement, params)?)
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// If the server fails, the statement exceeds its timeout, or there is no row, or several.
    pub fn row(&mut self, statement: &'static str, params: Params<'_>) -> Result<Row, Error> {
        let statement = self.prepare(statement)?;
        Ok(self.sql.query_one(&statement, params)?)
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    ///
    /// If the server fails, the statement exceeds its timeout, or there are several rows.
    pub fn find(&mut self, statement: &'static str, params: Params<'_>) -> Result<Option<Row>, Error> {
        let statement = self.prepare(statement)?;
        Ok(self.sql.query_opt(&statement, params)?)
    }

    /// The number of written rows.
    ///
    /// # Errors
    ///
    /// If the server fails, or the statement exceeds its timeout.
    pub fn write(&mut self, statement: &'static str, params: Params<'_>) -> Result<u64, Error> {
        let statement = self.prepare(statement)?;
        Ok(self.sql.execute(&statement, params)?)
    }

    /// As [`find`](Transaction::find), for a statement that may wait for this lock. Reports its duration to the callback.
    ///
    /// # Errors
    ///
    /// As `find`. Also if the server ends this transaction because of a deadlock.
    pub fn lock(&mut self, lock: Lock, statement: &'static str, params: Params<'_>) -> Result<Option<Row>, Error> {
        let statement = self.prepare(statement)?;
        let asked = self.clock.now();
        let row = self.sql.query_opt(&statement, params);
        (self.on_lock)(lock, self.clock.now().saturating_sub(asked));
        Ok(row?)
    }

    fn prepare(&mut self, statement: &'static str) -> Result<Statement, Error> {
        if let Some(prepared) = self.prepared.get(statement) {
            return Ok(prepared.clone());
        }
        let prepared = self.sql.prepare(statement)?;
        self.prepared.insert(statement, prepared.clone());
        Ok(prepared)
    }
}
