//! A migration that looks at the version, and then acts on it.

use rusqlite::Connection;
use swimlanes_kit::point;

use crate::error::Error;
use crate::migration::{STEPS, version};

/// As [`crate::migration::migrate`], but another connection can look at the version before it is the new one, and both take the same
/// steps.
///
/// # Errors
///
/// When SQLite refuses, as it does if a table is there already.
pub fn migrate(db: &Connection) -> Result<(), Error> {
    let from = version(db)?;
    point!("after the version");
    for (step, to) in STEPS.iter().zip(1_u32..).skip(from as usize) {
        db.execute_batch(step.up)?;
        db.pragma_update(None, "user_version", to)?;
    }
    Ok(())
}
