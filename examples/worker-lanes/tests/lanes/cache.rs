//! Settings are read once, and again when the cache is cleared, which the lane does for each test.

use std::sync::Arc;

use swimlanes::kit::together::run_together_async;
use swimlanes::prelude::*;
use worker_lanes::{Cache, Error};

use crate::fixtures::{Lane, TestResult};

#[swimlanes::test]
async fn settings_are_read_once(dir: TestDir) -> TestResult {
    let cache = Cache::new(dir.path().join("depot.conf"));
    let (first, second) = (cache.get().await?, cache.get().await?);
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(cache.n_reads(), 1);
    Ok(())
}

#[swimlanes::test]
async fn clearing_the_cache_loads_later_changes(lane: Lane) -> TestResult {
    lane.write("page_size = 7")?;
    assert_eq!(lane.cache.get().await?.page_size, 20);
    lane.cache.clear().await;
    assert_eq!(lane.cache.get().await?.page_size, 7);
    Ok(())
}

#[swimlanes::test]
async fn loaded_settings_are_kept_when_the_cache_is_cleared(lane: Lane) -> TestResult {
    let before = lane.configured("max_body = 100").await?;
    let after = lane.configured("max_body = 200").await?;
    assert_eq!((before.max_body, after.max_body), (100, 200));
    Ok(())
}

#[swimlanes::test]
async fn errors_are_not_cached(lane: Lane) -> TestResult {
    let refused = lane.configured("page_size = none").await;
    assert_eq!(refused.err().map(|error| error.to_string()), Some("the setting `page_size = none` is invalid".into()));
    lane.write("page_size = 3")?;
    assert_eq!(lane.cache.get().await?.page_size, 3);
    Ok(())
}

#[swimlanes::test]
async fn concurrent_callers_read_the_file_once(dir: TestDir) {
    let cache = &Cache::new(dir.path().join("depot.conf"));
    let settings =
        run_together_async(16, |_| async move { cache.get().await.map_err(|error: Error| error.to_string()) }).await;
    assert!(settings.iter().all(|settings| matches!(settings, Ok(Ok(_)))), "{settings:?}");
    assert_eq!(cache.n_reads(), 1);
}

/// These tests leave settings behind on purpose, and would see those of an earlier one on the same worker.
#[swimlanes::test]
async fn settings_of_an_earlier_test_are_gone(lane: Lane, #[values(1, 2, 3)] page_size: u32) -> TestResult {
    assert_eq!(lane.cache.get().await?.page_size, 20);
    assert_eq!(lane.configured(&format!("page_size = {page_size}")).await?.page_size, page_size);
    Ok(())
}

/// The same for rows.
#[swimlanes::test]
async fn parcels_of_an_earlier_test_are_gone(lane: Lane, #[values("AB1", "AB2", "AB3")] code: &str) -> TestResult {
    assert_eq!(lane.repository.totals().await?, (0, 0));
    lane.repository.add(&crate::fixtures::parcel(code)).await?;
    Ok(())
}
