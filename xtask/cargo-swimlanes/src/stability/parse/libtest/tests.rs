//! Real output of libtest, the output after a crash, and garbage.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const PLAIN: [&str; 13] = [
    "boom",
    "boom_none",
    "boom_wrong",
    "child_line",
    "child_part",
    "child_part_fails",
    "code",
    "errs",
    "looks_like_libtest",
    "payload",
    "sums::adds",
    "sums::differs",
    "thread_join",
];

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[track_caller]
fn check(text: &str, tests: &[&str], expected: Expect) {
    let parsed = read(text, &owned(tests));
    let reported = parsed.reported.iter().map(|(name, reported)| match reported {
        ReportedResult::Failed(Failure { message, location, .. }) => {
            format!("{name}: failed at {}: {message:?}\n", location.as_deref().unwrap_or("?"))
        }
        reported => format!("{name}: {reported:?}\n"),
    });
    let open = parsed.open.iter().map(|name| format!("open: {name}\n"));
    let remarks = parsed.remarks.iter().map(|remark| format!("remark: {remark}\n"));
    expected.assert_eq(&reported.chain(open).chain(remarks).collect::<String>());
}

/// All these samples come from the same binary: rustc 1.95.
#[test]
fn one_thread_prints_the_name_before_and_the_result_after_the_test() {
    check(
        include_str!("../samples/libtest_one_thread.txt"),
        &PLAIN,
        expect![[r#"
        boom: Passed
        boom_none: failed at ?: "test did not panic as expected at tests/plain.rs:6:28"
        boom_wrong: failed at tests/plain.rs:5:62: "panic did not contain expected string\n      panic message: \"other\"\n expected substring: \"boom\""
        child_line: Passed
        child_part: Passed
        child_part_fails: failed at tests/plain.rs:13:89: "after a child"
        code: failed at ?: "it failed without a message"
        errs: failed at ?: "Error: \"down\""
        looks_like_libtest: failed at tests/plain.rs:16:176: "with\n\nempty lines\nfailures:"
        payload: failed at tests/plain.rs:15:24: "Box<dyn Any>"
        sums::adds: Passed
        sums::differs: failed at tests/plain.rs:3:73: "assertion `left == right` failed: the sum of 3\n  left: 3\n right: 4"
        thread_join: failed at tests/plain.rs:14:78: "called `Result::unwrap()` on an `Err` value: Any { .. }"
    "#]],
    );
}

#[test]
fn four_threads_print_name_and_result_together() {
    check(
        include_str!("../samples/libtest_four_threads.txt"),
        &PLAIN,
        expect![[r#"
        boom: Passed
        boom_none: failed at ?: "test did not panic as expected at tests/plain.rs:6:28"
        boom_wrong: failed at tests/plain.rs:5:62: "panic did not contain expected string\n      panic message: \"other\"\n expected substring: \"boom\""
        child_line: Passed
        child_part: Passed
        child_part_fails: failed at tests/plain.rs:13:89: "after a child"
        sums::adds: Passed
        sums::differs: failed at tests/plain.rs:3:73: "assertion `left == right` failed: the sum of 3\n  left: 3\n right: 4"
        thread_join: failed at tests/plain.rs:14:78: "called `Result::unwrap()` on an `Err` value: Any { .. }"
    "#]],
    );
}

#[test]
fn libtest_mimic_pads_names_and_omits_kinds() {
    let tests = ["plain", "[db] stores", "[network] fails, with words", "fails too", "quick"];
    check(
        include_str!("../samples/libtest_mimic.txt"),
        &tests,
        expect![[r#"
        [db] stores: Passed
        [network] fails, with words: failed at ?: "it is down\nsecond line"
        fails too: failed at ?: "test panicked: boom"
        plain: Passed
        quick: Passed
    "#]],
    );
}

#[test]
fn a_test_that_was_running_when_the_process_ended_is_open() {
    check(
        include_str!("../samples/libtest_abort.txt"),
        &["a", "b_aborts", "c"],
        expect![[r#"
        a: Passed
        open: b_aborts
    "#]],
    );
    check(
        include_str!("../samples/libtest_exit.txt"),
        &["a", "b_exits", "c"],
        expect![[r#"
        a: Passed
        open: b_exits
    "#]],
    );
}

#[test]
fn after_a_crash_only_certain_results_count() {
    check(
        "test a ... ok\ntest b ... noise\nok\n",
        &["a", "b"],
        expect![[r#"
        a: Passed
        open: b
    "#]],
    );
    check(
        "test a ... FAILED\ntest a ... ok\n",
        &["a"],
        expect![[r#"
        open: a
    "#]],
    );
    check(
        "test a ... okay, I begin\n",
        &["a"],
        expect![[r#"
        open: a
    "#]],
    );
}

#[test]
fn lines_that_contradict_the_totals_are_reported_and_no_test_passes() {
    let last = "\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
    check(
        &format!("test a ... ok\n{last}"),
        &["a", "b"],
        expect![[r#"
        a: Passed
    "#]],
    );
    check(
        &format!("test a ... ok\ntest b ... ok\n{last}"),
        &["a", "b"],
        expect![[r#"
        remark: its last line counts 1 passed and 0 failed, and the lines before it 2 and 0
    "#]],
    );
    check(
        last,
        &["a"],
        expect![[r#"
        remark: its last line counts 1 passed and 0 failed, and the lines before it 0 and 0
    "#]],
    );
}

#[test]
fn a_warning_about_a_slow_test_on_its_line_is_ignored() {
    let text = "test a ... test a has been running for over 60 seconds\nok\ntest b ... ok\n\ntest result: ok. 2 passed; \
                0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 61.00s\n";
    check(
        text,
        &["a", "b"],
        expect![[r#"
        a: Passed
        b: Passed
    "#]],
    );
}

#[test]
fn the_output_of_a_nested_run_is_ignored() {
    let text = "test outer ... \nrunning 1 test\ntest inner ... FAILED\n\nfailures:\n\n---- inner stdout ----\nit is down\n\n\
                failures:\n    inner\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; \
                finished in 0.00s\n\nok\ntest inner ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; \
                0 filtered out; finished in 0.01s\n";
    check(
        text,
        &["outer", "inner"],
        expect![[r#"
        inner: Passed
        outer: Passed
    "#]],
    );
}

proptest! {
    #[test]
    fn garbage_does_not_panic(
        text in "(\\PC|\n|test a|test b| \\.\\.\\. |ok\n|FAILED\n|failures:\n|    a\n|---- a stdout ----\n|test result: ok\\. 1 passed; 1 failed;|thread 'a' panicked at x:\n){0,60}"
    ) {
        read(&text, &owned(&["a", "b", "[é] c"]));
    }

    /// At whatever place the output ends, no test passes that does not pass in the whole.
    #[test]
    fn truncated_output_gives_a_subset_of_the_results(end in 0_usize..10_000) {
        for text in [include_str!("../samples/libtest_one_thread.txt"), include_str!("../samples/libtest_four_threads.txt")] {
            let whole = read(text, &owned(&PLAIN));
            let part = read(&text[..text.floor_char_boundary(end.min(text.len()))], &owned(&PLAIN));
            let is_known = |(name, reported): (&String, &ReportedResult)| match reported {
                ReportedResult::Passed => whole.reported.get(name) == Some(&ReportedResult::Passed),
                ReportedResult::Failed(_) => matches!(whole.reported.get(name), Some(ReportedResult::Failed(_))),
                ReportedResult::Skipped | ReportedResult::NotRun => false,
            };
            prop_assert!(part.reported.iter().all(is_known), "{:?}", part.reported);
        }
    }
}
