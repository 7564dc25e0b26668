//! One database URL for all workers, and one for each.

use swimlanes::prelude::*;
use worker_lanes::{Error, Parcel, Repository, Settings};

use crate::seeds::{TestResult, each_is_clean, each_shows};

/// Not durable: the machine does not lose power between two rounds.
async fn depot(db: &Database) -> Result<Repository, Error> {
    Repository::open(&Settings { database_url: db.url(), durable: false, ..Settings::default() }).await
}

/// A test that assumes that the database is its own: it empties it, adds a parcel, and expects to find only that one.
async fn hand_in_one(depot: &Repository, number: usize) -> TestResult {
    depot.clear().await?;
    depot.add(&Parcel::new(&format!("AB{number}"), "Ada", "Genoa", 500)?).await?;
    match depot.totals().await? {
        (1, _) => Ok(()),
        (n, _) => Err(format!("{n} parcels, where one was handed in"))?,
    }
}

#[swimlanes::test(tags("broken"), timeout = "30s")]
async fn workers_with_one_database_find_each_others_parcels(db: Database) -> TestResult {
    let shared = db.fresh()?;
    let depots = [depot(&shared).await?, depot(&shared).await?];
    each_shows("parcels, where one was handed in", async |way| {
        way.race(2).run_async(async |actor| hand_in_one(&depots[actor.number()], actor.number()).await).await
    })
    .await;
    Ok(())
}

#[swimlanes::test(tags("mended"), timeout = "30s")]
async fn workers_with_a_database_each_find_their_own_parcels(db: Database) -> TestResult {
    let depots = [depot(&db.fresh()?).await?, depot(&db.fresh()?).await?];
    each_is_clean(async |way| {
        way.race(2).run_async(async |actor| hand_in_one(&depots[actor.number()], actor.number()).await).await
    })
    .await;
    Ok(())
}
