//! `--exact`: names of tests, or of functions with cases; the tests that it selects, and a filter without a match.

use crate::support::suite_runner::{Answer, ISOLATIONS, fixture};
use crate::test;

fn run(name: &str, isolation: &str, args: &[&str]) -> Answer {
    fixture(name).args(&["-n1", "--isolation", isolation]).args(args).run()
}

/// In each isolation these tests run, with this exit code and this text on stderr.
#[track_caller]
fn check(name: &str, args: &[&str], ran: &[&str], code: i32, stderr: &str) {
    for isolation in ISOLATIONS {
        let answer = run(name, isolation, args);
        let text = format!("{isolation}: {}", answer.text());
        assert_eq!(answer.ran(), ran, "{text}");
        assert_eq!(answer.code, Some(code), "{text}");
        assert_eq!(answer.stderr, stderr, "{text}");
    }
}

#[test]
fn exact_without_a_match_is_green_and_noted() {
    let note = "note: no test is named `fails`; there is `assertion_fails`, `inner::deeper::fails`\n";
    check("mixed", &["--exact", "fails"], &[], 0, note);
    let note = "note: no test is named `inner::gone`; `--list` shows the names there are\n";
    check("mixed", &["--exact", "passes", "inner::gone"], &["passes"], 0, note);
    check("mixed", &["--exact", "passes"], &["passes"], 0, "");
    let answer = fixture("mixed").args(&["--list", "--format", "terse", "--exact", "inner::gone"]).run();
    assert_eq!((answer.code, &*answer.stdout, &*answer.stderr), (Some(0), "", note), "{}", answer.text());
}

#[test]
fn no_tests_fail_makes_an_exact_filter_without_a_match_an_error() {
    let stderr = "note: no test is named `gone`; `--list` shows the names there are\n\
                  error: there is no test to run, and `--no-tests fail` was given; 21 were filtered out\n";
    check("mixed", &["--no-tests", "fail", "--exact", "gone"], &[], 4, stderr);
    check("mixed", &["--no-tests", "fail", "--exact", "passes"], &["passes"], 0, "");
}

#[test]
fn exact_with_the_name_of_a_function_selects_all_its_cases() {
    let counts = ["counts::empty", "counts::one_word", "counts::two_words"];
    check("cases", &["--exact", "counts"], &counts, 0, "");
    check("cases", &["counts", "--exact", "--nocapture", "--include-ignored"], &counts, 0, "");
    check("cases", &["--exact", "counts", "--skip", "counts::empty"], &counts[1..], 0, "");
    check("cases", &["--exact", "counts::one_word"], &counts[1..2], 0, "");
    // The module of this name contains another test.
    let of_function = ["small", "static", "case_3"].map(|case| format!("inner::is_not_zero::{case}::as_true"));
    let of_function = of_function.each_ref().map(String::as_str);
    check("cases", &["--exact", "inner::is_not_zero"], &of_function, 0, "");
    let answer = run("cases", "thread", &["--exact", "--skip", "counts"]);
    assert!(!answer.ran().iter().any(|name| name.starts_with("counts::")), "{}", answer.text());
    assert!(answer.ran().iter().any(|name| name.starts_with("counts_wrongly::")), "{}", answer.text());
}

#[test]
fn under_nextest_an_exact_name_must_be_that_of_a_test() {
    let of_nextest = |name| {
        let fixture = fixture(name).env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
        move |args: &[&str]| fixture.args(args).run()
    };
    // Exactly the arguments of nextest, and others.
    for args in [
        &["--exact", "counts", "--nocapture"][..],
        &["--exact", "gone", "--nocapture"],
        &["--nocapture", "--exact", "gone"],
    ] {
        let answer = of_nextest("cases")(args);
        assert_eq!(answer.code, Some(4), "{args:?}: {}", answer.text());
        assert!(answer.stderr.starts_with("error: no test is named `"), "{args:?}: {}", answer.text());
    }
    let answer = of_nextest("cases")(&["--exact", "counts::empty", "--nocapture"]);
    assert_eq!(answer.code, Some(0), "{}", answer.text());
}
