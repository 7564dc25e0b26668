//! The files and functions that the pages of the guide name exist.

use std::fs;
use std::path::Path;

use crate::test;

/// The number, the file and the function of each stop.
fn stops(page: &str) -> Vec<(usize, String, String)> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        Some((cells.next()?.parse().ok()?, cells.next()?, cells.next()?))
    });
    rows.collect()
}

/// Whether the text defines a function of this name.
fn defines(text: &str, function: &str) -> bool {
    let start = format!("fn {function}");
    text.match_indices(&start).any(|(at, found)| text[at + found.len()..].starts_with(['(', '<']))
}

#[test]
fn life_of_a_test_has_at_most_25_stops_and_names_functions_that_exist() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness");
    let page = fs::read_to_string(harness.join("guide/internals/life-of-a-test.md")).expect("the page is there");
    let stops = stops(&page);
    let numbers: Vec<usize> = stops.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    assert!((10..=25).contains(&numbers.len()), "{} stops", numbers.len());
    for (number, file, function) in stops {
        let path = match file.strip_prefix("harness/") {
            Some(file) => harness.join(file),
            None => harness.join("src").join(&file),
        };
        let text = fs::read_to_string(&path).unwrap_or_else(|cause| panic!("stop {number}, {file}: {cause}"));
        assert!(defines(&text, &function), "stop {number}: {file} has no function `{function}`");
    }
}
