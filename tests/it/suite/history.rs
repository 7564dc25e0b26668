//! `--history`: the results and durations of earlier runs, which `--shard-by time` and the scheduler use.

use std::fs;
use std::path::Path;

use crate::support::suite_runner::{Answer, File, Fixture, ISOLATIONS, fixture};
use crate::test;

const HEADER: &str = "# swimlanes history, version 1";

/// The suite with its history in this directory.
fn suite(name: &str, history: &File) -> Fixture {
    fixture(name).args(&["--history", history.as_str()])
}

/// A directory for histories.
fn directory() -> File {
    let directory = fixture("last_failed").file("history");
    fs::create_dir(&directory).expect("made");
    directory
}

/// The history of the suite, without its first line.
fn lines(directory: &File, suite: &str) -> Vec<String> {
    let path: &Path = directory.as_ref();
    let text = fs::read_to_string(path.join(format!("swimlanes-tests-example-{suite}"))).unwrap_or_default();
    text.lines().skip(1).map(str::to_owned).collect()
}

fn write(directory: &File, suite: &str, text: &str) {
    let path: &Path = directory.as_ref();
    fs::write(path.join(format!("swimlanes-tests-example-{suite}")), text).expect("written");
}

#[track_caller]
fn passed(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let mut names = answer.ran();
    names.sort();
    names
}

#[test]
fn each_run_adds_its_results_in_every_isolation() {
    let directory = directory();
    for isolation in ISOLATIONS {
        suite("last_failed", &directory).args(&["--isolation", isolation]).env("FAILS", "two").run();
    }
    let failed: Vec<String> =
        lines(&directory, "last_failed").into_iter().filter(|line| line.ends_with("two")).collect();
    assert_eq!(failed, ["FFFF\t\ttwo"]);
    // A run without a history changes nothing.
    let before = lines(&directory, "last_failed");
    passed(&fixture("last_failed").args(&["--history", "off"]).env("SWIMLANES_HISTORY", &directory).run());
    assert_eq!(lines(&directory, "last_failed"), before);
    passed(&fixture("last_failed").env("SWIMLANES_HISTORY", &directory).run());
    assert!(lines(&directory, "last_failed").iter().any(|line| line.starts_with("FFFFP\t")));
}

#[test]
fn runs_at_the_same_time_lose_no_result_of_each_other() {
    let directory = directory();
    let names = ["one", "two", "three"];
    let runs: Vec<_> = (0..6)
        .map(|ix| {
            let name = names[ix % names.len()];
            suite("last_failed", &directory).env("FAILS", name).args(&["--exact", name]).start()
        })
        .collect();
    for run in runs {
        assert_eq!(run.ended().code, Some(101));
    }
    assert_eq!(lines(&directory, "last_failed"), ["FF\t\tone", "FF\t\tthree", "FF\t\ttwo"]);
}

#[test]
fn damaged_history_is_replaced_unless_an_option_needs_it() {
    let directory = directory();
    write(&directory, "last_failed", &format!("{HEADER}\nP\t1\tone\nnonsense\n"));
    for args in [&["--last-failed"][..], &["--shard", "1/2", "--shard-by", "time"]] {
        let answer = suite("last_failed", &directory).args(args).run();
        assert_eq!(answer.code, Some(70), "{}", answer.text());
        assert!(answer.stderr.contains("line 3 is not RESULTS, DURATIONS and NAME"), "{}", answer.text());
        assert_eq!(answer.stdout, "");
    }
    suite("last_failed", &directory).env("FAILS", "two").run();
    assert!(lines(&directory, "last_failed").iter().any(|line| line.starts_with("F\t\ttwo")));
}

#[test]
fn shards_by_time_have_equal_durations_and_leave_the_history_as_it_is() {
    let directory = directory();
    let text = format!("{HEADER}\nP\t60000\tnumber::case_1\nPP\t61000 59000\tnumber::case_2\nP\t100000\tis_flaky\n");
    write(&directory, "bazel", &text);
    let history = lines(&directory, "bazel");
    let run = |k: u32, isolation: &str| {
        let part = format!("{k}/3");
        let args = ["--shard", &part, "--shard-by", "time", "--isolation", isolation];
        passed(&suite("bazel", &directory).args(&args).run())
    };
    for isolation in ISOLATIONS {
        let parts = [1, 2, 3].map(|k| run(k, isolation));
        let holds = |part: &[String], name: &str| part.iter().any(|other| other == name);
        assert!(holds(&parts[0], "is_flaky"), "{parts:?}");
        assert!(holds(&parts[1], "number::case_2") && holds(&parts[2], "number::case_1"), "{parts:?}");
        let mut all = parts.concat();
        all.sort();
        assert_eq!(all, passed(&fixture("bazel").args(&["--history", "off"]).run()));
    }
    assert_eq!(lines(&directory, "bazel"), history);
}

#[test]
fn shards_by_time_need_durations() {
    let directory = directory();
    let check = |suite: Fixture, expected: &str| {
        let answer = suite.args(&["--shard", "1/2", "--shard-by", "time"]).run();
        assert_eq!(answer.code, Some(2), "{}", answer.text());
        assert!(answer.stderr.contains(expected), "{}", answer.text());
        assert_eq!(answer.stdout, "");
    };
    check(fixture("bazel").env("SWIMLANES_HISTORY", ""), "give the directory with them: --history DIR");
    check(suite("bazel", &directory), "a run without shards writes it");
    check(fixture("bazel").args(&["--history", "off"]), "give the directory with them: --history DIR");
    let answer = fixture("bazel").args(&["--history", "off", "--last-failed"]).run();
    assert_eq!(answer.code, Some(2), "{}", answer.text());
    assert!(answer.stderr.contains("`--history off` was given"), "{}", answer.text());
}

#[test]
fn shards_by_hash_are_a_partition() {
    let mut parts: Vec<String> = (1..=3)
        .flat_map(|k| passed(&fixture("bazel").args(&["--shard", &format!("{k}/3"), "--shard-by", "hash"]).run()))
        .collect();
    parts.sort();
    assert_eq!(parts, passed(&fixture("bazel").run()));
}
