//! Flags, values, variables and exit codes.

use expect_test::{Expect, expect};
use swimlanes_core::events::Record;

use crate::support::records::records;
use crate::support::scrub::scrub;
use crate::support::suite_runner::fixture;
use crate::test;

#[track_caller]
fn check(args: &[&str], expected: Expect) {
    expected.assert_eq(&scrub(&fixture("mixed").args(args).run().text()));
}

#[test]
fn wrong_usage_is_reported() {
    check(
        &["--bogus"],
        expect![[r#"
        --- stderr
        error: unexpected argument '--bogus' found

          tip: to pass '--bogus' as a value, use '-- --bogus'

        Usage: cargo test -- [OPTIONS] [FILTERS]...

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["--workers", "0"],
        expect![[r#"
        --- stderr
        error: invalid value '0' for '--workers <N|auto>': give a number from 1 to 1024, or `auto`

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["--test-threads", "many"],
        expect![[r#"
        --- stderr
        error: invalid value 'many' for '--workers <N|auto>': give a number from 1 to 1024, or `auto`

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["--shard", "3/2"],
        expect![[r#"
        --- stderr
        error: invalid value '3/2' for '--shard <K/N|auto>': give K/N with K from 1 to N, such as 1/3; or auto, if a CI service sets the numbers; or auto/N

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["--timeout", "5"],
        expect![[r#"
            --- stderr
            error: invalid value '5' for '--timeout <TIME>': time unit needed, for example 5sec or 5ms; `none` disables all timeouts

            For more information, try '--help'.
            --- exit code 2
        "#]],
    );
    check(
        &["--timeout", "0s"],
        expect![[r#"
            --- stderr
            error: invalid value '0s' for '--timeout <TIME>': it cannot be zero; `none` disables all timeouts

            For more information, try '--help'.
            --- exit code 2
        "#]],
    );
    check(
        &["--shuffle", "--reverse"],
        expect![[r#"
        --- stderr
        error: the argument '--shuffle' cannot be used with '--reverse'

        Usage: cargo test -- [OPTIONS] [FILTERS]...

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["-x", "--max-fail", "2"],
        expect![[r#"
        --- stderr
        error: the argument '--fail-fast' cannot be used with '--max-fail <N>'

        Usage: cargo test -- [OPTIONS] [FILTERS]...

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check(
        &["--retries", "-1"],
        expect![[r#"
            --- stderr
            error: invalid value '-1' for '--retries <N>': -1 is not in 0..=4294967295

            For more information, try '--help'.
            --- exit code 2
        "#]],
    );
    check(
        &["--isolation", "elsewhere"],
        expect![[r#"
            --- stderr
            error: invalid value 'elsewhere' for '--isolation <ISOLATION>'
              [possible values: thread, process, test, none]

            For more information, try '--help'.
            --- exit code 2
        "#]],
    );
    check(
        &["--events", "/no/such/directory/events"],
        expect![[r#"
        --- stderr
        error: cannot make the file of events /no/such/directory/events: No such file or directory (os error 2)
        --- exit code 70
    "#]],
    );
}

#[test]
fn no_tests_fail_refuses_an_empty_run() {
    check(
        &["nothing_has_this_name", "--no-tests", "fail"],
        expect![[r#"
            --- stderr
            error: there is no test to run, and `--no-tests fail` was given; 21 were filtered out
            --- exit code 4
        "#]],
    );
}

#[test]
fn list_into_a_closed_pipe_is_an_error() {
    for format in ["pretty", "terse", "json"] {
        let (reader, stdout) = std::io::pipe().expect("a pipe");
        drop(reader);
        let answer = fixture("mixed").stdout(stdout).args(&["--list", "--format", format]).run();
        expect![[r#"
            --- stderr
            error: cannot write the list: Broken pipe (os error 32)
            --- exit code 70
        "#]]
        .assert_eq(&answer.text());
    }
}

/// With stdout and stderr closed, only the exit code can report the error.
#[test]
#[cfg(target_os = "linux")]
fn a_run_with_closed_stdout_and_stderr_fails() {
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("Linux");
    for isolation in ["none", "thread", "process", "test"] {
        let fixture = fixture("mixed").args(&["--isolation", isolation, "--exact", "passes"]);
        let answer = fixture.stdout(full()).stderr(full()).run();
        assert_eq!(answer.code, Some(70), "{isolation}");
    }
}

#[test]
fn filterset_selects_tests() {
    let answer = fixture("mixed").args(&["-E", "test(/^inner::/) | test(=passes)", "-n1"]).run();
    assert_eq!(answer.ran(), ["passes", "inner::passes", "inner::deeper::fails"]);
    check(
        &["-E", "test(unclosed"],
        expect![[r#"
        --- stderr
        error: the filterset is invalid:
          expected close parenthesis
            test(unclosed
                         ^ missing `)`
        --- exit code 2
    "#]],
    );
}

#[test]
fn n_workers_and_test_threads_are_one_option() {
    let count = |args: &[&str]| {
        let fixture = fixture("mixed");
        let events = fixture.file("events");
        fixture.args(args).args(&["--events", events.as_str(), "panics"]).run();
        match records(&events).into_iter().next() {
            Some(Record::RunStarted(started)) => started.workers,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(count(&["-n", "3"]), 3);
    assert_eq!(count(&["-n3"]), 3);
    assert_eq!(count(&["--workers", "3"]), 3);
    assert_eq!(count(&["--test-threads=3"]), 3);
    assert_eq!(count(&["-n", "500"]), 7, "no more workers than tests");
    let cores = std::thread::available_parallelism().expect("known").get() as u32;
    assert_eq!(count(&["-n", "auto"]), cores.min(7));
    assert_eq!(count(&[]), cores.min(7));
}

#[test]
fn rust_test_threads_shuffle_seed_and_nocapture_are_honoured() {
    let workers = |value: &str| fixture("mixed").env("RUST_TEST_THREADS", value).args(&["panics"]).run();
    assert!(workers("1").stdout.contains("worker 0 of 1"), "{}", workers("1").stdout);
    expect![[r#"
        --- stderr
        error: the variable RUST_TEST_THREADS is `0`; give a number from 1
        --- exit code 2
    "#]]
    .assert_eq(&workers("0").text());
    let shuffled = fixture("mixed").env("RUST_TEST_SHUFFLE_SEED", "7").args(&["-n1"]).run();
    assert!(shuffled.stdout.contains("(shuffle seed: 7)"), "{}", shuffled.stdout);
    let live = fixture("mixed").env("RUST_TEST_NOCAPTURE", "1").args(&["passes_and_prints"]).run();
    assert!(live.stdout.contains("\nto stdout\n"), "{}", live.stdout);
    assert_eq!(live.stderr, "to stderr\n");
}

#[test]
fn durations_lists_the_slowest() {
    let answer = fixture("mixed").args(&["-n1", "--durations", "2", "passes"]).run();
    let lines: Vec<&str> = answer.stdout.lines().skip_while(|line| *line != "slowest:").collect();
    assert!(lines[1].contains("s passes") || lines[1].contains("s inner::passes"), "{}", answer.stdout);
    assert_eq!(lines[3], "", "two lines: {}", answer.stdout);
    assert!(!fixture("mixed").args(&["passes"]).run().stdout.contains("slowest"));
}

#[test]
fn logfile_has_a_line_for_each_test() {
    let fixture = fixture("mixed");
    let log = fixture.file("log");
    fixture.args(&["-n1", "--logfile", log.as_str(), "inner", "is_ignored"]).run();
    let expected =
        "ignored is_ignored\nignored is_ignored_with_a_reason\nok inner::passes\nfailed inner::deeper::fails\n";
    assert_eq!(log.text(), expected);
}

#[test]
fn report_time_shows_the_time_of_each_test() {
    let answer = fixture("mixed").args(&["-n1", "--report-time", "-Z", "unstable-options", "--exact", "passes"]).run();
    assert!(scrub(&answer.stdout).contains("test passes ... ok <TIMEs>"), "{}", answer.stdout);
}

#[test]
fn color_always_is_colored_and_a_pipe_is_not() {
    let always = fixture("mixed").args(&["--color", "always", "--exact", "passes"]).run();
    assert!(always.stdout.contains("\u{1b}[32mok\u{1b}[0m"), "{:?}", always.stdout);
    let auto = fixture("mixed").args(&["--exact", "passes"]).run();
    assert!(!auto.stdout.contains('\u{1b}'), "{:?}", auto.stdout);
}

#[test]
fn help_names_every_flag() {
    let answer = fixture("mixed").args(&["--help"]).run();
    assert_eq!(answer.code, Some(0));
    for flag in [
        "--exact",
        "--skip",
        "--ignored",
        "--include-ignored",
        "--list",
        "--format",
        "--quiet",
        "--nocapture",
        "--show-output",
        "--color",
        "--shuffle",
        "--shuffle-seed",
        "--report-time",
        "--workers",
        "--test-threads",
        "--dist",
        "--max-fail",
        "--fail-fast",
        "--retries",
        "--retry-on",
        "--retry-backoff",
        "--timeout",
        "--repeat",
        "--reverse",
        "--shard",
        "--durations",
        "--events",
        "--keep",
        "--flaky-result",
        "[alias: --flaky]",
        "[alias: --maxfail]",
        "--no-tests",
        "--isolation",
        "--filterset",
        "--seed",
    ] {
        assert!(answer.stdout.contains(flag), "{flag} is missing in\n{}", answer.stdout);
    }
}

/// The colors that a terminal shows: sequences that turn one on, without lines and cursor movements.
fn colors(args: &[&str], variables: &[&str]) -> Vec<String> {
    let fixture = fixture("mixed").env("TERM", "xterm-256color").args(args);
    let fixture = variables.iter().fold(fixture, |fixture, name| fixture.env(name, "1"));
    let (_, shown) = fixture.run_on_terminal();
    assert!(shown.contains("worker 0"), "the live lines are there: {shown:?}");
    let codes = shown.split("\u{1b}[").skip(1).filter_map(|part| part.split_once('m'));
    let is_number = |c: char| c.is_ascii_digit() || c == ';';
    codes.map(|(code, _)| code).filter(|code| code.chars().all(is_number)).map(str::to_owned).collect()
}

#[test]
fn color_never_and_no_color_leave_live_lines_plain() {
    assert_eq!(colors(&["-n2", "--color", "never"], &[]), [] as [&str; 0]);
    assert_eq!(colors(&["-n2"], &["NO_COLOR"]), [] as [&str; 0]);
    // Only lines of running tests are cyan.
    assert!(colors(&["-n2"], &[]).contains(&"36".to_owned()));
    assert!(colors(&["-n2", "--color", "always"], &[]).contains(&"36".to_owned()));
}
