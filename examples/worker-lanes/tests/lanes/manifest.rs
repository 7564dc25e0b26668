//! The manifest: a file in a directory of the test.

use std::fs;
use std::path::Path;

use swimlanes::prelude::*;
use worker_lanes::{Error, Parcel, Stage, manifest};

use crate::fixtures::{Lane, TestResult, parcel};

#[swimlanes::test]
async fn an_empty_van_has_a_manifest(lane: Lane, dir: TestDir) -> TestResult {
    let path = manifest::write(&lane.repository, dir.path()).await?;
    assert_eq!(fs::read_to_string(path)?, "total\t0 g\n");
    Ok(())
}

#[swimlanes::test]
async fn a_manifest_contains_only_loaded_parcels(lane: Lane, dir: TestDir) -> TestResult {
    let depot = &lane.repository;
    depot.add_all(vec![Parcel::new("AB2", "Bob", "Turin", 300)?, parcel("AB1"), parcel("AB3")]).await?;
    for (code, way) in [("AB1", &[Stage::Sorted, Stage::Loaded][..]), ("AB2", &[Stage::Sorted, Stage::Loaded])] {
        for &stage in way {
            depot.advance(code, stage).await?;
        }
    }
    let path = manifest::write(depot, dir.path()).await?;
    assert_eq!(fs::read_to_string(path)?, "AB1\tAda\tGenoa\nAB2\tBob\tTurin\ntotal\t800 g\n");
    Ok(())
}

#[swimlanes::test]
async fn a_new_manifest_replaces_the_old_one(lane: Lane, dir: TestDir) -> TestResult {
    fs::write(dir.path().join("manifest.txt"), "yesterday's, and much longer than today's")?;
    manifest::write(&lane.repository, dir.path()).await?;
    assert_eq!(names(dir.path())?, ["manifest.txt"]);
    assert_eq!(fs::read_to_string(dir.path().join("manifest.txt"))?, "total\t0 g\n");
    Ok(())
}

#[swimlanes::test]
async fn two_manifests_in_two_directories_do_not_affect_each_other(
    lane: Lane,
    one: TestDir,
    other: TestDir,
) -> TestResult {
    let first = manifest::write(&lane.repository, one.path()).await?;
    fs::remove_file(&first)?;
    let second = manifest::write(&lane.repository, other.path()).await?;
    assert!(second.exists() && !first.exists());
    Ok(())
}

#[swimlanes::test]
async fn a_manifest_in_a_missing_directory_is_an_error(lane: Lane, dir: TestDir) {
    let refused = manifest::write(&lane.repository, &dir.path().join("missing")).await;
    assert!(matches!(refused, Err(Error::Io(_))), "{refused:?}");
}

/// More parcels than the manifest reads at once.
#[swimlanes::test(slow)]
async fn a_long_manifest_is_complete(lane: Lane, dir: TestDir) -> TestResult {
    let parcels = (1000..1250).map(|n| Parcel { stage: Stage::Loaded, ..parcel(&format!("AB{n}")) });
    lane.repository.add_all(parcels.collect()).await?;
    let text = fs::read_to_string(manifest::write(&lane.repository, dir.path()).await?)?;
    let expected: Vec<String> = (1000..1250).map(|n| format!("AB{n}\tAda\tGenoa")).collect();
    assert_eq!(text.lines().take(250).collect::<Vec<_>>(), expected);
    assert!(text.ends_with("total\t125000 g\n"));
    Ok(())
}

fn names(dir: &Path) -> TestResult<Vec<String>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
