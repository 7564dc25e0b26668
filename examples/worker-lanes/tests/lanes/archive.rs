//! The archive: one database for the whole run, in all its processes. Many tests read it at the same time; a test that changes it has
//! exclusive use.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use swimlanes::prelude::*;
use worker_lanes::migration::{LATEST, migrate_to, version};
use worker_lanes::{Parcel, Repository, Settings, Stage, connect};

use crate::fixtures::TestResult;

const N_PARCELS: u32 = 300;

/// The directory. Other processes of the run need only this.
#[derive(Serialize, Deserialize)]
struct Archive {
    dir: PathBuf,
}

#[swimlanes::fixture(scope = "run", teardown = remove)]
async fn archive() -> FixtureResult<Archive> {
    let dir = tempfile::Builder::new().prefix("worker-lanes-archive-").tempdir()?;
    let archive = Archive { dir: dir.path().to_owned() };
    let parcel = |n: u32| {
        let stage = if n.is_multiple_of(3) { Stage::Returned } else { Stage::Delivered };
        Ok(Parcel { stage, ..Parcel::new(&format!("AB{n}"), "Ada", "Genoa", n)? })
    };
    let parcels = (1..=N_PARCELS).map(parcel).collect::<Result<_, worker_lanes::Error>>()?;
    Repository::open(&archive.settings()).await?.add_all(parcels).await?;
    let _ = dir.keep();
    Ok(archive)
}

fn remove(archive: Archive) -> std::io::Result<()> {
    std::fs::remove_dir_all(archive.dir)
}

impl Archive {
    fn settings(&self) -> Settings {
        let database_url = format!("sqlite://{}", self.dir.join("archive.db").display());
        Settings { database_url, ..Settings::default() }
    }
}

#[swimlanes::test(shared_resource("archive", shared))]
async fn the_archive_has_every_parcel(archive: &Archive) -> TestResult {
    let archive = Repository::open(&archive.settings()).await?;
    assert_eq!(archive.totals().await?, (N_PARCELS, u64::from(N_PARCELS * (N_PARCELS + 1) / 2)));
    Ok(())
}

#[swimlanes::test(shared_resource("archive", shared), cases(
    delivered = (Stage::Delivered, 200),
    returned = (Stage::Returned, 100),
    loaded = (Stage::Loaded, 0),
))]
async fn the_archive_is_listed_by_stage(#[case] stage: Stage, #[case] n: usize, archive: &Archive) -> TestResult {
    let archive = Repository::open(&archive.settings()).await?;
    let found = archive.list(Some(stage), "", N_PARCELS).await?;
    assert_eq!(found.len(), n);
    assert!(found.iter().all(|parcel| parcel.stage == stage));
    Ok(())
}

#[swimlanes::test(shared_resource("archive", shared))]
async fn the_archive_has_the_last_stage_of_a_parcel(archive: &Archive) -> TestResult {
    let archive = Repository::open(&archive.settings()).await?;
    assert_eq!(archive.history("AB3").await?, [Stage::Returned]);
    assert_eq!(archive.history("AB4").await?, [Stage::Delivered]);
    Ok(())
}

/// Migrates down to an old version and up again, as after an update that was reverted. A concurrent reader would find no towns.
#[swimlanes::test(shared_resource = "archive", slow, tags("integration"))]
async fn the_archive_survives_a_reverted_update(archive: &Archive, #[values(2, 3)] to: u32) -> TestResult {
    let settings = archive.settings();
    let db = connect(&settings)?;
    migrate_to(&db, to)?;
    let address: String = db.query_row("SELECT address FROM parcel WHERE code = 'AB7'", (), |row| row.get(0))?;
    assert_eq!(address, "Ada, Genoa");
    migrate_to(&db, LATEST)?;
    assert_eq!(version(&db)?, LATEST);
    let found = Repository::open(&settings).await?.get("AB7").await?;
    assert_eq!((found.receiver.as_str(), found.town.as_str(), found.grams), ("Ada", "Genoa", 7));
    Ok(())
}
