//! Tests with DuckDB databases see only their own rows, and leave no files.

use crate::suite::{nextest, services};
use crate::support::suite_runner::{Answer, ISOLATIONS, fixture};
use crate::test;

#[track_caller]
fn check(answer: &Answer, expected: &str) {
    let text = format!("{}{}", answer.stdout, answer.stderr);
    assert!(text.contains(expected) && answer.code == Some(0), "{}", answer.text());
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
}

#[test]
fn tests_on_four_workers_find_their_own_rows() {
    for isolation in ISOLATIONS {
        let answer = fixture("duckdb").args(&["-n4", "--isolation", isolation]).run();
        check(&answer, "test result: ok. 36 passed; 0 failed; 12 ignored;");
    }
}

#[test]
fn tests_under_nextest_find_their_own_rows() {
    let answer = nextest::run(&["duckdb"], &["-j4"]).run();
    check(&answer, "36 tests run: 36 passed, 12 skipped");
}

#[test]
fn killed_runs_leave_nothing() {
    services::check_killed("duckdb");
}

#[test]
fn files_that_a_worker_keeps_open_are_not_leaks() {
    for isolation in ["thread", "process"] {
        let answer = fixture("duckdb").args(&["-n1", "--isolation", isolation, "--leak", "fail", "of_0", "of_1"]).run();
        check(&answer, "test result: ok. 8 passed; 0 failed;");
    }
}

#[test]
fn two_connections_to_one_file_share_its_rows() {
    let answer = fixture("duckdb").args(&["-n2", "--ignored", "asked::two_opens", "asked::many"]).run();
    check(&answer, "test result: ok. 2 passed; 0 failed;");
}

#[test]
fn a_database_equals_its_template_and_knows_its_path() {
    let names = ["asked::fresh", "asked::the_worker", "asked::a_fresh", "asked::it_has_a_path"];
    for isolation in ["thread", "test"] {
        let answer = fixture("duckdb").args(&["-n2", "--isolation", isolation, "--ignored"]).args(&names).run();
        check(&answer, "test result: ok. 4 passed; 0 failed;");
    }
}

#[test]
fn a_connection_that_outlives_its_worker_leaves_no_file() {
    let answer = fixture("duckdb").args(&["-n2", "--ignored", "asked::a_thread", "asked::a_fresh"]).run();
    check(&answer, "test result: ok. 2 passed; 0 failed;");
}

/// Tests with a refused request, and the part of the message after the path.
const REFUSED: [(&str, &str); 5] = [
    (
        "an_open_file_is_refused",
        "shop.duckdb: this process has already opened the file, and two instances do not see each other's rows",
    ),
    ("a_file_of_something_else_is_refused", "it is not a valid DuckDB database file!"),
    (
        "a_directory_that_is_not_there_is_named",
        "Error: cannot open the DuckDB database /gone/shop.duckdb: IO Error: Cannot open file",
    ),
    ("failed_migrations_are_reported", "worker.duckdb: Parser Error: syntax error at end of input"),
    ("two_templates_of_one_name_are_refused", "Error: two templates are named `shop`; rename one of them"),
];

#[test]
fn an_error_names_the_file_and_the_cause() {
    for (name, expected) in REFUSED {
        let answer = fixture("duckdb").args(&["-n1", "--ignored", "--exact", &format!("asked::{name}")]).run();
        assert!(answer.stdout.contains(expected), "{}", answer.text());
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    }
}
