//! Migrates a database from any version to any other.

mod steps;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use swimlanes_kit::point;

use crate::error::Error;

pub(crate) use steps::STEPS;

/// The version of a database that this service needs.
pub const LATEST: u32 = STEPS.len() as u32;

/// Migrates the database to the latest version. If that fails, or is not needed, the database does not change.
///
/// # Errors
///
/// [`Error::Version`] for a database of a later service; or an error of SQLite.
pub fn migrate(db: &Connection) -> Result<(), Error> {
    migrate_to(db, LATEST)
}

/// Migrates the database to this version, up or down; completely, or not at all.
///
/// # Errors
///
/// [`Error::Version`] for an unknown version; or an error of SQLite.
pub fn migrate_to(db: &Connection, to: u32) -> Result<(), Error> {
    // Immediate: no other connection can read the version before the new one is committed.
    let migration = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let from = version(&migration)?;
    if from.max(to) > LATEST {
        return Err(Error::Version { from, to, latest: LATEST });
    }
    point!("after the version");
    if from == to {
        return Ok(());
    }
    let (from_ix, to_ix) = (from as usize, to as usize);
    if from_ix <= to_ix {
        STEPS[from_ix..to_ix].iter().try_for_each(|step| migration.execute_batch(step.up))?;
    } else {
        STEPS[to_ix..from_ix].iter().rev().try_for_each(|step| migration.execute_batch(step.down))?;
    }
    migration.pragma_update(None, "user_version", to)?;
    Ok(migration.commit()?)
}

/// The version of the database; 0 if it is empty.
///
/// # Errors
///
/// If SQLite fails.
pub fn version(db: &Connection) -> Result<u32, Error> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
