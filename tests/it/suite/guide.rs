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

/// The labels of `[text][label.md]` and of `[label.md]: target`.
fn labels(page: &str) -> (Vec<&str>, Vec<&str>) {
    let used = page.split("][").skip(1).filter_map(|rest| rest.split_once(']')).map(|(label, _)| label);
    let defined = page.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).map(|(label, _)| label);
    (used.filter(|label| label.ends_with(".md")).collect(), defined.collect())
}

/// On a host of repositories, the definition at the end of the page links the file of another page. In the documentation, that of
/// `links.txt` comes first, and links its module.
#[test]
fn links_between_pages_have_a_definition_for_each_place() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/guide");
    let text = fs::read_to_string(guide.join("links.txt")).expect("the list is there");
    let (_, modules) = labels(&text);
    for directory in [guide.clone(), guide.join("internals")] {
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let name = path.strip_prefix(&guide).expect("it is below").to_str().expect("text");
            assert!(modules.contains(&name), "links.txt has no line for {name}");
            let page = fs::read_to_string(&path).expect("a page");
            let (used, defined) = labels(&page);
            let missing: Vec<&&str> = used.iter().filter(|label| !defined.contains(label)).collect();
            assert!(missing.is_empty(), "{name} has no definition of {missing:?}");
        }
    }
}
