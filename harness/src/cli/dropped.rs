//! Tests that the compiler has dropped from the target. Each run and each list reports them.

use crate::model::event::{Event, Severity};
use crate::model::target::{DroppedTest, Target};
use crate::plan::Suite;

/// The dropped tests of a target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DroppedTests {
    /// Names and positions, and how to make them tests that run.
    pub(crate) message: String,
    /// The target has no other tests.
    pub(crate) are_all: bool,
}

impl DroppedTests {
    /// The dropped tests of this target, if there are any.
    pub(crate) fn of(target: Option<Target>, suite: &Suite) -> Option<Self> {
        let target = target.filter(|target| !target.dropped.is_empty())?;
        let names: Vec<&str> = suite.cases.iter().map(|case| case.name()).collect();
        Self::among(target.dropped, target.dropped_advice, &names)
    }

    /// A test with another attribute can be one of ours after all: a registered test was not dropped.
    fn among(dropped: &[DroppedTest], advice: &str, registered: &[&str]) -> Option<Self> {
        let is_of = |name: &str, function: &str| {
            name.strip_prefix(function).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let is_lost = |test: &&DroppedTest| !registered.iter().any(|name| is_of(name, test.name));
        let lost: Vec<&DroppedTest> = dropped.iter().filter(is_lost).collect();
        let what = match lost.len() {
            0 => return None,
            1 => "1 test of this target never runs".to_owned(),
            n => format!("{n} tests of this target never run"),
        };
        let are_all = registered.is_empty();
        let also = if are_all { ", and there are no other tests" } else { "" };
        let list: String = lost.iter().map(|test| format!("\n  {}", test.text)).collect();
        let message = format!(
            "{what}{also}: the compiler drops `#[test]` functions where `harness = false` is set{list}\n{advice}"
        );
        Some(Self { message, are_all })
    }

    /// For the end of a run, which fails if there were no other tests.
    pub(crate) fn event(self) -> Event {
        let severity = if self.are_all { Severity::Failure } else { Severity::Note };
        Event::Diagnostic { message: self.message, severity }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const DROPPED: [DroppedTest; 3] = [
        DroppedTest { name: "a", text: "t.rs:2: `a`, `#[test]`" },
        DroppedTest { name: "m::b", text: "t.rs:9: `m::b`, `#[x::test]`: write `#[swimlanes::test]` instead" },
        DroppedTest { name: "m::bc", text: "t.rs:10: `m::bc`, `#[x::test]`: write `#[swimlanes::test]` instead" },
    ];

    #[track_caller]
    fn check(dropped: &[DroppedTest], registered: &[&str], expected: Expect) {
        let found = DroppedTests::among(dropped, "to run them, do this", registered);
        expected
            .assert_eq(&found.map_or("none".to_owned(), |found| format!("{}\nall: {}", found.message, found.are_all)));
    }

    #[test]
    fn registered_tests_are_not_reported_as_dropped() {
        check(&DROPPED, &["a", "m::b::case_1", "m::bc"], expect!["none"]);
        check(
            &DROPPED,
            &["a", "m::b::case_1"],
            expect![[r#"
                1 test of this target never runs: the compiler drops `#[test]` functions where `harness = false` is set
                  t.rs:10: `m::bc`, `#[x::test]`: write `#[swimlanes::test]` instead
                to run them, do this
                all: false"#]],
        );
    }

    #[test]
    fn report_names_a_target_without_other_tests() {
        check(
            &DROPPED[..2],
            &[],
            expect![[r#"
                2 tests of this target never run, and there are no other tests: the compiler drops `#[test]` functions where `harness = false` is set
                  t.rs:2: `a`, `#[test]`
                  t.rs:9: `m::b`, `#[x::test]`: write `#[swimlanes::test]` instead
                to run them, do this
                all: true"#]],
        );
        check(&[], &[], expect!["none"]);
    }
}
