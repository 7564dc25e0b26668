//! Writes a suite down in the words of each harness.

use std::fmt::Write;

use crate::house::bench::suite::{Case, Length, Need, Suite};

/// How a suite is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    Swimlanes(Hint),
    Libtest,
    SerialTest,
    Mimic,
}

/// What swimlanes is told of how long cases take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    Nothing,
    /// The long ones are `slow`.
    Slow,
    /// All declare what they take.
    Takes,
}

impl Dialect {
    /// What the names of its test targets end with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Swimlanes(Hint::Nothing) => "swimlanes",
            Self::Swimlanes(Hint::Slow) => "swimlanes_slow",
            Self::Swimlanes(Hint::Takes) => "swimlanes_takes",
            Self::Libtest => "libtest",
            Self::SerialTest => "serial_test",
            Self::Mimic => "mimic",
        }
    }

    /// Whether the target brings its own `main`.
    pub(super) fn has_main(self) -> bool {
        match self {
            Self::Swimlanes(_) | Self::Mimic => true,
            Self::Libtest | Self::SerialTest => false,
        }
    }
}

/// The source of a test target.
pub(super) fn source(suite: &Suite, dialect: Dialect) -> String {
    let title = format!("//! Written by `cargo xtask bench`: the suite `{}` for {}.\n", suite.name, dialect.suffix());
    if dialect == Dialect::Mimic {
        return title + &mimic(suite);
    }
    let functions: String = suite.cases.iter().map(|case| function(suite, case, dialect)).collect();
    let main = if dialect.has_main() { "\nswimlanes::main!();\n" } else { "" };
    title + &functions + main
}

fn function(suite: &Suite, case: &Case, dialect: Dialect) -> String {
    let attributes = match dialect {
        Dialect::Swimlanes(hint) => swimlanes(case, hint),
        Dialect::SerialTest => serial_test(suite, case),
        // Mimic has no functions.
        Dialect::Libtest | Dialect::Mimic => "#[test]".to_owned(),
    };
    let body = match case.sleep.as_millis() {
        0 => "{}".to_owned(),
        sleep => format!("{{\n    std::thread::sleep(std::time::Duration::from_millis({sleep}));\n}}"),
    };
    format!("\n{attributes}\nfn {}() {body}\n", case.name)
}

fn swimlanes(case: &Case, hint: Hint) -> String {
    let need = match case.need {
        Need::Nothing => None,
        Need::Resource(name) => Some(format!("shared_resource = {name:?}")),
        Need::Key(key) => Some(format!("serial = {key:?}")),
        Need::Machine => Some("no_parallel".to_owned()),
    };
    let hint = match (hint, case.length) {
        (Hint::Takes, _) => Some(format!("takes = \"{}ms\"", case.sleep.as_millis())),
        (Hint::Slow, Length::Long) => Some("slow".to_owned()),
        (Hint::Slow, Length::Ordinary) | (Hint::Nothing, _) => None,
    };
    let arguments: Vec<String> = need.into_iter().chain(hint).collect();
    if arguments.is_empty() {
        return "#[swimlanes::test]".to_owned();
    }
    format!("#[swimlanes::test({})]", arguments.join(", "))
}

/// serial_test keeps apart only tests that are marked. So a test can run alone only if every other one is `parallel` on
/// a key that the lonely ones hold with `serial`.
///
/// That mark stands first, because serial_test takes the lock of the last one first: no test keeps the machine while it
/// waits for a key. The other order took longer (median of 15 runs each: 2.6 s, and 2.5 s in this one).
fn serial_test(suite: &Suite, case: &Case) -> String {
    let some_are_alone = suite.cases.iter().any(|case| case.need == Need::Machine);
    let beside = (some_are_alone && case.need != Need::Machine).then(|| "#[serial_test::parallel(machine)]".to_owned());
    let own = match case.need {
        Need::Nothing => None,
        Need::Resource(name) | Need::Key(name) => Some(format!("#[serial_test::serial({name})]")),
        Need::Machine => Some("#[serial_test::serial(machine)]".to_owned()),
    };
    let attributes = ["#[test]".to_owned()].into_iter().chain(beside).chain(own);
    attributes.collect::<Vec<_>>().join("\n")
}

fn mimic(suite: &Suite) -> String {
    let mut rows = String::new();
    for case in &suite.cases {
        let _ = writeln!(rows, "    ({:?}, {}),", case.name, case.sleep.as_millis());
    }
    let (sleep, body) = if suite.cases.iter().all(|case| case.sleep.is_zero()) {
        ("_", "|| Ok(())")
    } else {
        let body =
            "move || {\n        std::thread::sleep(std::time::Duration::from_millis(sleep));\n        Ok(())\n    }";
        ("sleep", body)
    };
    format!(
        "
const CASES: &[(&str, u64)] = &[
{rows}];

fn main() {{
    let trial = |&(name, {sleep}): &(&str, u64)| libtest_mimic::Trial::test(name, {body});
    let trials = CASES.iter().map(trial).collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
}}
"
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(suite: &Suite, dialect: Dialect, expected: Expect) {
        expected.assert_eq(&source(suite, dialect));
    }

    /// The first case of each need, and the long ones.
    fn few(mut suite: Suite) -> Suite {
        let mut seen = Vec::new();
        suite.cases.retain(|case| {
            let is_new = !seen.contains(&case.need);
            seen.push(case.need);
            is_new || case.length == Length::Long
        });
        suite
    }

    #[test]
    fn an_empty_suite_is_nothing_but_names() {
        check(
            &Suite::empty("empty", 2),
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
            &Suite::empty("empty", 2),
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
            &Suite::empty("empty", 2),
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
    fn sleeps_are_hinted_at_as_asked() {
        let suite = few(Suite::sleeps());
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
    fn serial_test_marks_everything_if_something_is_alone() {
        check(
            &few(Suite::alone()),
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
    fn swimlanes_marks_only_what_has_a_need() {
        check(
            &few(Suite::alone()),
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
}
