//! Tests of the suites, for each harness.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(suite: &BenchSuite, dialect: Dialect, expected: Expect) {
    expected.assert_eq(&source(suite, dialect));
}

/// The first case with each constraint, and the long cases.
fn few(mut suite: BenchSuite) -> BenchSuite {
    let mut seen = Vec::new();
    suite.cases.retain(|case| {
        let is_new = !seen.contains(&case.need);
        seen.push(case.need);
        is_new || case.length == Length::Long
    });
    suite
}

#[test]
fn empty_suite_contains_only_names() {
    check(
        &BenchSuite::empty("empty", 2),
        Dialect::Libtest,
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `empty` for libtest.

        #[test]
        fn t0() {}

        #[test]
        fn t1() {}
    "#]],
    );
    check(
        &BenchSuite::empty("empty", 2),
        Dialect::Mimic,
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `empty` for mimic.

        const CASES: &[(&str, u64)] = &[
            ("t0", 0),
            ("t1", 0),
        ];

        fn main() {
            let trial = |&(name, _): &(&str, u64)| libtest_mimic::Trial::test(name, || Ok(()));
            let trials = CASES.iter().map(trial).collect();
            libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
        }
    "#]],
    );
    check(
        &BenchSuite::empty("empty", 2),
        Dialect::Swimlanes(Hint::Nothing),
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `empty` for swimlanes.

        #[swimlanes::test]
        fn t0() {}

        #[swimlanes::test]
        fn t1() {}

        swimlanes::main!();
    "#]],
    );
}

#[test]
fn suites_of_sleeps_have_the_requested_hints() {
    let suite = few(BenchSuite::sleeps());
    check(
        &suite,
        Dialect::Mimic,
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `sleeps` for mimic.

        const CASES: &[(&str, u64)] = &[
            ("t000", 5),
            ("t240_long", 1500),
        ];

        fn main() {
            let trial = |&(name, sleep): &(&str, u64)| libtest_mimic::Trial::test(name, move || {
                std::thread::sleep(std::time::Duration::from_millis(sleep));
                Ok(())
            });
            let trials = CASES.iter().map(trial).collect();
            libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
        }
    "#]],
    );
    check(
        &suite,
        Dialect::Swimlanes(Hint::Slow),
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `sleeps` for swimlanes_slow.

        #[swimlanes::test]
        fn t000() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }

        #[swimlanes::test(slow)]
        fn t240_long() {
            std::thread::sleep(std::time::Duration::from_millis(1500));
        }

        swimlanes::main!();
    "#]],
    );
    check(
        &suite,
        Dialect::Swimlanes(Hint::Takes),
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `sleeps` for swimlanes_takes.

        #[swimlanes::test(takes = "5ms")]
        fn t000() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }

        #[swimlanes::test(takes = "1500ms")]
        fn t240_long() {
            std::thread::sleep(std::time::Duration::from_millis(1500));
        }

        swimlanes::main!();
    "#]],
    );
}

#[test]
fn serial_test_suite_marks_all_tests_if_one_runs_alone() {
    check(
        &few(BenchSuite::alone()),
        Dialect::SerialTest,
        expect![[r#"
            //! Written by `cargo xtask bench`: the suite `alone` for serial_test.

            #[test]
            #[serial_test::parallel(machine)]
            fn t000() {
                std::thread::sleep(std::time::Duration::from_millis(40));
            }

            #[test]
            #[serial_test::parallel(machine)]
            #[serial_test::serial(a)]
            fn t004_a() {
                std::thread::sleep(std::time::Duration::from_millis(40));
            }

            #[test]
            #[serial_test::parallel(machine)]
            #[serial_test::serial(key)]
            fn t005_key() {
                std::thread::sleep(std::time::Duration::from_millis(40));
            }

            #[test]
            #[serial_test::parallel(machine)]
            #[serial_test::serial(b)]
            fn t007_b() {
                std::thread::sleep(std::time::Duration::from_millis(40));
            }

            #[test]
            #[serial_test::serial(machine)]
            fn t008_alone() {
                std::thread::sleep(std::time::Duration::from_millis(40));
            }
        "#]],
    );
}

#[test]
fn swimlanes_suite_marks_only_constrained_tests() {
    check(
        &few(BenchSuite::alone()),
        Dialect::Swimlanes(Hint::Nothing),
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `alone` for swimlanes.

        #[swimlanes::test]
        fn t000() {
            std::thread::sleep(std::time::Duration::from_millis(40));
        }

        #[swimlanes::test(shared_resource = "a")]
        fn t004_a() {
            std::thread::sleep(std::time::Duration::from_millis(40));
        }

        #[swimlanes::test(serial = "key")]
        fn t005_key() {
            std::thread::sleep(std::time::Duration::from_millis(40));
        }

        #[swimlanes::test(shared_resource = "b")]
        fn t007_b() {
            std::thread::sleep(std::time::Duration::from_millis(40));
        }

        #[swimlanes::test(no_parallel)]
        fn t008_alone() {
            std::thread::sleep(std::time::Duration::from_millis(40));
        }

        swimlanes::main!();
    "#]],
    );
}

#[test]
fn lines_contain_the_name_of_their_test() {
    check(
        &BenchSuite::lines(1, 12_500),
        Dialect::Libtest,
        expect![[r#"
            //! Written by `cargo xtask bench`: the suite `lines` for libtest.

            #[test]
            fn t0() {
                for line in 0..12500 {
                    println!("t0 {line}");
                }
            }
        "#]],
    );
    check(
        &BenchSuite::lines(1, 12_500),
        Dialect::Null,
        expect![[r#"
            //! Written by `cargo xtask bench`: the suite `lines` for null.

            #[swimlanes::test]
            fn t0() {
                let null = std::fs::File::create("/dev/null").expect("it is there");
                let mut null = std::io::LineWriter::new(null);
                for line in 0..12500 {
                    std::io::Write::write_fmt(&mut null, format_args!("t0 {line}\n")).expect("it is written");
                }
            }

            swimlanes::main!();
        "#]],
    );
}

#[test]
fn suites_with_tags_use_keys_or_a_loop() {
    check(
        &BenchSuite::empty("tags", 1),
        Dialect::Keys(2),
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `tags` for keys.

        #[test]
        #[serial_test::serial(key_0)]
        fn t0000() {}

        #[test]
        #[serial_test::serial(key_1)]
        fn t0001() {}

        #[test]
        #[serial_test::serial(key_0)]
        fn t0002() {}

        #[test]
        #[serial_test::serial(key_1)]
        fn t0003() {}

        #[test]
        #[serial_test::serial(key_0)]
        fn t0004() {}
    "#]],
    );
    check(
        &BenchSuite::empty("tags", 1),
        Dialect::Made,
        expect![[r#"
        //! Written by `cargo xtask bench`: the suite `tags` for made.

        use swimlanes::Tags;

        fn main() -> std::process::ExitCode {
            let variable = |name| std::env::var(name).expect("it says what to make");
            let n: usize = variable("BENCH_TESTS").parse().expect("a number");
            let tagging = variable("BENCH_TAGGING");
            let mut runner = swimlanes::runner();
            for ix in 0..n {
                let tags = match &*tagging {
                    "free" => Tags::new(),
                    "keys" => Tags::new().serial_key(&format!("key-{}", ix % n.div_ceil(10))),
                    "one" => Tags::new().shared_resource("all"),
                    "two" => Tags::new()
                        .shared_resource(&format!("a-{}", ix % 97))
                        .shared_resource_shared(&format!("b-{}", ix % 89)),
                    _ => panic!("no such tags"),
                };
                runner = runner.test(&format!("t{ix:06}"), tags, || {});
            }
            runner.run()
        }
    "#]],
    );
}
