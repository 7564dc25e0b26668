//! Captured output: it is complete, attributed to the right test, and limited in size.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use expect_test::{Expect, expect};
use serde_json::Value;
use swimlanes_core::events::Record;

use crate::support::records;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{Fixture, fixture};
use crate::test;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WrittenWhen {
    InTime,
    Late,
}

/// The output of each attempt, in time or late: when, the test, the text.
fn written(fixture: Fixture) -> Vec<(WrittenWhen, String, String)> {
    let path = fixture.file("events");
    let answer = fixture.args(&["--events", path.as_str()]).run();
    let output = |record: Record<'static>| match record {
        Record::AttemptFinished(it) => Some((WrittenWhen::InTime, it.attempt.test.name.into(), it.output.into())),
        Record::LateOutput(it) => Some((WrittenWhen::Late, it.test.name.into(), it.output.into())),
        _ => None,
    };
    let written: Vec<_> = records::records(&path).into_iter().filter_map(output).collect();
    assert!(!written.is_empty(), "{}", answer.text());
    written
}

/// All eight tests of `module` run at once; the output of each must be exactly `expected`.
#[track_caller]
fn check_eight(module: &str, lines: u32, expected: impl Fn(u32) -> String) {
    let fixture = fixture("prints").env("LINES", lines.to_string());
    let written = written(fixture.args(&["-n8", module]));
    assert_eq!(written.len(), 8);
    for (_, name, text) in written {
        let n = name.rsplit("::").next().and_then(|n| n.parse().ok()).expect("a number");
        let expected = expected(n);
        assert!(text == expected, "{name} wrote {} bytes, not {}", text.len(), expected.len());
    }
}

#[test]
fn captured_pieces_of_lines_are_attributed_to_their_test() {
    check_eight("pieces::", 0, |n| (0..1_000).map(|ix| format!("{n}:{ix} ")).collect());
}

#[test]
fn captured_lines_are_attributed_to_their_test() {
    for module in ["lines::", "ours::"] {
        check_eight(module, 10_000, |n| (0..10_000).map(|ix| format!("{n}{ix:06}\n")).collect());
    }
}

#[test]
fn macros_print_the_same_as_the_standard_ones() {
    let written = written(fixture("prints").args(&["-n1", "--exact", "every_macro_prints"]));
    expect![[r#"
        from a thread
        std, ours, std again, ours again

          5|named

        [tests/examples/prints.rs:50:16] "te".to_owned() + "xt" = "text"
        [tests/examples/prints.rs:51:17] 1 = 1
        [tests/examples/prints.rs:51:17] text.len() = 4
        [tests/examples/prints.rs:52:5]
    "#]]
    .assert_eq(&written[0].2);
    let answer = fixture("prints").args(&["-n1", "--nocapture", "--exact", "every_macro_prints"]).run();
    assert!(answer.stdout.contains("std, ours, std again, ours again\n\n"), "{}", answer.text());
    assert!(answer.stderr.contains("  5|named\n\n"), "{}", answer.text());
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced() {
    let written = written(fixture("prints").args(&["-n1", "--exact", "prints_no_text"]));
    assert_eq!(written[0].2, "nul \0, not UTF-8 \u{fffd}\u{fffd}, cut \u{fffd}\n\u{fffd}");
}

#[test]
fn captured_output_of_fifty_megabytes_keeps_both_ends() {
    let written = written(fixture("prints").args(&["-n1", "--exact", "prints_fifty_megabytes"]));
    let text = &written[0].2;
    let note = "\n[swimlanes: 49.0 MiB of output left out here]\n";
    let (head, tail) = text.split_once(note).expect("the note");
    assert!(head.starts_with("first\n000") && tail.ends_with("0007\nlast\n"), "{text}");
    assert!(text.len() <= 1024 * 1024 + note.len(), "{}", text.len());
}

#[track_caller]
fn check_late(args: &[&str], expected: Expect) {
    let answer = fixture("prints").args(args).args(&["-n1", "--isolation", "none", "late_"]).run();
    expected.assert_eq(&scrub(&answer.text()));
}

#[test]
fn late_output_of_a_thread_is_attributed_to_its_test() {
    check_late(
        &["--show-output", "--skip", "late_3", "--skip", "late_4"],
        expect![[r#"

            running 2 tests
            test late_1_leaves_a_thread ... ok (leaky: 1 thread (`unnamed`))
            test late_2_lets_it_write ... ok

            successes:

            ---- late_1_leaves_a_thread stdout ----
            in time
              = worker 0 of 1, seed SEED, took TIMEs

            ---- late_2_lets_it_write stdout ----
            before
            after
              = worker 0 of 1, seed SEED, took TIMEs


            successes:
                late_1_leaves_a_thread
                late_2_lets_it_write

            left behind:

            ---- late_1_leaves_a_thread wrote after its end ----
            late
            and later

            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 37 filtered out; finished in TIMEs; 1 leaky

            --- exit code 0
        "#]],
    );
}

#[test]
fn late_output_of_a_test_that_hung_is_shown() {
    check_late(
        &["--format", "terse", "--skip", "late_1", "--skip", "late_2"],
        expect![[r#"

            running 2 tests
            late_3_hangs --- FAILED
            .

            failures:

            ---- late_3_hangs stdout ----
            falls asleep
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test --test prints -- --seed SEED --isolation none --exact late_3_hangs


            failures:
                late_3_hangs

            left behind:

            ---- late_3_hangs wrote after its end ----
            awake

            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 37 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn late_output_is_in_events_and_not_in_format_json() {
    let written = written(fixture("prints").args(&["-n1", "--isolation", "none", "late_"]));
    let late = |name: &str| -> String {
        let its = written.iter().filter(|(when, whose, _)| *when == WrittenWhen::Late && whose == name);
        its.map(|(_, _, text)| text.as_str()).collect()
    };
    assert_eq!(late("late_1_leaves_a_thread"), "late\nand later\n");
    assert_eq!(late("late_3_hangs"), "awake\n");
    let answer = fixture("prints")
        .args(&["-n1", "--isolation", "none", "--format", "json", "-Zunstable-options", "late_"])
        .run();
    let of_libtest = |line: &str| ["suite", "test"].contains(&&*type_of(line));
    assert!(answer.stdout.lines().all(of_libtest), "{}", answer.stdout);
    assert!(!answer.stdout.contains("awake"), "{}", answer.stdout);
    assert!(answer.stderr.contains("swimlanes: `late_3_hangs` wrote after its end:\nawake\n"), "{}", answer.stderr);
}

fn type_of(line: &str) -> String {
    let record: Value = serde_json::from_str(line).expect("each line is a record");
    record["type"].as_str().expect("a type").to_owned()
}

/// The lines that a terminal shows of tests that print at once.
fn shown(args: &[&str]) -> Vec<String> {
    let always = ["--nocapture", "--color", "never", "--exact", "passes_and_prints", "panics"];
    let (answer, shown) = fixture("mixed").args(&always).args(args).run_on_terminal();
    assert_eq!(answer.code, Some(101), "{shown}");
    shown.lines().map(str::to_owned).collect()
}

#[test]
fn nocapture_on_a_terminal_puts_the_worker_before_each_line() {
    for isolation in ["thread", "process", "test", "none"] {
        let lines = shown(&["-n2", "--isolation", isolation]);
        let of_tests = lines.iter().filter_map(|line| line.strip_prefix("w0 | ").or(line.strip_prefix("w1 | ")));
        let of_tests: Vec<&str> = of_tests.collect();
        for line in ["to stdout", "to stderr", "the message"] {
            assert!(of_tests.iter().any(|of_test| of_test.contains(line)), "{isolation}: {lines:#?}");
        }
        assert!(lines.iter().any(|line| line == "test passes_and_prints ... ok"), "{isolation}: {lines:#?}");
        // With one worker, the lines have no prefix.
        let lines = shown(&["-n1", "--isolation", isolation]);
        assert!(lines.iter().any(|line| line == "to stdout"), "{isolation}: {lines:#?}");
    }
}
