//! Rejects suites that contradict themselves, before any test runs. Each error contains a position.

use std::collections::HashSet;

use crate::model::error::Error;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace, Resource, capacity_of};
use crate::plan::by_name::ByName;
use crate::test_case::case::{Body, Case};

/// Checks the whole suite.
pub(super) fn suite(cases: &[&Case], names: &[&'static str], resources: &[Resource]) -> Result<(), Error> {
    let mut complaints = Vec::new();
    capacities(resources, &mut complaints);
    duplicates(cases, &mut complaints);
    for (case, name) in cases.iter().zip(names) {
        // The compiler has checked the names of the others.
        if let Body::Made(_) = case.body {
            spelling(case, name, &mut complaints);
        }
        tags(case, name, resources, &mut complaints);
    }
    if u32::try_from(cases.len()).is_err() {
        complaints.push(format!("a suite of {} tests is too large", cases.len()));
    }
    if complaints.is_empty() { Ok(()) } else { Err(Error::usage(complaints.join("\n"))) }
}

/// The names in `exact_names` that match no test and no function with cases, each with similar names.
pub(super) fn unmatched<'a>(exact_names: impl Iterator<Item = &'a str>, cases: &[&Case]) -> Vec<String> {
    let is_there = |name: &&str| cases.iter().any(|case| case.name() == *name || case.function() == Some(*name));
    let exact_names = exact_names.filter(|name| !is_there(name));
    exact_names.map(|name| format!("no test is named `{name}`; {}", instead_of(name, cases))).collect()
}

fn instead_of(name: &str, cases: &[&Case]) -> String {
    let last = |name: &str| name.rsplit("::").next().unwrap_or_default().to_owned();
    let is_similar = |other: &&str| last(other) == last(name) || other.contains(name);
    let similar = cases.iter().map(|case| case.name()).filter(is_similar).take(3);
    match similar.map(|name| format!("`{name}`")).collect::<Vec<_>>().as_slice() {
        [] => "`--list` shows the names there are".to_owned(),
        similar => format!("there is {}", similar.join(", ")),
    }
}

fn capacities(resources: &[Resource], complaints: &mut Vec<String>) {
    for (ix, resource) in resources.iter().enumerate() {
        let before = capacity_of(resource.name, &resources[..ix]);
        if resource.capacity == 0 {
            complaints.push(format!("the resource `{}` is declared with capacity 0", resource.name));
        } else if let Some(before) = before.filter(|&before| before != resource.capacity) {
            complaints.push(format!(
                "the resource `{}` is declared twice, with capacity {before} and with {}",
                resource.name, resource.capacity
            ));
        }
    }
}

/// Two tests with the same name: cargo-nextest would run one of them and ignore the other without a message.
fn duplicates(cases: &[&Case], complaints: &mut Vec<String>) {
    let mut by_name = ByName::with_capacity(cases.len());
    for &case in cases {
        if let Some(other) = by_name.insert(case) {
            complaints.push(format!(
                "two tests are named `{}`, at {} and at {}; rename one of them",
                case.name(),
                other.location,
                case.location
            ));
        }
    }
}

fn spelling(case: &Case, name: &str, complaints: &mut Vec<String>) {
    let fault = if name.is_empty() {
        "is empty"
    } else if name.starts_with('-') {
        "begins with `-`, so it could not be given as a filter"
    } else if name.trim() != name {
        "begins or ends with white space"
    } else if name.chars().any(char::is_control) {
        "contains a line break or another control character"
    } else {
        return;
    };
    complaints.push(format!("the name `{}` of the test at {} {fault}", name.escape_debug(), case.location));
}

fn tags(case: &Case, name: &str, resources: &[Resource], complaints: &mut Vec<String>) {
    let mut complain = |fault: String| complaints.push(format!("the test `{name}` at {} {fault}", case.location));
    let mut names_so_far = HashSet::new();
    for need in case.attributes().needs {
        let Constraint::Lock(lock) = need else { continue };
        if !names_so_far.insert((lock.domain, lock.name)) {
            complain(format!("takes {} twice", describe(lock)));
        }
        let Access::Units(n) = lock.access else { continue };
        match capacity_of(lock.name, resources) {
            None => complain(format!(
                "takes {n} units of `{}`, which has no declared capacity; declare it with \
                 `swimlanes::resource!(\"{}\", capacity = …)`",
                lock.name, lock.name
            )),
            Some(capacity) if n.get() > capacity => {
                complain(format!("takes {n} units of `{}`, which has only {capacity}", lock.name));
            }
            Some(_) => {}
        }
    }
    if case.attributes().needs.contains(&Constraint::Serial)
        && case.attributes().needs.contains(&Constraint::NoParallel)
    {
        complain("is both `serial` and `no_parallel`; `no_parallel` includes `serial`".to_owned());
    }
}

fn describe(lock: &LockClaim) -> String {
    match lock.domain {
        LockNamespace::Serial => format!("the serial key `{}`", lock.name),
        LockNamespace::Resource => format!("the resource `{}`", lock.name),
        LockNamespace::File => format!("the file_serial key `{}`", lock.name),
        LockNamespace::Group => format!("the group `{}`", lock.name),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::model::location::Location;
    use crate::model::outcome::TestReturn;
    use crate::test_case::case::Attributes;

    fn case(name: &'static str, needs: impl Into<Vec<Constraint>>) -> Case {
        let location = Location { file: "t.rs", line: 3, column: 4 };
        let attributes = Attributes { needs: needs.into().leak(), ..Attributes::NONE };
        let case = Case::new(format!("::{name}").leak(), location, Body::Made(&|_| Ok(TestReturn::Passed)));
        case.with(Box::leak(Box::new(attributes)))
    }

    const fn lock(name: &'static str, access: Access) -> Constraint {
        Constraint::Lock(LockClaim { domain: LockNamespace::Resource, name, access })
    }

    const TWO: Access = Access::Units(NonZeroU32::new(2).expect("not zero"));

    #[track_caller]
    fn check(cases: &[Case], resources: &[Resource], expected: Expect) {
        let cases: Vec<&Case> = cases.iter().collect();
        let names: Vec<&'static str> = cases.iter().map(|case| case.name()).collect();
        let actual = suite(&cases, &names, resources);
        expected.assert_eq(&actual.map_or_else(|error| error.to_string(), |()| "sound".to_owned()));
    }

    #[test]
    fn valid_suite_is_accepted() {
        let pool = Resource { name: "pool", capacity: 2 };
        check(&[case("a", [lock("pool", TWO)]), case("b", [])], &[pool, pool], expect!["sound"]);
    }

    #[test]
    fn duplicate_names_are_refused() {
        check(
            &[case("a", []), case("a", [])],
            &[],
            expect!["two tests are named `a`, at t.rs:3:4 and at t.rs:3:4; rename one of them"],
        );
    }

    #[test]
    fn invalid_names_are_refused() {
        check(
            &[case("", []), case("-x", []), case(" a", []), case("a\nb: test", [])],
            &[],
            expect![[r#"
                the name `` of the test at t.rs:3:4 is empty
                the name `-x` of the test at t.rs:3:4 begins with `-`, so it could not be given as a filter
                the name ` a` of the test at t.rs:3:4 begins or ends with white space
                the name `a\nb: test` of the test at t.rs:3:4 contains a line break or another control character"#]],
        );
    }

    #[test]
    fn invalid_tags_are_refused() {
        const ONE: Access = Access::Exclusive;
        check(
            &[
                case("a", [lock("pool", TWO)]),
                case("b", [lock("few", TWO)]),
                case("c", [lock("x", ONE), lock("x", Access::Shared)]),
                case("d", [Constraint::Serial, Constraint::NoParallel]),
            ],
            &[Resource { name: "few", capacity: 1 }, Resource { name: "none", capacity: 0 }],
            expect![[r#"
                the resource `none` is declared with capacity 0
                the test `a` at t.rs:3:4 takes 2 units of `pool`, which has no declared capacity; declare it with `swimlanes::resource!("pool", capacity = …)`
                the test `b` at t.rs:3:4 takes 2 units of `few`, which has only 1
                the test `c` at t.rs:3:4 takes the resource `x` twice
                the test `d` at t.rs:3:4 is both `serial` and `no_parallel`; `no_parallel` includes `serial`"#]],
        );
    }

    #[test]
    fn unmatched_name_is_reported_with_a_similar_one() {
        let location = Location { file: "x.rs", line: 1, column: 1 };
        let case = |path| Case::new(path, location, Body::Function(|_| Ok(TestReturn::Passed)));
        static OF_FUNCTION: Attributes = Attributes { n_parts: 1, ..Attributes::NONE };
        let cases = [case("s::db::adds"), case("s::db::stores"), case("s::f::one").with(&OF_FUNCTION)];
        let cases: Vec<&Case> = cases.iter().collect();
        let check = |name, expected: &[&str]| assert_eq!(unmatched([name].into_iter(), &cases), expected);
        check("db::adds", &[]);
        check("f", &[]);
        check("f::one", &[]);
        check("adds", &["no test is named `adds`; there is `db::adds`"]);
        check("gone", &["no test is named `gone`; `--list` shows the names there are"]);
    }
}
