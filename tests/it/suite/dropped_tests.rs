//! `#[test]` functions in a target with `harness = false`: the compiler drops them. A warning of the build, the end of each run and
//! `--list` name them.

use std::path::Path;

use expect_test::{Expect, expect};

use crate::suite::nextest;
use crate::support::compile::{Built, compile, library};
use crate::support::scrub::scrub;
use crate::support::suite_runner::ISOLATIONS;
use crate::test;

fn build(name: &str, args: &[&str]) -> Built {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/dropped/{name}.rs"));
    let built = compile(&root, &[&["--cfg", "test"], args].concat());
    assert!(built.is_ok(), "{}", built.stderr);
    built
}

#[track_caller]
fn check_warnings(built: &Built, expected: Expect) {
    // Other warnings of the compiler, for example about unused items, are not compared.
    let is_ours = |part: &&str| part.starts_with("warning: use of deprecated constant");
    let warnings: Vec<&str> = built.stderr.split("\n\n").filter(is_ours).collect();
    expected.assert_eq(&warnings.join("\n\n"));
}

/// The output is the same in all isolations.
#[track_caller]
fn check_in_each_isolation(built: &Built, expected: Expect) {
    let run = |isolation| scrub(&built.fixture().args(&["--test-threads=1", "--isolation", isolation]).run().text());
    let [first, others @ ..] = ISOLATIONS.map(run);
    expected.assert_eq(&first);
    others.iter().for_each(|other| assert_eq!(*other, first));
}

#[test]
fn the_build_names_each_dropped_test() {
    check_warnings(
        &build("half", &[]),
        expect![[r#"
        warning: use of deprecated constant `_::TESTS_THAT_NEVER_RUN`: 3 tests of this target never run, as the compiler drops `#[test]` functions where `harness = false` is set:
                   half.rs:7: `plain`, `#[test]`
                   half.rs:31: `in_a_macro`, `#[test]`
                   nested/mod.rs:5: `nested::deeper::by_its_path`, `#[::core::prelude::v1::test]`: write `#[swimlanes::test]` instead
                 to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to half.rs
                 to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`
          --> half.rs:41:1
           |
        41 | swimlanes::main!();
           | ^^^^^^^^^^^^^^^^^^
           |
        note: the lint level is defined here
          --> half.rs:41:1
           |
        41 | swimlanes::main!();
           | ^^^^^^^^^^^^^^^^^^
           = note: this warning originates in the macro `swimlanes::main` (in Nightly builds, run with -Z macro-backtrace for more info)

        warning: use of deprecated constant `_::TESTS_THAT_NEVER_RUN`: 1 test of this target never runs, as the compiler drops `#[test]` functions where `harness = false` is set:
                   half.rs:16: `on_unix::here`, `#[test]`
                 to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to half.rs
                 to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`
          --> half.rs:41:1
           |
        41 | swimlanes::main!();
           | ^^^^^^^^^^^^^^^^^^
           |
           = note: this warning originates in the macro `swimlanes::main` (in Nightly builds, run with -Z macro-backtrace for more info)"#]],
    );
    check_warnings(
        &build("all", &[]),
        expect![[r#"
        warning: use of deprecated constant `_::TESTS_THAT_NEVER_RUN`: 2 tests of this target never run, as the compiler drops `#[test]` functions where `harness = false` is set:
                   all.rs:4: `first`, `#[test]`
                   all.rs:9: `second`, `#[test]`
                 to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to all.rs
                 to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`
          --> all.rs:11:1
           |
        11 | swimlanes::main!();
           | ^^^^^^^^^^^^^^^^^^
           |
        note: the lint level is defined here
          --> all.rs:11:1
           |
        11 | swimlanes::main!();
           | ^^^^^^^^^^^^^^^^^^
           = note: this warning originates in the macro `swimlanes::main` (in Nightly builds, run with -Z macro-backtrace for more info)"#]],
    );
    check_warnings(&build("allowed", &[]), expect![""]);
}

#[test]
fn each_run_names_dropped_tests_at_its_end() {
    let built = build("half", &[]);
    check_in_each_isolation(
        &built,
        expect![[r#"

        running 2 tests
        test converted ... ok
        test imported::converted ... ok
        warning: 4 tests of this target never run: the compiler drops `#[test]` functions where `harness = false` is set
          half.rs:7: `plain`, `#[test]`
          half.rs:31: `in_a_macro`, `#[test]`
          nested/mod.rs:5: `nested::deeper::by_its_path`, `#[::core::prelude::v1::test]`: write `#[swimlanes::test]` instead
          half.rs:16: `on_unix::here`, `#[test]`
        to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to half.rs
        to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`

        test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 0
    "#]],
    );
    let events = built.fixture();
    let file = events.file("events");
    let answer = events.args(&["--format", "json", "--events", file.as_str()]).run();
    assert!(answer.stderr.contains("half.rs:7: `plain`, `#[test]`"), "{}", answer.text());
    assert!(file.lines().iter().any(|line| line.contains("half.rs:7: `plain`, `#[test]`")), "{:?}", file.lines());
}

#[test]
fn a_target_whose_tests_are_all_dropped_fails() {
    let built = build("all", &[]);
    check_in_each_isolation(
        &built,
        expect![[r#"

        running 0 tests
        error: 2 tests of this target never run, and there are no other tests: the compiler drops `#[test]` functions where `harness = false` is set
          all.rs:4: `first`, `#[test]`
          all.rs:9: `second`, `#[test]`
        to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to all.rs
        to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`

        test result: FAILED. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 101
    "#]],
    );
    let under_nextest = nextest::run_at(&[("all", built.program.clone())], "", &[]).run();
    assert_eq!(under_nextest.code, Some(104), "{}", under_nextest.text());
    assert!(under_nextest.stderr.contains("all.rs:4: `first`, `#[test]`"), "{}", under_nextest.text());
}

#[test]
fn list_names_dropped_tests_on_stderr() {
    let (half, all) = (build("half", &[]), build("all", &[]));
    let formats = [&["--list"][..], &["--list", "--format", "terse"], &["--list", "--format", "json"]];
    for args in formats {
        let answer = half.fixture().args(args).run();
        assert_eq!(answer.code, Some(0), "{}", answer.text());
        assert!(!answer.stdout.contains("plain"), "{}", answer.text());
        assert!(answer.stderr.contains("half.rs:7: `plain`, `#[test]`"), "{}", answer.text());
    }
    let failed = formats.map(|args| all.fixture().args(args).run().text());
    expect![[r#"
        --- stderr
        error: 2 tests of this target never run, and there are no other tests: the compiler drops `#[test]` functions where `harness = false` is set
          all.rs:4: `first`, `#[test]`
          all.rs:9: `second`, `#[test]`
        to run each `#[test]`, add `#[macro_use(test)] extern crate swimlanes;` to all.rs
        to leave them out on purpose, write `swimlanes::main!(allow_plain_tests);`
        --- exit code 2
    "#]].assert_eq(&failed[0]);
    assert!(failed.iter().all(|text| *text == failed[0]), "{failed:?}");
}

#[test]
fn allow_plain_tests_reports_no_dropped_test() {
    let answer = build("allowed", &[]).fixture().run();
    expect![[r#"

        running 0 tests
        warning: this suite has no tests: no function has `#[swimlanes::test]`

        test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 0
    "#]]
    .assert_eq(&scrub(&answer.text()));
}

#[test]
fn a_renamed_dependency_is_named_to_main() {
    let extern_lanes = format!("lanes={}", library("swimlanes").display());
    let built = build("renamed_by_root", &["--extern", &extern_lanes]);
    check_warnings(&built, expect![""]);
    expect![[r#"
        plain: test
        child::plain: test

        2 tests, 0 benchmarks
        --- exit code 0
    "#]]
    .assert_eq(&built.fixture().args(&["--list"]).run().text());
    let built = build("renamed", &["--extern", &extern_lanes]);
    check_warnings(
        &built,
        expect![[r#"
            warning: use of deprecated constant `_::TESTS_THAT_NEVER_RUN`: 1 test of this target never runs, as the compiler drops `#[test]` functions where `harness = false` is set:
                       renamed.rs:14: `plain`, `#[test]`
                     to run each `#[test]`, add `#[macro_use(test)] extern crate lanes as swimlanes;` to renamed.rs
                     to leave them out on purpose, write `lanes::main!(allow_plain_tests, crate = lanes);`
              --> renamed.rs:16:1
               |
            16 | lanes::main!(crate = lanes);
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
               |
            note: the lint level is defined here
              --> renamed.rs:16:1
               |
            16 | lanes::main!(crate = lanes);
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
               = note: this warning originates in the macro `lanes::main` (in Nightly builds, run with -Z macro-backtrace for more info)"#]],
    );
    let answer = built.fixture().args(&["--list"]).run();
    expect![[r#"
        converted: test
        imported::converted: test

        2 tests, 0 benchmarks
        --- stderr
        warning: 1 test of this target never runs: the compiler drops `#[test]` functions where `harness = false` is set
          renamed.rs:14: `plain`, `#[test]`
        to run each `#[test]`, add `#[macro_use(test)] extern crate lanes as swimlanes;` to renamed.rs
        to leave them out on purpose, write `lanes::main!(allow_plain_tests, crate = lanes);`
        --- exit code 0
    "#]]
    .assert_eq(&answer.text());
}

/// Without `harness = false`, libtest runs the target, and knows no test of swimlanes.
#[test]
fn tests_of_swimlanes_fail_in_a_target_that_libtest_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/unregistered/suite.rs");
    let built = compile(&root, &["--test"]);
    assert!(built.is_ok(), "{}", built.stderr);
    let answer = built.fixture().args(&["--test-threads=1"]).run();
    let results: Vec<&str> = answer.stdout.lines().filter(|line| line.starts_with("test ")).collect();
    let expected = [
        "test is_plain ... ok",
        "test shop::Panics_needs_harness_false ... FAILED",
        "test shop::adds_needs_harness_false ... FAILED",
        "test shop::static_needs_harness_false ... FAILED",
    ];
    assert_eq!(results[..4], expected, "{}", answer.text());
    assert!(answer.stdout.contains("set `harness = false` for the target"), "{}", answer.text());
    assert_eq!(answer.code, Some(101));
}
