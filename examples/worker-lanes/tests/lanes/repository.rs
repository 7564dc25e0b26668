//! The parcels in the database of the worker.

use swimlanes::kit::together::run_together_async;
use swimlanes::prelude::*;
use worker_lanes::{Error, Parcel, Repository, Settings, Stage};

use crate::fixtures::{Lane, TestResult, parcel};

#[swimlanes::test]
async fn an_added_parcel_is_found(lane: Lane) -> TestResult {
    let parcel = Parcel::new("AB1", " Ada ", "Genoa", 750)?;
    lane.repository.add(&parcel).await?;
    assert_eq!(lane.repository.get("AB1").await?, parcel);
    assert_eq!(parcel.receiver, "Ada");
    Ok(())
}

#[swimlanes::test]
async fn an_unknown_parcel_is_an_error(lane: Lane) -> TestResult {
    let unknown = |error: &Error| matches!(error, Error::UnknownParcel(code) if code == "ZZ9");
    assert!(lane.repository.get("ZZ9").await.is_err_and(|error| unknown(&error)));
    assert!(lane.repository.history("ZZ9").await.is_err_and(|error| unknown(&error)));
    assert!(lane.repository.remove("ZZ9").await.is_err_and(|error| unknown(&error)));
    assert!(lane.repository.advance("ZZ9", Stage::Sorted).await.is_err_and(|error| unknown(&error)));
    Ok(())
}

#[swimlanes::test]
async fn a_duplicate_code_is_refused(lane: Lane) -> TestResult {
    lane.repository.add(&Parcel::new("AB1", "Ada", "Genoa", 750)?).await?;
    let refused = lane.repository.add(&Parcel::new("AB1", "Bob", "Turin", 20)?).await;
    assert!(matches!(&refused, Err(Error::Duplicate(code)) if code == "AB1"), "{refused:?}");
    assert_eq!(lane.repository.get("AB1").await?.receiver, "Ada");
    Ok(())
}

#[swimlanes::test]
async fn add_all_is_atomic(lane: Lane) -> TestResult {
    lane.repository.add(&parcel("AB2")).await?;
    let refused = lane.repository.add_all(["AB1", "AB2", "AB3"].map(parcel).to_vec()).await;
    assert!(matches!(&refused, Err(Error::Duplicate(code)) if code == "AB2"), "{refused:?}");
    assert_eq!(lane.repository.totals().await?.0, 1);
    lane.repository.add_all(["AB1", "AB3"].map(parcel).to_vec()).await?;
    assert_eq!(lane.repository.totals().await?, (3, 1500));
    Ok(())
}

#[swimlanes::test(cases(
    all = (None, "", 10, "AB1 AB2 AB3 AB4"),
    first = (None, "", 2, "AB1 AB2"),
    next = (None, "AB2", 2, "AB3 AB4"),
    none_left = (None, "AB4", 2, ""),
    sorted = (Some(Stage::Sorted), "", 10, "AB2 AB4"),
    next_sorted = (Some(Stage::Sorted), "AB2", 10, "AB4"),
    none_loaded = (Some(Stage::Loaded), "", 10, ""),
))]
async fn lists_are_ordered_by_code(
    #[case] stage: Option<Stage>,
    #[case] after: &str,
    #[case] limit: u32,
    #[case] expected: &str,
    lane: Lane,
) -> TestResult {
    lane.repository.add_all(["AB3", "AB1", "AB4", "AB2"].map(parcel).to_vec()).await?;
    for code in ["AB4", "AB2"] {
        lane.repository.advance(code, Stage::Sorted).await?;
    }
    let found = lane.repository.list(stage, after, limit).await?;
    assert_eq!(found.iter().map(|parcel| &*parcel.code).collect::<Vec<_>>().join(" "), expected);
    Ok(())
}

#[swimlanes::test]
async fn a_reused_code_has_no_earlier_history(lane: Lane) -> TestResult {
    let depot = &lane.repository;
    depot.add(&parcel("AB1")).await?;
    depot.advance("AB1", Stage::Returned).await?;
    depot.remove("AB1").await?;
    assert!(matches!(depot.get("AB1").await, Err(Error::UnknownParcel(_))));
    depot.add(&parcel("AB1")).await?;
    assert_eq!(depot.history("AB1").await?, [Stage::Accepted]);
    Ok(())
}

#[swimlanes::test(cases(sorted = &[Stage::Sorted], loaded = &[Stage::Sorted, Stage::Loaded]))]
async fn a_parcel_on_its_way_is_not_removed(#[case] way: &[Stage], lane: Lane) -> TestResult {
    lane.repository.add(&parcel("AB1")).await?;
    for &stage in way {
        lane.repository.advance("AB1", stage).await?;
    }
    assert!(matches!(lane.repository.remove("AB1").await, Err(Error::Stage { .. })));
    assert_eq!(lane.repository.totals().await?.0, 1);
    Ok(())
}

#[swimlanes::test]
async fn an_empty_depot_weighs_nothing(lane: Lane) -> TestResult {
    assert_eq!(lane.repository.totals().await?, (0, 0));
    assert_eq!(lane.repository.list(None, "", 10).await?, []);
    Ok(())
}

#[swimlanes::test]
async fn two_connections_see_the_same_parcels(lane: Lane) -> TestResult {
    let other = lane.another().await?;
    lane.repository.add(&parcel("AB1")).await?;
    other.advance("AB1", Stage::Sorted).await?;
    assert_eq!(lane.repository.history("AB1").await?, [Stage::Accepted, Stage::Sorted]);
    Ok(())
}

#[swimlanes::test]
async fn parcels_are_kept_after_a_restart(db: Database) -> TestResult {
    let settings = Settings { database_url: db.fresh()?.url(), ..Settings::default() };
    let before = Repository::open(&settings).await?;
    before.add_all(["AB1", "AB2"].map(parcel).to_vec()).await?;
    drop(before);
    assert_eq!(Repository::open(&settings).await?.totals().await?.0, 2);
    Ok(())
}

#[swimlanes::test]
async fn a_new_database_has_the_latest_version(db: Database) -> TestResult {
    let settings = Settings { database_url: db.fresh()?.url(), ..Settings::default() };
    assert_eq!(Repository::open(&settings).await?.version().await?, worker_lanes::migration::LATEST);
    Ok(())
}

#[swimlanes::test]
async fn a_database_in_a_missing_directory_is_refused(dir: TestDir) {
    let database_url = format!("sqlite://{}/missing/depot.db", dir.path().display());
    let refused = Repository::open(&Settings { database_url, ..Settings::default() }).await;
    assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
}

/// On four connections to one file, which wait for each other.
#[swimlanes::test(tags("integration"))]
async fn several_connections_lose_no_parcel(lane: Lane) -> TestResult {
    let mut depots = Vec::new();
    for _ in 0..4 {
        depots.push(lane.another().await?);
    }
    let depots = &depots;
    let added = run_together_async(4, |clerk| async move {
        for n in 0..3 {
            depots[clerk].add(&parcel(&format!("AB{clerk}{n}"))).await?;
        }
        Ok::<(), Error>(())
    });
    assert!(added.await.iter().all(|added| matches!(added, Ok(Ok(())))));
    assert_eq!(lane.repository.totals().await?.0, 12);
    Ok(())
}

#[swimlanes::test(tags("integration"))]
async fn one_of_several_vans_loads_the_parcel(lane: Lane) -> TestResult {
    lane.repository.add(&parcel("AB1")).await?;
    lane.repository.advance("AB1", Stage::Sorted).await?;
    let mut vans = Vec::new();
    for _ in 0..3 {
        vans.push(lane.another().await?);
    }
    let vans = &vans;
    let loaded = run_together_async(3, |van| vans[van].advance("AB1", Stage::Loaded)).await;
    assert_eq!(loaded.iter().filter(|loaded| matches!(loaded, Ok(Ok(())))).count(), 1, "{loaded:?}");
    // The error of the others is that it is loaded, not that the database is busy.
    let are_late = |loaded: &&Result<_, _>| matches!(loaded, Ok(Err(Error::Stage { from: Stage::Loaded, .. })));
    assert_eq!(loaded.iter().filter(are_late).count(), 2, "{loaded:?}");
    assert_eq!(lane.repository.history("AB1").await?, [Stage::Accepted, Stage::Sorted, Stage::Loaded]);
    Ok(())
}
