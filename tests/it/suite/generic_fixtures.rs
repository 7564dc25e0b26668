//! Generic fixture functions: each type has its own fixture.

use expect_test::expect;

use crate::suite::nextest;
use crate::suite::outcomes::check;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn each_type_has_its_own_fixture_in_each_scope() {
    for isolation in ISOLATIONS {
        let (answer, log) = fixture("generic_fixtures").run_logging(&["-n1", "--isolation", isolation]);
        assert!(answer.stdout.contains("test result: ok. 4 passed"), "{}", answer.text());
        for ty in ["User", "Order"] {
            let count = |what: &str| log.iter().filter(|line| *line == what).count();
            let up_and_down = ["schema of {} up", "table of {} up", "schema of {} down"];
            // Each test is a process, and only three of them need orders.
            let n = match (isolation, ty) {
                ("test", "User") => 4,
                ("test", _) => 3,
                _ => 1,
            };
            let counts = up_and_down.map(|what| count(&what.replace("{}", ty)));
            assert_eq!(counts, [n; 3], "{isolation} {ty}: {log:?}");
        }
    }
}

#[test]
fn each_type_has_its_own_fixture_under_nextest() {
    let answer = nextest::run(&["generic_fixtures"], &[]).run();
    assert!(answer.stderr.contains("4 tests run: 4 passed"), "{}", answer.text());
}

#[test]
fn fixtures_option_lists_each_type_of_a_generic_fixture() {
    check(
        fixture("generic_fixtures"),
        &["--fixtures"],
        expect![[r#"
            schema: generic_fixtures::Schema<generic_fixtures::Order>, made for the process, tests/examples/generic_fixtures.rs:41:10
                fixtures that take it: table
                no test takes it
            schema: generic_fixtures::Schema<generic_fixtures::User>, made for the process, tests/examples/generic_fixtures.rs:41:10
                fixtures that take it: table
                tests that take it: 1 (users_have_a_table)
            table: generic_fixtures::Table<generic_fixtures::Order>, made for the worker, tests/examples/generic_fixtures.rs:57:4
                fixtures that take it: rows
                tests that take it: 1 (orders_have_another)
            table: generic_fixtures::Table<generic_fixtures::User>, made for the worker, tests/examples/generic_fixtures.rs:57:4
                fixtures that take it: rows
                tests that take it: 2 (users_have_a_table, orders_have_another)
            rows: generic_fixtures::Rows<generic_fixtures::Order, 1>, made for the test, tests/examples/generic_fixtures.rs:72:4
                tests that take it: 1 (within_the_attempt_they_are_shared)
            rows: generic_fixtures::Rows<generic_fixtures::Order, 3>, made for the test, tests/examples/generic_fixtures.rs:72:4
                tests that take it: 1 (rows_are_of_the_test)
            rows: generic_fixtures::Rows<generic_fixtures::User, 1>, made for the test, tests/examples/generic_fixtures.rs:72:4
                tests that take it: 1 (within_the_attempt_they_are_shared)
            rows: generic_fixtures::Rows<generic_fixtures::User, 2>, made for the test, tests/examples/generic_fixtures.rs:72:4
                tests that take it: 1 (rows_are_of_the_test)
            spare: generic, made for the test, tests/examples/generic_fixtures.rs:82:4
                no test takes it
            --- exit code 0
        "#]],
    );
}
