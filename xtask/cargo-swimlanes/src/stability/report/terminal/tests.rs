//! The report for the terminal, at several widths.

use expect_test::{Expect, expect};

use super::super::test_data;
use super::*;

#[track_caller]
fn check(report: &Report, width: u16, expected: Expect) {
    expected.assert_eq(&anstream::adapter::strip_str(&render(report, width)).to_string());
}

#[test]
fn a_report_shows_all_kinds_of_findings() {
    check(
        &test_data::report(),
        100,
        expect![[r#"
            2 suites with 9 tests, 10 runs each at 1 and 4 workers, shuffled where the harness can, seed 7, 12s.
            shop::ui is left out, as it is not a test suite that can be listed: `--list` printed `hello`.

                     shop::api                         at 1  at 4  rate (95 %)
            ────────────────────────────────────────────────────────────────────────────
             flaky   db::reads_while_somebody_writes   0/10   8/9  42 % (23–64 %)
             broken  sums                             10/10   9/9  100 % (83–100 %)
             lost    crashes_sometimes                 0/10   0/9  lost in 1 of 20 runs
             lost    adds                              0/10   0/9  lost in 1 of 20 runs

                    shop                        at 1  at 4  rate (95 %)
            ────────────────────────────────────────────────────────────────
             flaky  parse::times_<now>_|_later  1/10  0/10  5 % (0.89–24 %)

            flaky shop::api db::reads_while_somebody_writes
              failed in 8 of 19 runs: 42 % (23–64 %); lost in 1 more; differs by level, 0/10 at 1 and 8/9 at 4
              (p = 0.0004, Fisher, adjusted)
              6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 1
                   right: 4
              2 times, first at level 4 with seed 465548305
                  it was still locked after 5s
              run again   cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 594955804
              test alone  cargo test --features till -p shop --test api -- --seed 594955804 --exact db::reads_while_somebody_writes

            broken shop::api sums
              failed in 19 of 19 runs: 100 % (83–100 %); lost in 1 more
              19 times, first at level 1 with seed 892374487 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 1
                   right: 4
              test alone  cargo test --features till -p shop --test api -- --seed 892374487 --exact sums

            flaky shop parse::times_<now>_|_later
              failed in 1 of 20 runs: 5 % (0.89–24 %)
              once, at level 1 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 2
                   right: 4
              run again   cargo test --features till -p shop --lib -- --test-threads 1
              test alone  cargo test --features till -p shop --lib -- --exact 'parse::times_<now>_|_later'

            shop::api crashed in 1 of 20 runs: it was ended by signal 6 (SIGABRT); 4 results lost
              last seen running, as far as the record goes: crashes_sometimes (1 run)
                  fatal runtime error: stack overflow, aborting
              run again   cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 236171000

            2 tests are stable in 20 runs each: failure rate below 13.9 % (95 %).
            1 test is stable in only 17 runs: failure rate below 16.2 % (95 %).
            A 5 % flake would have been seen with a chance of 64.2 %, a 1 % flake with 18.2 %; one that needs 4
            workers, with 40.1 % and 9.56 %.
            Nothing is known of 1 test skipped in every run and 2 tests ignored.

            stability: 2 flaky, 1 broken, 2 lost and 1 run gone wrong
        "#]],
    );
}

#[test]
fn a_narrow_terminal_breaks_names_and_not_commands() {
    check(
        &test_data::report(),
        72,
        expect![[r#"
            2 suites with 9 tests, 10 runs each at 1 and 4 workers, shuffled where
            the harness can, seed 7, 12s.
            shop::ui is left out, as it is not a test suite that can be listed:
            `--list` printed `hello`.

                     shop::api                   at 1  at 4  rate (95 %)
            ──────────────────────────────────────────────────────────────────────
             flaky   db::reads_while_somebody_   0/10   8/9  42 % (23–64 %)
                     writes
             broken  sums                       10/10   9/9  100 % (83–100 %)
             lost    crashes_sometimes           0/10   0/9  lost in 1 of 20 runs
             lost    adds                        0/10   0/9  lost in 1 of 20 runs

                    shop                        at 1  at 4  rate (95 %)
            ────────────────────────────────────────────────────────────────
             flaky  parse::times_<now>_|_later  1/10  0/10  5 % (0.89–24 %)

            flaky shop::api db::reads_while_somebody_writes
              failed in 8 of 19 runs: 42 % (23–64 %); lost in 1 more; differs by
              level, 0/10 at 1 and 8/9 at 4 (p = 0.0004, Fisher, adjusted)
              6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 1
                   right: 4
              2 times, first at level 4 with seed 465548305
                  it was still locked after 5s
              run again   cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 594955804
              test alone  cargo test --features till -p shop --test api -- --seed 594955804 --exact db::reads_while_somebody_writes

            broken shop::api sums
              failed in 19 of 19 runs: 100 % (83–100 %); lost in 1 more
              19 times, first at level 1 with seed 892374487 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 1
                   right: 4
              test alone  cargo test --features till -p shop --test api -- --seed 892374487 --exact sums

            flaky shop parse::times_<now>_|_later
              failed in 1 of 20 runs: 5 % (0.89–24 %)
              once, at level 1 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 2
                   right: 4
              run again   cargo test --features till -p shop --lib -- --test-threads 1
              test alone  cargo test --features till -p shop --lib -- --exact 'parse::times_<now>_|_later'

            shop::api crashed in 1 of 20 runs: it was ended by signal 6 (SIGABRT); 4
            results lost
              last seen running, as far as the record goes: crashes_sometimes (1
              run)
                  fatal runtime error: stack overflow, aborting
              run again   cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 236171000

            2 tests are stable in 20 runs each: failure rate below 13.9 % (95 %).
            1 test is stable in only 17 runs: failure rate below 16.2 % (95 %).
            A 5 % flake would have been seen with a chance of 64.2 %, a 1 % flake
            with 18.2 %; one that needs 4 workers, with 40.1 % and 9.56 %.
            Nothing is known of 1 test skipped in every run and 2 tests ignored.

            stability: 2 flaky, 1 broken, 2 lost and 1 run gone wrong
        "#]],
    );
}

#[test]
fn a_campaign_without_findings_reports_its_detection_limits() {
    check(
        &test_data::clean(),
        80,
        expect![[r#"
            1 suite with 1 test, 10 runs each at 1 and 4 workers, shuffled, seed 7, 12s.

            1 test is stable in 20 runs: failure rate below 13.9 % (95 %).
            A 5 % flake would have been seen with a chance of 64.2 %, a 1 % flake with
            18.2 %; one that needs 4 workers, with 40.1 % and 9.56 %.

            stability: no failure seen
        "#]],
    );
}

#[test]
fn an_interrupted_campaign_is_reported() {
    check(
        &test_data::interrupted(),
        80,
        expect![[r#"
            1 suite with 2 tests, 10 runs each at 1 and 4 workers, shuffled, seed 7, 12s.
            Interrupted after 5 of 20 runs. The run that was cut short does not count.

                    shop::api                        at 1  at 4  rate (95 %)
            ────────────────────────────────────────────────────────────────────
             flaky  db::reads_while_somebody_writes   0/3   2/2  40 % (12–77 %)

            flaky shop::api db::reads_while_somebody_writes
              failed in 2 of 5 runs: 40 % (12–77 %)
              2 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)
                  assertion `left == right` failed
                    left: 1
                   right: 4
              run again   cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 594955804
              test alone  cargo test --features till -p shop --test api -- --seed 594955804 --exact db::reads_while_somebody_writes

            1 test is stable in 5 runs: failure rate below 45.1 % (95 %).
            A 5 % flake would have been seen with a chance of 22.6 %, a 1 % flake with
            4.9 %; one that needs 4 workers, with 9.75 % and 1.99 %.

            stability: 1 flaky
        "#]],
    );
}

#[test]
fn verdicts_have_their_colors() {
    let first = |report: &Report| render(report, 100).lines().find(|line| line.contains("flaky")).map(str::to_owned);
    expect![" ␛[33mflaky␛[0m   db::reads_while_somebody_writes   0/10   8/9  42 % (23–64 %)"]
        .assert_eq(&first(&test_data::report()).unwrap_or_default().replace('\u{1b}', "␛"));
}

#[test]
fn many_failures_in_one_run_are_reported_as_one_event() {
    let text = render(&test_data::together(), 200);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("together")).collect();
    expect!["In 1 run so many tests failed together that they probably have one cause: 4 tests of shop::api at level 4 with seed 683389182."].assert_eq(&lines.join("\n"));
}

#[test]
fn ten_lost_tests_are_listed_at_most() {
    check(
        &test_data::crashed(),
        80,
        expect![[r#"
        1 suite with 12 tests, 10 runs each at 1 and 4 workers, in listed order, seed 7,
        12s.

               shop::api  at 1  at 4  rate (95 %)
        ───────────────────────────────────────────────────
         lost  k          0/10   0/9  lost in 1 of 20 runs
         lost  a          0/10   0/9  lost in 1 of 20 runs
         lost  b          0/10   0/9  lost in 1 of 20 runs
         lost  c          0/10   0/9  lost in 1 of 20 runs
         lost  d          0/10   0/9  lost in 1 of 20 runs
         lost  e          0/10   0/9  lost in 1 of 20 runs
         lost  f          0/10   0/9  lost in 1 of 20 runs
         lost  g          0/10   0/9  lost in 1 of 20 runs
         lost  h          0/10   0/9  lost in 1 of 20 runs
         lost  i          0/10   0/9  lost in 1 of 20 runs

        shop::api crashed in 1 of 20 runs: it was ended by signal 6 (SIGABRT); 12
        results lost
          last seen running, as far as the record goes: k (1 run)
              fatal runtime error: stack overflow, aborting
          run again   cargo test --features till -p shop --test api -- --test-threads 4

        2 more tests never failed, but some runs ended before their results.

        stability: 12 lost and 1 run gone wrong
    "#]],
    );
}
