//! A migration that reads the version, and then acts on it.

use rusqlite::Connection;
use swimlanes_kit::point;

use crate::error::Error;
use crate::migration::{STEPS, version};

/// As [`crate::migration::migrate`], but another connection can read the old version before the new one is written, and both run the same
/// steps.
///
/// # Errors
///
/// If SQLite fails, for example because a table exists.
pub fn migrate(db: &Connection) -> Result<(), Error> {
    let from = version(db)?;
    point!("after the version");
    for (step, to) in STEPS.iter().zip(1_u32..).skip(from as usize) {
        db.execute_batch(step.up)?;
        db.pragma_update(None, "user_version", to)?;
    }
    Ok(())
}
