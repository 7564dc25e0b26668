//! Tests of the tables.

use expect_test::{Expect, expect};

use super::*;
use crate::dev::bench::measure::Times;

/// The contenders of a scenario with these medians in microseconds, each with a round that was twice as fast and one
/// that was twice as slow.
fn section(scenario: Scenario, medians: &[u64]) -> Section {
    let times = |median: u64| Times([median, 2 * median, median / 2].map(Duration::from_micros).to_vec());
    let measured = |&median: &u64| Measurement {
        took: times(median),
        cpu: Some(3 * Duration::from_micros(median / 50)),
        wrong_lines: (scenario == Scenario::Lines && median < 1_000_000).then_some(1_234),
    };
    let rows = scenario.contenders(Build::Release).into_iter().zip(medians.iter().map(measured)).collect();
    let (suite, load) = (scenario.suite(Size::Full), "0.10 0.20 0.30".to_owned());
    Section { scenario, size: Size::Full, build: Build::Release, suite, load, others: Some(1.2), besides: None, rows }
}

#[track_caller]
fn check(scenario: Scenario, medians: &[u64], medium: Medium, expected: Expect) {
    let section = section(scenario, medians);
    let text = section.render(medium) + "\n" + &goal_results(&section.goal_results(), medium);
    // Lines are padded with blanks, which editors remove.
    let lines: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    expected.assert_eq(&lines);
}

#[test]
fn table_without_a_bound_shows_the_time_per_test() {
    check(
        Scenario::Empty,
        &[533_000, 96_540, 53_301],
        Medium::Terminal,
        expect![[r#"
            a: 10,000 empty tests, 2 workers (release profile)

                              median   shortest – longest   × libtest   per test
            ─────────────────────────────────────────────────────────────────────
             libtest          533 ms      266 ms – 1.07 s        1.00    53.3 µs
             libtest-mimic   96.5 ms     48.3 ms – 193 ms       0.181     9.7 µs
             swimlanes       53.3 ms     26.6 ms – 107 ms       0.100     5.3 µs

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %.

             goal                               at most   measured
            ────────────────────────────────────────────────────────────────
             a, release: swimlanes, × libtest     0.100      0.100   missed
        "#]],
    );
    check(
        Scenario::Empty,
        &[533_000, 96_540, 53_299],
        Medium::Markdown,
        expect![[r#"
            ### a: 10,000 empty tests, 2 workers (release profile)

            |               |  median | shortest – longest | × libtest | per test |
            |---------------|---------|--------------------|-----------|----------|
            | libtest       |  533 ms |    266 ms – 1.07 s |      1.00 |  53.3 µs |
            | libtest-mimic | 96.5 ms |   48.3 ms – 193 ms |     0.181 |   9.7 µs |
            | swimlanes     | 53.3 ms |   26.6 ms – 107 ms |     0.100 |   5.3 µs |

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %.

            | goal                             | at most | measured |         |
            |----------------------------------|---------|----------|---------|
            | a, release: swimlanes, × libtest |   0.100 |    0.100 | reached |
        "#]],
    );
}

#[test]
fn table_with_a_bound_shows_multiples_of_it() {
    check(
        Scenario::Shared,
        &[2_210_000, 1_520_000, 1_260_001],
        Medium::Terminal,
        expect![[r#"
            c: 60 free tests, 30 + 20 on two resources, 10 on one key, 40 ms each, 8 workers (release profile)

                                          median   shortest – longest   × serial_test   × bound
            ────────────────────────────────────────────────────────────────────────────────────
             libtest + serial_test        2.21 s      1.10 s – 4.42 s            1.00      1.84
             cargo-nextest, test groups   1.52 s      760 ms – 3.04 s           0.688      1.27
             swimlanes                    1.26 s      630 ms – 2.52 s           0.570      1.05

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. Lower bound 1.20 s. libtest and libtest-mimic cannot keep tests apart.

             goal                             at most   measured
            ──────────────────────────────────────────────────────────────
             c, release: swimlanes, × bound      1.05       1.05   missed
        "#]],
    );
}

#[test]
fn table_of_lines_shows_wrong_lines() {
    check(
        Scenario::Lines,
        &[1_000_000, 500_000, 1_000_000, 2_000_001, 999_999],
        Medium::Terminal,
        expect![[r#"
            f: 1,000,000 lines of 80 tests, 8 workers (release profile)

                                                       median   shortest – longest   × /dev/null   per line   wrong lines
            ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
             written to /dev/null                      1.00 s      500 ms – 2.00 s          1.00    1000 ns
             println! without capture, to /dev/null    500 ms      250 ms – 1.00 s         0.500     500 ns         1,234
             libtest, shown                            1.00 s      500 ms – 2.00 s          1.00    1000 ns
             swimlanes                                 2.00 s      1.00 s – 4.00 s          2.00    2000 ns
             swimlanes, shown                         1000 ms      500 ms – 2.00 s         1.000     999 ns         1,234

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. The time per line is the time of the run divided by the number of lines. To /dev/null, each test writes with its own `LineWriter`, while `println!` has one for all threads, with a lock. A line is wrong if it is missing, repeated or under another test; the wrong lines of all rounds are counted.

             goal                                        at most   measured
            ──────────────────────────────────────────────────────────────────────────
             f, release: swimlanes, × /dev/null             2.00       2.00    missed
             f, release: swimlanes, shown, × /dev/null      2.00      1.000   reached
             f, release: swimlanes, shown, wrong lines         0      1,234    missed
        "#]],
    );
}

#[test]
fn table_of_sleeps_shows_cpu_time() {
    check(
        Scenario::Idle,
        &[6_010_000, 7_000_000, 6_020_000],
        Medium::Terminal,
        expect![[r#"
            g: 8 tests that sleep at once and 2 that sleep alone, 2s each, 8 workers (release profile)

                                          median   × bound   CPU time per run   of a core
            ──────────────────────────────────────────────────────────────────────────────
             libtest + serial_test        6.01 s      1.00             120 ms       1.7 %
             cargo-nextest, test groups   7.00 s      1.17             140 ms       1.7 %
             swimlanes                    6.02 s      1.00             120 ms       1.7 %

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. Lower bound 6.00 s. CPU time is the sum for all processes of a run, in steps of 10 ms; 100 % is one core during the whole run.

             goal                              at most   measured
            ────────────────────────────────────────────────────────────────
             g, release: swimlanes, CPU time     2.0 %      1.7 %   reached
        "#]],
    );
}

#[test]
fn both_parts_of_h_are_named_and_one_may_be_missing() {
    check(
        Scenario::Postgres,
        &[2_000_000, 1_000_000, 500_000, 500_001],
        Medium::Terminal,
        expect![[r#"
            h: a fresh PostgreSQL database for each of 200 tests, 2 workers (release profile)

                                                median   shortest – longest   × sqlx::test   per test
            ──────────────────────────────────────────────────────────────────────────────────────────
             sqlx::test                         2.00 s      1.00 s – 4.00 s           1.00    10.0 ms
             swimlanes, migrating each time     1.00 s      500 ms – 2.00 s          0.500     5.0 ms
             swimlanes, `fresh_with_template`   500 ms      250 ms – 1.00 s          0.250     2.5 ms
             swimlanes, `clean`                 500 ms      250 ms – 1.00 s          0.250     2.5 ms

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. The migrations and the test are those of SQLite. All contenders share one server, which a swimlanes run has started as it does for its tests: without waiting for the disk. Only the last three start their own servers, as they do by default, and their times include that. The CPU time of a server counts as used by others. The tests write only rows, so swimlanes copies the template a dozen times and recycles the copies; tests that make or change tables get a new copy each.

             goal                                                                     at most   measured
            ───────────────────────────────────────────────────────────────────────────────────────────────────────
             h, PostgreSQL, release: swimlanes, `fresh_with_template`, × sqlx::test     0.250      0.250   reached
             h, PostgreSQL, release: swimlanes, `clean`, × sqlx::test                   0.250      0.250    missed
        "#]],
    );
    let why = "there is no server".to_owned();
    let missing = Part::NotMeasured { scenario: Scenario::Postgres, size: Size::Quick, build: Build::Dev, why };
    expect![[r#"
        ### h: a fresh PostgreSQL database for each of 20 tests, 2 workers (dev profile)

        not measured: there is no server
    "#]]
    .assert_eq(&missing.render(Medium::Markdown));
    assert!(missing.goal_results().is_empty());
}

#[test]
fn table_of_lanes_shows_the_speed_up() {
    check(
        Scenario::Lanes,
        &[600_000, 400_000, 300_000, 150_000],
        Medium::Terminal,
        expect![[r#"
        i: the suite of examples/worker-lanes, with 1, 2 and 4 workers (release profile)

                                          median   shortest – longest   speed-up over 1 worker   CPU time per run   of a core
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         1 worker                         600 ms      300 ms – 1.20 s                     1.00              12 ms       1.7 %
         2 workers                        400 ms      200 ms – 800 ms                     1.50               8 ms       1.7 %
         4 workers                        300 ms      150 ms – 600 ms                     2.00               6 ms       1.7 %
         1 worker, only what runs alone   150 ms     75.0 ms – 300 ms                                        3 ms       1.7 %

        Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. A run takes at least as long as the tests that run alone, since the other workers wait for them (`serial` and `no_parallel`; that row includes the start of a run), and at least its CPU time divided by the number of cores. It also waits for the disk: each change of a database is written before the answer is sent. All files are on one file system, that of the target directory.

    "#]],
    );
}

#[test]
fn table_of_tags_shows_the_time_per_test_without_startup() {
    check(
        Scenario::Tags,
        &[200_000, 150_000, 20_000, 24_000, 60_000, 520_000, 35_001],
        Medium::Terminal,
        expect![[r#"
            tags: empty tests with tags, 4 workers (release profile)

                                                 tests    median   shortest – longest   per test
            ─────────────────────────────────────────────────────────────────────────────────────
             libtest + serial_test, one key      5,000    200 ms      100 ms – 400 ms    40.0 µs
             libtest + serial_test, 500 keys     5,000    150 ms     75.0 ms – 300 ms    30.0 µs
             swimlanes, no tests                     0   20.0 ms    10.0 ms – 40.0 ms
             swimlanes, no tags                  1,000   24.0 ms    12.0 ms – 48.0 ms     4.0 µs
             swimlanes, no tags                 10,000   60.0 ms     30.0 ms – 120 ms     4.0 µs
             swimlanes, no tags                100,000    520 ms      260 ms – 1.04 s     5.0 µs
             swimlanes, a key for ten tests      1,000   35.0 ms    17.5 ms – 70.0 ms    15.0 µs

            Rounds: 3. Load average before: 0.10 0.20 0.30. CPU time used by others: 1 %. The time per test is the time of the run divided by the number of tests; for swimlanes, the time of a run without tests is subtracted. swimlanes makes its tests at run time, in a loop. Its locks also exclude other processes; those of serial_test are mutexes here.

             goal                                                                 at most   measured
            ───────────────────────────────────────────────────────────────────────────────────────────────────
             tags, release: swimlanes, no tags, 1,000 tests, a test               15.0 µs     4.0 µs   reached
             tags, release: swimlanes, no tags, 10,000 tests, a test              15.0 µs     4.0 µs   reached
             tags, release: swimlanes, no tags, 100,000 tests, a test             15.0 µs     5.0 µs   reached
             tags, release: swimlanes, no tags, a test, × with 1,000                 1.50       1.25   reached
             tags, release: swimlanes, a key for ten tests, 1,000 tests, a test   15.0 µs    15.0 µs    missed
        "#]],
    );
}
