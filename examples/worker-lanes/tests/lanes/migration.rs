//! Migrations, each on its own database.

use rusqlite::Connection;
use swimlanes::prelude::*;
use worker_lanes::migration::{LATEST, migrate, migrate_to, version};
use worker_lanes::{Error, Repository, Settings, Stage, connect};

use crate::fixtures::TestResult;

/// An empty database of this test.
struct Empty {
    db: Connection,
    settings: Settings,
}

#[swimlanes::fixture]
fn empty(db: Database) -> FixtureResult<Empty> {
    let settings = Settings { database_url: db.fresh()?.url(), ..Settings::default() };
    Ok(Empty { db: connect(&settings)?, settings })
}

/// The parcel was added by a service with that version.
#[swimlanes::test(tags("integration"))]
async fn a_parcel_of_any_version_is_found_in_the_latest(empty: Empty, #[values(1, 2, 3)] from: u32) -> TestResult {
    migrate_to(&empty.db, from)?;
    empty.db.execute("INSERT INTO parcel (code, address, grams) VALUES ('AB1', 'Ada, Genoa', 500)", ())?;
    let depot = Repository::open(&empty.settings).await?;
    let parcel = depot.get("AB1").await?;
    assert_eq!((parcel.receiver.as_str(), parcel.town.as_str(), parcel.stage), ("Ada", "Genoa", Stage::Accepted));
    assert_eq!(depot.version().await?, LATEST);
    Ok(())
}

#[swimlanes::test]
async fn history_of_a_migrated_parcel_begins_at_its_stage(empty: Empty) -> TestResult {
    migrate_to(&empty.db, 2)?;
    empty.db.execute("INSERT INTO parcel (code, address, grams, stage) VALUES ('AB1', 'Ada', 500, 'loaded')", ())?;
    let depot = Repository::open(&empty.settings).await?;
    assert_eq!(depot.history("AB1").await?, [Stage::Loaded]);
    Ok(())
}

#[swimlanes::test(cases(
    with_town = ("Ada, Genoa", "Ada", "Genoa"),
    without_town = ("Ada", "Ada", ""),
    with_a_street = ("Ada, 5 Via Roma, Genoa", "Ada, 5 Via Roma", "Genoa"),
    with_blanks = ("Ada  ,  Genoa ", "Ada", "Genoa"),
))]
async fn an_address_becomes_a_receiver_and_a_town(
    #[case] address: &str,
    #[case] receiver: &str,
    #[case] town: &str,
    empty: Empty,
) -> TestResult {
    migrate_to(&empty.db, 3)?;
    empty.db.execute("INSERT INTO parcel (code, address, grams) VALUES ('AB1', ?1, 500)", [address])?;
    migrate_to(&empty.db, 4)?;
    let found = empty.db.query_row("SELECT receiver, town FROM parcel", (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    assert_eq!(found, (receiver.to_owned(), town.to_owned()));
    Ok(())
}

#[swimlanes::test]
async fn every_version_can_be_migrated_down_and_up(empty: Empty, #[values(0, 1, 2, 3, 4)] to: u32) -> TestResult {
    migrate(&empty.db)?;
    let schema = schema(&empty.db)?;
    migrate_to(&empty.db, to)?;
    assert_eq!(version(&empty.db)?, to);
    migrate(&empty.db)?;
    assert_eq!(self::schema(&empty.db)?, schema);
    Ok(())
}

#[swimlanes::test]
async fn a_second_migration_changes_nothing(empty: Empty) -> TestResult {
    migrate(&empty.db)?;
    let before: u32 = empty.db.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    migrate(&empty.db)?;
    assert_eq!(empty.db.pragma_query_value(None, "schema_version", |row| row.get::<_, u32>(0))?, before);
    Ok(())
}

#[swimlanes::test]
async fn a_database_of_a_later_version_is_refused(empty: Empty) -> TestResult {
    empty.db.pragma_update(None, "user_version", LATEST + 1)?;
    let refused = Repository::open(&empty.settings).await.map_err(|error| error.to_string());
    assert_eq!(refused.map(drop), Err("cannot bring a database from version 6 to 5: only 0 to 5 are known".to_owned()));
    assert_eq!(schema(&empty.db)?, [""; 0]);
    Ok(())
}

#[swimlanes::test]
async fn a_failed_migration_changes_nothing(empty: Empty) -> TestResult {
    migrate_to(&empty.db, 1)?;
    empty.db.execute_batch("CREATE TABLE event (number INTEGER PRIMARY KEY)")?;
    let before = schema(&empty.db)?;
    assert!(matches!(migrate(&empty.db), Err(Error::Database(_))));
    assert_eq!(version(&empty.db)?, 1);
    assert_eq!(schema(&empty.db)?, before);
    Ok(())
}

fn schema(db: &Connection) -> TestResult<Vec<String>> {
    let mut names = db.prepare("SELECT name || ' ' || coalesce((SELECT group_concat(c.name) FROM pragma_table_info(s.name) c), '') FROM sqlite_schema s ORDER BY name")?;
    let names = names.query_map((), |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
