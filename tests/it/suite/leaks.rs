//! Leaks are reported if the test that caused them is known.

use crate::support::suite_runner::fixture;
use crate::test;

/// The reported leaks of each test, without the numbers of pipes.
#[track_caller]
fn leaky(args: &[&str]) -> Vec<String> {
    let answer = fixture("leaks").args(args).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    let lines = answer.stdout.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" (leaky: "));
    let leaks = lines.map(|(name, leaks)| format!("{}: {}", &name[..1], leaks.strip_suffix(')').expect("its end")));
    leaks
        .map(|leaks| match leaks.split_once("pipe:[") {
            Some((before, after)) => {
                format!("{before}pipe:[N{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
            }
            None => leaks,
        })
        .collect()
}

#[test]
fn leaks_are_counted_if_tests_do_not_share_a_process() {
    let expected = [
        "f: 2 threads (2 times `unnamed`)",
        "g: 1 child process (`cat`), 1 file descriptor (`pipe:[N]`)",
        "h: 1 child process (`cat, which has ended`)",
        "i: 1 file descriptor (`/dev/null`)",
        "j: 1 file",
        "l: 1 thread (`unnamed`)",
    ];
    for isolation in ["none", "thread", "process", "test"] {
        assert_eq!(leaky(&["-n1", "--isolation", isolation]), expected, "--isolation {isolation}");
    }
    // In these isolations, more workers are more processes.
    for isolation in ["process", "test"] {
        let mut leaks = leaky(&["-n3", "--isolation", isolation]);
        leaks.sort();
        assert_eq!(leaks, expected, "--isolation {isolation}");
    }
}

#[test]
fn leaks_are_not_reported_if_their_test_is_unknown() {
    assert!(leaky(&["-n2"]).is_empty());
    let answer = fixture("leaks").args(&["-n2", "--leak", "fail"]).run();
    assert!(answer.stdout.contains("\nwarning: `--leak fail` has no effect here"), "{}", answer.text());
    assert!(leaky(&["-n1", "--leak", "ignore"]).is_empty());
}

#[test]
fn leak_fail_fails_the_test() {
    for isolation in ["thread", "process"] {
        let answer = fixture("leaks").args(&["-n1", "--leak", "fail", "--isolation", isolation]).run();
        let result = "test result: FAILED. 7 passed; 6 failed; 0 ignored; 0 measured; 0 filtered out";
        assert!(answer.stdout.contains(result), "{}", answer.text());
        assert!(answer.stdout.contains("\nnote: the test left behind: 2 threads\n"), "{}", answer.text());
        assert!(answer.stdout.contains("; 6 leaky"), "{}", answer.text());
    }
    let fixture = fixture("leaks").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let answer = fixture.env("SWIMLANES_LEAK", "fail").args(&["--exact", "i_leaves_a_descriptor", "--nocapture"]).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
}

#[test]
fn leaks_are_in_the_events() {
    let fixture = fixture("leaks");
    let path = fixture.file("events");
    let args = ["-n1", "--exact", "g_leaves_a_child_and_its_pipe", "--events"];
    let answer = fixture.args(&args).args(&[path.as_str()]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let leaks = r#""leaks":{"threads":0,"processes":1,"descriptors":1,"files":0,"commands":["cat"],"targets":["pipe:["#;
    assert_eq!(path.text().matches(leaks).count(), 2, "{}", path.text());
}
