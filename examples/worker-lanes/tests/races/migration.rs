//! Two instances of the service that start at once, and both migrate the database to the latest version.

use rusqlite::Connection;
use swimlanes::kit::race::Report;
use swimlanes::prelude::*;
use worker_lanes::migration::{LATEST, migrate, migrate_to};
use worker_lanes::{Error, Settings, broken, connect};

use crate::seeds::{TestResult, Way, each_is_clean, each_shows};

/// Each round begins with a database of the version before the latest, and two instances that connect to it. An instance that waits for
/// SQLite's lock reaches a point at each check, so the race detects that without a timeout.
fn start_two(way: Way, db: &Database, migrate: fn(&Connection) -> Result<(), Error>) -> Report {
    let settings = Settings { database_url: db.url(), durable: false, ..Settings::default() };
    way.race(2).before(|_| migrate_to(&connect(&settings)?, LATEST - 1)).run(|_| migrate(&connect(&settings)?))
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn check_then_migrate_creates_an_index_twice(db: Database) -> TestResult {
    let db = db.fresh()?;
    each_shows("index parcel_by_stage already exists", async |way| start_two(way, &db, broken::migrate)).await;
    Ok(())
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn migrating_under_a_lock_creates_each_index_once(db: Database) -> TestResult {
    let db = db.fresh()?;
    each_is_clean(async |way| start_two(way, &db, migrate)).await;
    Ok(())
}
