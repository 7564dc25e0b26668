//! Changes that a test makes to its thread or process, and their effect on other tests.

use std::collections::BTreeSet;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::scrub::scrub;
use crate::support::suite_runner::{ISOLATIONS, fixture, pipe};
use crate::test;

#[test]
fn each_line_is_attributed_to_the_test_that_wrote_it() {
    for workers in ["1", "2", "8"] {
        let answer = fixture("dynamic_tests").args(&["-n", workers, "--show-output", "number"]).run();
        let text = scrub(&answer.stdout);
        for n in 1..=3 {
            let block = text.split(&format!("---- made::number {n} stdout ----\n")).nth(1).expect("a block");
            assert!(block.starts_with(&format!("number {n}\n")), "{block}");
        }
    }
}

#[test]
fn nocapture_writes_at_once() {
    let answer = fixture("mixed").args(&["-n1", "--nocapture", "--exact", "passes_and_prints", "panics"]).run();
    assert!(answer.stdout.contains("to stdout\n"), "{}", answer.stdout);
    assert!(answer.stderr.contains("thread 'panics' ("), "{}", answer.stderr);
    assert!(!answer.stdout.contains("thread 'panics'"), "{}", answer.stdout);
}

#[test]
fn no_test_starts_on_the_stack_of_another_one() {
    for workers in ["1", "4", "8"] {
        let answer = fixture("rayon").args(&["-n", workers, "--repeat", "5"]).run();
        assert!(answer.stdout.contains("test result: ok. 100 passed"), "{}", answer.text());
    }
}

#[test]
fn a_test_that_exits_with_0_fails() {
    let expected = "\nerror: the test `exits` called `exit` before the run was over; \
                    tests without a result above have no result\n";
    let answer = fixture("rayon").args(&["-n2", "--include-ignored", "--isolation", "none"]).run();
    assert_eq!((answer.code, &*answer.stderr), (Some(101), expected), "{}", answer.text());
    for isolation in ["thread", "process", "test"] {
        let answer = fixture("rayon").args(&["-n2", "--include-ignored", "--isolation", isolation]).run();
        assert_eq!((answer.code, &*answer.stderr), (Some(101), ""), "{}", answer.text());
        assert!(answer.stdout.contains("\nnote: the test ended its process: `exit(0)`\n"), "{}", answer.text());
        assert!(answer.stdout.contains("test result: FAILED. 20 passed; 1 failed"), "{}", answer.text());
    }
    let as_nextest = fixture("rayon").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let answer = as_nextest.args(&["--exact", "exits", "--nocapture", "--ignored"]).run();
    assert_eq!((answer.code, &*answer.stderr), (Some(101), expected), "{}", answer.text());
}

/// Bodies, fixtures, captured output and reports are the same in each isolation.
#[test]
fn every_isolation_reports_the_same() {
    for name in ["mixed", "fixture_outcomes"] {
        let report_of = |isolation: &str| {
            let answer = fixture(name).args(&["-n1", "--isolation", isolation]).run();
            // The rerun command contains the isolation.
            let text = scrub(&answer.stdout).replace(&format!(" --isolation {isolation}"), "");
            // The standard library prints this note once in each process.
            let lines = text.lines().filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE=1`"));
            (answer.code, lines.collect::<Vec<_>>().join("\n"))
        };
        let expected = report_of("none");
        for isolation in ["thread", "process", "test"] {
            assert_eq!(report_of(isolation), expected, "{name} with --isolation {isolation}");
        }
    }
}

/// The processes in which these tests ran, as they printed them.
fn processes_of(args: &[&str]) -> Vec<(String, String)> {
    let answer = fixture("processes").args(&["-n1", "--show-output"]).args(args).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    let lines = answer.stdout.lines().filter_map(|line| line.split_once(" in process "));
    lines.map(|(name, process)| (name.to_owned(), process.to_owned())).collect()
}

#[test]
fn isolation_test_gives_each_test_its_own_process() {
    for (isolation, n_processes) in [("thread", 2), ("process", 3), ("test", 3)] {
        let tests = processes_of(&["--isolation", isolation]);
        let names: Vec<&str> = tests.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["first", "own", "last"], "{isolation}");
        let processes: BTreeSet<&str> = tests.iter().map(|(_, process)| process.as_str()).collect();
        assert_eq!(processes.len(), n_processes, "{isolation}: {tests:?}");
    }
}

#[test]
fn isolation_process_keeps_a_process_for_the_next_test() {
    let tests = processes_of(&["--isolation", "process", "--skip", "has_a_process"]);
    assert!(tests.len() == 2 && tests[0].1 == tests[1].1, "{tests:?}");
    let tests = processes_of(&["--isolation", "test", "--skip", "has_a_process"]);
    assert!(tests.len() == 2 && tests[0].1 != tests[1].1, "{tests:?}");
}

#[test]
fn the_environment_of_a_process_contains_its_lane() {
    for isolation in ["process", "test"] {
        for workers in ["1", "4"] {
            let args = ["-n", workers, "--isolation", isolation, "--ignored", "knows_its_lane", "--repeat", "8"];
            let answer = fixture("processes").args(&args).run();
            assert!(answer.stdout.contains("test result: ok. 8 passed"), "{}", answer.text());
        }
    }
}

#[test]
fn output_of_child_processes_is_attributed_to_their_test() {
    for isolation in ["process", "test"] {
        let args = ["--isolation", isolation, "--ignored", "--show-output", "--exact", "output_of_others"];
        let answer = fixture("processes").args(&args).run();
        let expected = "---- output_of_others stdout ----\nours\ntheirs\nand ours\n";
        assert!(answer.stdout.contains(expected), "{}", answer.text());
    }
}

/// A thread of one test aborts the process while the next test runs.
#[test]
fn an_abort_of_a_leaked_thread_is_attributed_to_its_test() {
    for (isolation, blamed) in [
        (
            "thread",
            "error: a thread or a thread-local value that the test `threads_1_leaves_one` left behind ended the test process: ",
        ),
        ("process", "error: a thread that the test `threads_1_leaves_one` left behind ended a worker process: "),
    ] {
        let args = ["-n1", "--isolation", isolation, "--ignored", "--show-output", "threads_"];
        let answer = fixture("processes").args(&args).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.stdout.contains(blamed), "{}", answer.text());
        assert!(answer.stdout.contains("`threads_2_runs_beside_it`"), "{}", answer.text());
        assert!(answer.stdout.contains("test result: FAILED. 2 passed; 0 failed"), "{}", answer.text());
        assert_eq!(answer.stdout.matches("\nit runs\n").count(), 1, "{}", answer.text());
    }
}

/// A thread-local value of one worker panics when that worker ends, while another worker runs a test.
#[test]
fn a_panic_of_a_thread_local_value_is_attributed_to_its_worker() {
    let fixture = fixture("thread_locals").args(&["-n2"]);
    let seen = fixture.file("seen");
    let answer = fixture.env("SEEN", seen).run();
    let blamed = "error: a thread or a thread-local value that the test `leaves_a_bomb` left behind ended the test process: SIGABRT";
    assert!(answer.stdout.contains(blamed), "{}", answer.text());
    assert!(answer.stdout.contains("ran at the same time and are run again: `runs_beside_it`"), "{}", answer.text());
    assert!(answer.stdout.contains("test result: FAILED. 2 passed; 0 failed"), "{}", answer.text());
    assert_eq!(answer.code, Some(101), "{}", answer.text());
}

/// After the last test of a worker, it belongs to no test, but it is reported, and the run fails.
#[test]
fn a_thread_local_value_that_ends_a_worker_process_is_reported() {
    let args = ["-n1", "--isolation", "process", "leaves_a_bomb"];
    let fixture = fixture("thread_locals").args(&args).env("ALONE", "1");
    let answer = fixture.run();
    assert!(answer.stdout.contains("test leaves_a_bomb ... ok"), "{}", answer.text());
    assert!(answer.stdout.contains("SIGABRT"), "{}", answer.text());
    assert_eq!(answer.code, Some(101), "{}", answer.text());
}

#[test]
fn a_process_that_is_killed_from_outside_fails_one_test() {
    // If other tests ran before in the same process, they may be the cause: the test runs again, alone in a new process.
    for (isolation, n_killed) in [("thread", 2), ("process", 2), ("test", 1)] {
        let fixture = fixture("processes");
        let ready = pipe(fixture.file("ready"));
        let args =
            ["-n1", "--isolation", isolation, "--include-ignored", "--exact", "waits_to_be_killed", "first", "last"];
        let started = fixture.env("READY", &ready).args(&args).start();
        for _ in 0..n_killed {
            let process = ready.text().trim().parse().expect("a number");
            kill_process(Pid::from_raw(process).expect("not 0"), Signal::KILL).expect("it is alive");
        }
        let answer = started.ended();
        assert_eq!(answer.stdout.contains("is run again in"), n_killed > 1, "{}", answer.text());
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.stdout.contains("note: the test ended its process: SIGKILL"), "{}", answer.text());
        assert!(answer.stdout.contains("test result: FAILED. 2 passed; 1 failed"), "{}", answer.text());
        assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    }
}

/// The process of the first test ends when the second one needs its own.
#[test]
fn a_failed_teardown_is_reported_before_any_next_test() {
    let args = ["-n1", "--isolation", "process", "--ignored", "teardown_"];
    let answer = fixture("processes").args(&args).run();
    assert!(answer.stdout.contains("panicked when it was dropped: bad to the end"), "{}", answer.text());
    assert!(answer.stdout.contains("test result: FAILED. 1 passed; 1 failed"), "{}", answer.text());
}

/// Mounts an empty directory on /proc, for the command in its arguments.
const WITHOUT_PROC: [&str; 6] =
    ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "without-proc"];

#[test]
#[cfg_attr(not(all(can_mount, is_root)), ignore = "no file system can be mounted here")]
fn without_proc_all_results_are_the_same_and_a_warning_is_shown() {
    for isolation in ISOLATIONS {
        let args = ["-n2", "--isolation", isolation];
        let answers = [&[][..], &WITHOUT_PROC].map(|words| {
            let fixture = fixture("mixed").args(&args);
            if words.is_empty() { fixture.run() } else { fixture.by(words).run() }
        });
        let results = answers.iter().map(|answer| {
            let line = answer.stdout.lines().find(|line| line.starts_with("test result: ")).expect("a result");
            line.split_once("; finished").expect("and a time").0.to_owned()
        });
        let results: Vec<String> = results.collect();
        assert_eq!(results[0], results[1], "{isolation}: {}", answers[1].text());
        assert!(answers[1].text().contains("warning: /proc is not mounted"), "{isolation}: {}", answers[1].text());
        assert!(!answers[0].text().contains("warning: /proc is not mounted"), "{isolation}");
    }
}
