//! Bazel's test protocol, and `--shard auto`: what the variables of a build tool or a CI service request.

use std::path::Path;

use crate::support::suite_runner::{Answer, File, Fixture, ISOLATIONS, fixture};
use crate::test;

const ALL: usize = 11;

/// The suite in an isolation, with `NAME=VALUE …` in its environment.
fn suite(isolation: &str, variables: &str) -> Fixture {
    let pairs = variables.split_whitespace().map(|pair| pair.split_once('=').expect("NAME=VALUE"));
    pairs.fold(fixture("bazel").args(&["--isolation", isolation]), |suite, (name, value)| suite.env(name, value))
}

/// The names of the tests that ran, sorted; the run passes.
#[track_caller]
fn ran(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let is_run = |line: &&str| line.starts_with("test ") && !line.contains(" ... ignored");
    let name = |line: &str| line.strip_prefix("test ")?.split_once(" ... ").map(|(name, _)| name.to_owned());
    let mut names: Vec<String> = answer.stdout.lines().filter(is_run).filter_map(name).collect();
    names.sort();
    names
}

fn exists(file: &File) -> bool {
    let path: &Path = file.as_ref();
    path.exists()
}

#[test]
fn shards_of_bazel_are_a_partition() {
    for isolation in ISOLATIONS {
        let all = ran(&suite(isolation, "").run());
        assert_eq!(all.len(), ALL);
        for n in [1, 3] {
            let mut parts = Vec::new();
            for index in 0..n {
                let suite = suite(isolation, &format!("TEST_TOTAL_SHARDS={n} TEST_SHARD_INDEX={index}"));
                let status = suite.file("status");
                let answer = suite.env("TEST_SHARD_STATUS_FILE", &status).run();
                assert!(exists(&status), "{}", answer.text());
                parts.extend(ran(&answer));
            }
            parts.sort();
            assert_eq!(parts, all, "{isolation}");
        }
    }
}

#[test]
fn option_shard_overrides_the_shard_of_bazel() {
    let of_option = ran(&suite("thread", "").args(&["--shard", "2/3"]).run());
    let both = suite("thread", "TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=0").args(&["--shard", "2/3"]).run();
    assert_eq!(ran(&both), of_option);
}

#[test]
fn shard_auto_is_the_part_that_a_ci_service_requests() {
    let of_option = ran(&suite("thread", "").args(&["--shard", "2/3"]).run());
    for (option, variables) in [
        ("auto", "CI_NODE_INDEX=2 CI_NODE_TOTAL=3"),
        ("auto", "CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3"),
        ("auto/3", "JOB_COMPLETION_INDEX=1"),
    ] {
        for isolation in ISOLATIONS {
            assert_eq!(ran(&suite(isolation, variables).args(&["--shard", option]).run()), of_option, "{variables}");
        }
    }
    let answer = suite("thread", "").args(&["--shard", "auto"]).run();
    assert_eq!(answer.code, Some(2), "{}", answer.text());
    assert!(answer.stderr.contains("None of them is set; give --shard K/N"), "{}", answer.text());
}

#[test]
fn test_filter_of_bazel_selects_within_the_filters_of_the_command_line() {
    let check = |variables: &str, args: &[&str], expected: &[&str]| {
        for isolation in ISOLATIONS {
            assert_eq!(ran(&suite(isolation, variables).args(args).run()), expected, "{isolation}");
        }
    };
    check("TESTBRIDGE_TEST_ONLY=flaky,_3", &[], &["is_flaky", "number::case_3"]);
    check("TESTBRIDGE_TEST_ONLY=flaky,_3", &["number"], &["number::case_3"]);
    check("TESTBRIDGE_TEST_ONLY=flaky,_3", &["-E", "test(flaky)"], &["is_flaky"]);
    // Shards without a test pass, as Bazel filters and splits independently.
    check("TESTBRIDGE_TEST_ONLY=flaky TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=1", &[], &[]);
    check("TESTBRIDGE_TEST_ONLY=flaky TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=0", &[], &["is_flaky"]);
}

#[test]
fn directories_are_in_the_directory_of_bazel() {
    for isolation in ISOLATIONS {
        let suite = suite(isolation, "BAZEL_TEST=1").env("SWIMLANES_TMPDIR", "");
        let tmp = suite.file("tmp");
        std::fs::create_dir(&tmp).expect("made");
        assert_eq!(ran(&suite.env("TEST_TMPDIR", &tmp).run()).len(), ALL, "{isolation}");
        let left: Vec<_> = std::fs::read_dir(&tmp).expect("read").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn file_of_a_premature_exit_exists_until_the_run_is_over() {
    for isolation in ISOLATIONS {
        let run = |args: &[&str]| {
            let suite = suite(isolation, "").args(args);
            let file = suite.file("premature-exit");
            (suite.env("TEST_PREMATURE_EXIT_FILE", &file).run(), exists(&file))
        };
        let (answer, is_left) = run(&[]);
        assert!(!is_left);
        assert_eq!(ran(&answer).len(), ALL);
        let (answer, is_left) = run(&["--ignored", "fails"]);
        assert!(!is_left);
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        // Without isolation, the test ends the program, which then looks like a success.
        let (answer, is_left) = run(&["--ignored", "ends_the_program"]);
        assert!(answer.code != Some(0) || is_left, "{isolation}: {}", answer.text());
    }
}

#[test]
fn results_and_warnings_are_in_the_files_of_bazel() {
    for isolation in ISOLATIONS {
        let suite = suite(isolation, "TEST_RANDOM_SEED=7 TEST_RUN_NUMBER=2");
        let (xml, warnings) = (suite.file("test.xml"), suite.file("test.warnings"));
        let answer = suite.env("XML_OUTPUT_FILE", &xml).env("TEST_WARNINGS_OUTPUT_FILE", &warnings).run();
        assert_eq!(ran(&answer).len(), ALL);
        let xml = xml.text();
        assert_eq!(xml.matches("<testcase").count(), ALL + 3, "{xml}");
        assert!(xml.contains("<property name=\"seed\" value=\"7\"/>"), "{xml}");
        assert_eq!(warnings.text(), "is_flaky is flaky: it passed in attempt 2\n", "{isolation}");
    }
}

#[test]
fn first_failure_ends_the_run_if_bazel_requests_it() {
    let failed = |variables: &str| {
        let answer = suite("thread", variables).args(&["-n1", "--ignored", "fails"]).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        answer.stdout.matches(" ... FAILED").count()
    };
    assert_eq!(failed(""), 2);
    assert_eq!(failed("BAZEL_TEST=1 TESTBRIDGE_TEST_RUNNER_FAIL_FAST=1"), 1);
}

#[test]
fn wrong_values_of_bazel_are_errors_that_name_the_variable() {
    let check = |variables: &str, expected: &str| {
        let answer = suite("thread", variables).run();
        assert_eq!(answer.code, Some(2), "{}", answer.text());
        assert!(answer.stderr.contains(expected), "{}", answer.text());
        assert_eq!(answer.stdout, "");
    };
    check("TEST_TOTAL_SHARDS=2", "the variable TEST_SHARD_INDEX is not set");
    check("TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=2", "give a number from 0 to 1");
    check("BAZEL_TEST=1 TEST_TIMEOUT=5m", "the variable TEST_TIMEOUT is `5m`");
    // The same name without Bazel is that of the user.
    assert_eq!(ran(&suite("thread", "TEST_TIMEOUT=5m TEST_RANDOM_SEED=x").run()).len(), ALL);
}
