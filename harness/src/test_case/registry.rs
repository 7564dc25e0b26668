//! The tests, fixtures and resources that the macros registered, anywhere in the crate.

use std::any::TypeId;
use std::cmp::Reverse;
use std::collections::HashMap;

use once_cell::sync::Lazy;

use crate::fixture::context::{FixtureDef, GenericFixtureDef};
use crate::fixture::definition::Autouse;
use crate::model::hash::fnv;
use crate::model::tags::Resource;
use crate::test_case::case::{Case, Cases};

inventory::collect!(Case);
inventory::collect!(Cases);
inventory::collect!(Resource);
inventory::collect!(FixtureDef);
inventory::collect!(GenericFixtureDef);

/// All tests in the order of the source: by file, then line. The cases of a function keep their order, at the position of the first. The
/// order of the linker is arbitrary.
pub(crate) fn cases() -> Vec<&'static Case> {
    let mut files: Vec<(&str, Vec<&Case>)> = Vec::new();
    let mut add = |case: &'static Case| {
        let file = case.location.file;
        // The tests of a file are nearly always adjacent.
        let known = files.iter_mut().rev().find(|(name, _)| std::ptr::eq(*name, file) || *name == file);
        match known {
            Some((_, cases)) => cases.push(case),
            None => files.push((file, vec![case])),
        }
    };
    for case in inventory::iter::<Case> {
        add(case);
    }
    let mut by_first: HashMap<*const Case, &[Case]> = HashMap::new();
    for Cases(cases) in inventory::iter::<Cases> {
        add(&cases[0]);
        by_first.insert(&raw const cases[0], cases);
    }
    files.sort_by_key(|&(name, _)| name);
    let firsts = files.into_iter().flat_map(|(_, cases)| by_line(cases));
    if by_first.is_empty() {
        return firsts.collect();
    }
    let all = |first: &'static Case| match first.is_one_of_several() {
        true => by_first[&std::ptr::from_ref(first)],
        false => std::slice::from_ref(first),
    };
    firsts.flat_map(all).collect()
}

/// The cases of one file by line. Each case goes to the index of its line: with a sort, a run of 5,000 empty tests takes 10 % more
/// instructions in a release build, and 25 % more in a debug build (callgrind).
fn by_line(mut cases: Vec<&Case>) -> Vec<&Case> {
    let last = cases.iter().map(|case| case.location.line as usize).max().unwrap_or(0);
    // A file that is mostly other code is sorted below. So are several cases on one line, which a macro can write.
    if last <= 16 * cases.len() {
        let mut lines = vec![None; last + 1];
        let mut is_alone = true;
        for &case in &cases {
            is_alone &= lines[case.location.line as usize].replace(case).is_none();
        }
        if is_alone {
            return lines.into_iter().flatten().collect();
        }
    }
    // The output of a macro can have a single position. The name makes the order the same in each build.
    cases.sort_by_key(|case| (case.location.line, case.location.column, case.name()));
    cases
}

/// All tests, in arbitrary order.
pub(crate) fn each() -> impl Iterator<Item = &'static Case> {
    inventory::iter::<Case>.into_iter().chain(inventory::iter::<Cases>.into_iter().flat_map(|cases| cases.0))
}

/// The test with this name, among `runtime_cases` if it was not registered. Stops at the first match.
pub(crate) fn find(name: &str, runtime_cases: &[&'static Case]) -> Option<&'static Case> {
    let hash = fnv(name.as_bytes());
    each().chain(runtime_cases.iter().copied()).find(|case| case.is_named(name, hash))
}

/// The fixture functions, in the order of the source.
pub(crate) fn definitions() -> Vec<&'static FixtureDef> {
    let mut definitions: Vec<&FixtureDef> = inventory::iter::<FixtureDef>.into_iter().collect();
    definitions.sort_by_key(|definition| definition.function.location);
    definitions
}

/// The `autouse` fixture functions of a test: the longest-lived values first, then the outer modules, then in the order of the source.
pub(crate) fn autouse_of(case: &Case) -> Vec<&'static FixtureDef> {
    // Called for each attempt, and most suites have none.
    static AUTOUSE: Lazy<Vec<&'static FixtureDef>> = Lazy::new(|| {
        let mut autouse = definitions();
        autouse.retain(|definition| definition.function.autouse != Autouse::Off);
        autouse.sort_by_key(|FixtureDef { function, .. }| {
            (Reverse(function.scope), function.name().matches("::").count())
        });
        autouse
    });
    AUTOUSE.iter().copied().filter(|definition| definition.function.is_autouse_for(case.name())).collect()
}

/// The generic fixture functions, in arbitrary order.
pub(crate) fn generics() -> impl Iterator<Item = &'static GenericFixtureDef> {
    inventory::iter::<GenericFixtureDef>.into_iter()
}

/// Whether there are fixture functions of either kind.
pub(crate) fn has_definitions() -> bool {
    inventory::iter::<FixtureDef>.into_iter().next().is_some() || generics().next().is_some()
}

/// The function that makes values of this type. There are few, so a linear search is fast.
pub(crate) fn definition(of: TypeId) -> Option<&'static FixtureDef> {
    inventory::iter::<FixtureDef>.into_iter().find(|definition| (definition.function.makes)().id == of)
}

/// The fixture function with this path.
#[cfg(target_os = "linux")]
pub(crate) fn definition_at(path: &str) -> Option<&'static FixtureDef> {
    inventory::iter::<FixtureDef>.into_iter().find(|definition| definition.function.path == path)
}

/// All counted resources.
pub(crate) fn resources() -> Vec<Resource> {
    inventory::iter::<Resource>.into_iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::outcome::TestReturn;
    use crate::test_case::case::Body;

    /// Positions as `line:column` in one file; with a letter if several cases have the same position.
    #[track_caller]
    fn check(places: &str, expected: &str) {
        let cases = places.split_whitespace().map(|place| {
            let numbers = place.trim_end_matches(char::is_alphabetic);
            let (line, column) = numbers.split_once(':').expect("line:column");
            let (line, column) = (line.parse().expect("a number"), column.parse().expect("a number"));
            let location = Location { file: "x.rs", line, column };
            let path = format!("::{place}").leak();
            &*Box::leak(Box::new(Case::new(path, location, Body::Function(|_| Ok(TestReturn::Passed)))))
        });
        let sorted = by_line(cases.collect());
        let places: Vec<&str> = sorted.iter().map(|case| case.name()).collect();
        assert_eq!(places.join(" "), expected);
    }

    #[test]
    fn cases_are_in_source_order() {
        check("", "");
        check("7:1 3:9 5:2", "3:9 5:2 7:1");
        check("3:9 3:1 2:5 3:4", "2:5 3:1 3:4 3:9");
        check("9000:1 3:9", "3:9 9000:1");
        check("3:9b 3:9a 3:10 2:9c", "2:9c 3:9a 3:9b 3:10");
    }
}
