//! Checks that files are short, begin with their purpose, and are in the agreed places, and that some words occur only in some files.

use std::collections::BTreeSet;

use crate::dev::repository::File;

/// A longer file answers more than one question.
const MAX_LINES: usize = 400;

/// The agreed top-level entries of the repository.
const TOP_LEVEL: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "harness", "examples", "tests"];

/// A word that only some files may contain: the word, the folder that is searched, those files, and the reason.
type Restriction = (&'static str, &'static str, &'static [&'static str], &'static str);

const RESTRICTED: [Restriction; 3] = [
    ("unsafe ", "", &["harness/src/os/sys/"], "raw calls stay in os/sys"),
    ("rayon::", "harness/src/", &["harness/src/execution/pool.rs"], "one file names rayon"),
    (
        "thread::sleep",
        "",
        // The generated suites of the benchmark only take time, and the flaky suite demonstrates the mistake.
        &[
            "harness/src/os/",
            "harness/src/process/",
            "harness/kit/src/clock.rs",
            "xtask/src/dev/bench/",
            "examples/quickstart/tests/flaky/",
        ],
        "wait for facts, not for time",
    ),
];

pub(super) fn violations(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    let top: BTreeSet<&str> = files.iter().filter_map(|file| file.path.iter().next()?.to_str()).collect();
    for name in top {
        if !name.starts_with('.') && name != "xtask" && !TOP_LEVEL.contains(&name) {
            violations.push(format!("{name}: not one of the agreed top-level entries"));
        }
    }
    for file in files.iter().filter(|file| file.is_rust()) {
        let path = file.path.display();
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            violations.push(format!("{path}: {lines} lines, {MAX_LINES} at most; split it by question"));
        }
        if !file.text.starts_with("//!") {
            violations.push(format!("{path}: the first line does not say what the file is for (`//! …`)"));
        }
        for (word, scope, places, why) in RESTRICTED {
            let is_allowed = places.iter().any(|place| path.to_string().starts_with(place)) || file.is_ui();
            let found =
                code_lines(&file.text).find(|(_, line)| line.contains(word) && !line.contains("contains(word)"));
            if let Some((number, _)) = found.filter(|_| !is_allowed && path.to_string().starts_with(scope)) {
                violations.push(format!("{path}:{number}: `{}`: {why}", word.trim()));
            }
        }
    }
    violations
}

/// Lines with their numbers, without comments and string literals that end on the same line.
pub(super) fn code_lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    text.lines().enumerate().filter_map(|(ix, line)| {
        let code = line.trim_start();
        let is_code = !code.starts_with("//") && !code.is_empty();
        is_code.then(|| (ix + 1, without_texts(code)))
    })
}

/// The line with its string literals emptied.
fn without_texts(line: &str) -> String {
    line.replace("\\\"", "")
        .split('"')
        .enumerate()
        .map(|(ix, part)| if ix % 2 == 0 { part } else { "" })
        .collect::<Vec<_>>()
        .join("\"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let file = File { path: path.into(), text: text.to_owned() };
        assert_eq!(violations(&[file]), expected);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        check("harness/src/a.rs", "//! A.\n", &[]);
        check(
            "harness/src/a.rs",
            "fn a() {}\n",
            &["harness/src/a.rs: the first line does not say what the file is for (`//! …`)"],
        );
    }

    #[test]
    fn a_file_has_400_lines_at_most() {
        let long = "//! A.\n".repeat(401);
        check("harness/src/a.rs", &long, &["harness/src/a.rs: 401 lines, 400 at most; split it by question"]);
    }

    #[test]
    fn restricted_words_and_top_level_entries_are_checked() {
        check(
            "harness/src/a.rs",
            "//! A.\nunsafe { a() }\n",
            &["harness/src/a.rs:2: `unsafe`: raw calls stay in os/sys"],
        );
        check("harness/src/a.rs", "//! A, not unsafe at all.\nlet a = \"unsafe \";\n", &[]);
        check("harness/src/os/sys/unix.rs", "//! A.\nunsafe { a() }\n", &[]);
        check("notes/a.md", "", &["notes: not one of the agreed top-level entries"]);
    }
}
