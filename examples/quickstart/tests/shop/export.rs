//! Reports as files. Shows directories: one for each test, and one for each worker.

use std::fs;
use std::path::Path;

use quickstart::{Store, write_reports};
use swimlanes::prelude::*;

use crate::fixtures::{Shop, TestResult, item};

#[swimlanes::test]
fn every_report_is_a_file(shop: Shop, dir: TestDir) -> TestResult {
    write_reports(&shop.store, dir.path())?;
    assert_eq!(names(dir.path())?, ["bestsellers.csv", "low_stock.csv", "revenue.csv"]);
    assert_eq!(fs::read_to_string(dir.path().join("low_stock.csv"))?, "name,stock\ncocoa,0\ncoffee,4\n");
    Ok(())
}

/// Each `TestDir` is another directory.
#[swimlanes::test]
fn reports_of_the_same_shop_are_the_same(shop: Shop, first: TestDir, second: TestDir) -> TestResult {
    let of_first = write_reports(&shop.store, first.path())?;
    let of_second = write_reports(&shop.store, second.path())?;
    for (first, second) in of_first.iter().zip(&of_second) {
        assert_eq!(fs::read(first)?, fs::read(second)?, "{}", first.display());
    }
    Ok(())
}

#[swimlanes::test]
fn a_name_with_a_comma_stays_one_field(shop: Shop, dir: TestDir) -> TestResult {
    shop.store.put(&item("tea, green", 1))?;
    write_reports(&shop.store, dir.path())?;
    let report = fs::read_to_string(dir.path().join("low_stock.csv"))?;
    assert_eq!(report.lines().last(), Some("\"tea, green\",1"));
    Ok(())
}

// These two tests use the directory of the worker, which may contain files of other tests: reports of another shop, or none.

#[swimlanes::test]
fn a_report_replaces_an_older_one(mut shop: Shop, dir: WorkerDir) -> TestResult {
    shop.store.order("tea", 2)?;
    write_reports(&shop.store, dir.path())?;
    assert_eq!(fs::read_to_string(dir.path().join("bestsellers.csv"))?, "item,sold\ntea,2\n");
    Ok(())
}

#[swimlanes::test]
fn other_files_stay_as_they_are(shop: Shop, dir: WorkerDir) -> TestResult {
    let notes = dir.path().join("notes.csv");
    fs::write(&notes, "not a report\n")?;
    write_reports(&shop.store, dir.path())?;
    assert_eq!(fs::read_to_string(notes)?, "not a report\n");
    Ok(())
}

#[swimlanes::test]
#[cfg(unix)]
fn a_read_only_directory_is_an_error(shop: Shop, dir: TestDir) -> TestResult {
    use std::os::unix::fs::PermissionsExt;

    let locked = dir.path().join("locked");
    fs::create_dir(&locked)?;
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500))?;
    if fs::write(locked.join("probe"), "").is_ok() {
        swimlanes::skip!("this user may write everywhere, as root may");
    }
    assert!(write_reports(&shop.store, &locked).is_err());
    Ok(())
}

/// A test with a long expected duration starts early.
#[swimlanes::test(takes = "200ms", tags("load"))]
fn ten_thousand_sales_are_one_line(shop: Shop, dir: TestDir) -> TestResult {
    shop.db.connect()?.execute_batch(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
         INSERT INTO sale (item, count) SELECT 'tea', 1 + n % 2 FROM numbers",
    )?;
    write_reports(&shop.store, dir.path())?;
    assert_eq!(fs::read_to_string(dir.path().join("revenue.csv"))?, "item,sold,euros\ntea,15000,52500.00\n");
    Ok(())
}

/// `cargo test -- --ignored` runs it.
#[swimlanes::test(slow)]
#[ignore = "a million items take a while"]
fn a_million_items_fit(db: Database, dir: TestDir) -> TestResult {
    let db = db.fresh()?.connect()?;
    quickstart::migrate(&db)?;
    db.execute_batch(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000)
         INSERT INTO item (name, stock, price) SELECT 'item-' || n, 1, 100 FROM numbers",
    )?;
    write_reports(&Store::new(db)?, dir.path())?;
    assert_eq!(fs::read_to_string(dir.path().join("low_stock.csv"))?.lines().count(), 1_000_001);
    Ok(())
}

fn names(dir: &Path) -> std::io::Result<Vec<String>> {
    let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
