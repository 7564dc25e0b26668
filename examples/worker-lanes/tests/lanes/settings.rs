//! Lines of settings. These tests use no file and no state of the process.

use std::path::Path;

use swimlanes::prelude::*;
use worker_lanes::{Error, Settings};

use crate::fixtures::{Lane, TestResult};

#[swimlanes::test]
fn comments_and_empty_lines_are_ignored() -> TestResult {
    let settings = Settings::parse("# the depot at the harbour\n\n  page_size=5 \n", None)?;
    assert_eq!(settings, Settings { page_size: 5, ..Settings::default() });
    Ok(())
}

#[swimlanes::test(cases(
    without_value = "durable",
    unknown = "colour = red",
    no_number = "page_size = many",
    empty_page = "page_size = 0",
    no_ports = "ports = 9 - 8",
    no_port = "ports = 70000",
    other_database = "database_url = postgres://localhost/depot",
    no_file = "database_url = sqlite://?mode=rwc",
    half_a_character = "database_url = sqlite://depot%2",
))]
fn invalid_lines_are_refused(#[case] line: &str) {
    let refused = Settings::parse(&format!("max_body = 10\n{line}"), None);
    assert!(matches!(&refused, Err(Error::Setting(what)) if what == line), "{refused:?}");
}

#[swimlanes::test(cases(one = ("8080", &[8080]), some = ("7001-7003", &[7001, 7002, 7003])))]
fn ports_are_one_or_a_range(#[case] text: &str, #[case] ports: &[u16]) -> TestResult {
    assert_eq!(Settings::parse(&format!("ports = {text}"), None)?.ports, ports);
    Ok(())
}

#[swimlanes::test(cases(
    absolute = ("sqlite:///var/depot.db", "/var/depot.db"),
    relative = ("sqlite://depot.db?mode=rwc", "depot.db"),
    encoded = ("sqlite:///a%20b/50%25%3f.db?mode=rwc", "/a b/50%?.db"),
))]
fn a_url_names_a_file(#[case] url: &str, #[case] path: &str) -> TestResult {
    let settings = Settings { database_url: url.to_owned(), ..Settings::default() };
    assert_eq!(settings.database_path()?, Path::new(path));
    Ok(())
}

#[swimlanes::test]
fn the_url_argument_overrides_the_line() -> TestResult {
    let settings = Settings::parse("database_url = sqlite://line.db", Some("sqlite://given.db".to_owned()))?;
    assert_eq!(settings.database_url, "sqlite://given.db");
    Ok(())
}

#[swimlanes::test]
async fn a_directory_is_not_a_settings_file(dir: TestDir) {
    let refused = Settings::read(dir.path(), None);
    assert!(matches!(&refused, Err(Error::Settings { path, .. }) if path == dir.path()), "{refused:?}");
}

/// This makes the suite safe: the settings of a test contain the database of its worker.
#[swimlanes::test]
async fn settings_of_a_lane_contain_the_database_of_its_worker(lane: Lane) -> TestResult {
    let settings = lane.cache.get().await?;
    assert_eq!(settings.database_url, lane.db.url());
    assert_eq!(settings.database_path()?, lane.db.path());
    Ok(())
}
