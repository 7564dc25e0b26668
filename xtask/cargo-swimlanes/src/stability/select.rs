//! Decides which of the listed tests the campaign runs, and with which arguments.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use swimlanes::filterset::{Binary as QueriedBinary, Filterset};

use crate::stability::command::is_filter_for;
use crate::stability::model::{Narrowing, Suite};
use crate::suite::binary::{Binary, Harness};
use crate::suite::list::ListedTest;

/// A binary, its harness and the tests that it lists.
pub(super) type ListedSuite = (Binary, Harness, Vec<ListedTest>);

/// The suites that have tests to run. `filterset` is an expression, with the output of `cargo metadata`.
///
/// # Errors
///
/// If the expression is invalid, or there is another filter.
pub(super) fn select(
    answers: Vec<ListedSuite>,
    filterset: Option<(&str, &str)>,
    suite_arguments: &[String],
) -> Result<Vec<Suite>> {
    if filterset.is_some() {
        refuse_filters(&answers, suite_arguments)?;
    }
    let tags: BTreeSet<String> = answers.iter().flat_map(|(_, _, tests)| tests).flat_map(tags_of).collect();
    let filterset = filterset.map(|(text, metadata)| Filterset::parse(text, metadata, &tags));
    // The whole error is in its text.
    let filterset = filterset.transpose().map_err(|error| anyhow!("{error}"))?;
    let suites = answers.into_iter().map(|(binary, harness, listed)| {
        let queried = queried(&binary);
        let is_selected = |test: &ListedTest| match &filterset {
            Some(filterset) => filterset.selects(&queried, &test.name, &tags_of(test)),
            None => true,
        };
        suite(binary, harness, &listed, is_selected)
    });
    Ok(suites.filter(|suite| !suite.tests.is_empty()).collect())
}

fn tags_of(test: &ListedTest) -> Vec<String> {
    test.tags.iter().map(|tag| tag.clone().into_owned()).collect()
}

/// The selected tests are passed to suites as names with `--exact`, with which other filters would also be names.
fn refuse_filters(answers: &[ListedSuite], suite_arguments: &[String]) -> Result<()> {
    let mut listed = answers.iter().flat_map(|(_, _, listed)| listed);
    let found = listed.find_map(|test| suite_arguments.iter().find(|word| is_filter_for(word, &test.name)));
    match found {
        None => Ok(()),
        Some(word) => bail!(
            "`{word}` after `--` looks like a filter, and there is one with -E; give one of them, and the values of \
             options as --option=value"
        ),
    }
}

fn queried(binary: &Binary) -> QueriedBinary {
    QueriedBinary {
        package_id: binary.package_id.clone(),
        package: binary.package.clone(),
        name: binary.target.clone(),
        kind: binary.kind.clone(),
    }
}

fn suite(binary: Binary, harness: Harness, listed: &[ListedTest], is_selected: impl Fn(&ListedTest) -> bool) -> Suite {
    let (selected, others): (Vec<&ListedTest>, Vec<&ListedTest>) = listed.iter().partition(|test| is_selected(test));
    let names = |tests: &[&ListedTest]| tests.iter().map(|test| test.name.clone().into_owned()).collect::<Vec<_>>();
    let (ignored, tests): (Vec<&ListedTest>, Vec<&ListedTest>) = selected.into_iter().partition(|test| test.ignored);
    let tests = names(&tests);
    let narrowing = match harness {
        _ if others.is_empty() => Narrowing::None,
        // libtest-mimic accepts one name, but any number of tests to skip.
        Harness::Libtest if tests.len() > 1 => Narrowing::Without(names(&others)),
        Harness::Libtest | Harness::Swimlanes => Narrowing::Only(tests.clone()),
    };
    Suite { binary, harness, tests, ignored: ignored.len(), not_selected: others.len(), narrowing }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(harness: Harness, selected: &[&str], expected: Expect) {
        let test =
            |name: &str| ListedTest { name: name.to_owned().into(), ignored: name == "later", ..ListedTest::default() };
        let listed = ["adds", "stores", "reads", "later"].map(test);
        let suite = suite(Binary::default(), harness, &listed, |test| selected.contains(&&*test.name));
        let Suite { tests, ignored, not_selected, narrowing, .. } = suite;
        expected.assert_eq(&format!("{tests:?}, {ignored} ignored, {not_selected} not selected, {narrowing:?}"));
    }

    #[test]
    fn a_suite_that_runs_everything_has_no_filter() {
        check(
            Harness::Swimlanes,
            &["adds", "stores", "reads", "later"],
            expect![[r#"["adds", "stores", "reads"], 1 ignored, 0 not selected, None"#]],
        );
        check(
            Harness::Libtest,
            &["adds", "stores", "reads", "later"],
            expect![[r#"["adds", "stores", "reads"], 1 ignored, 0 not selected, None"#]],
        );
    }

    #[test]
    fn a_part_of_a_suite_is_named() {
        check(
            Harness::Swimlanes,
            &["adds", "reads"],
            expect![[r#"["adds", "reads"], 0 ignored, 2 not selected, Only(["adds", "reads"])"#]],
        );
        check(Harness::Libtest, &["adds"], expect![[r#"["adds"], 0 ignored, 3 not selected, Only(["adds"])"#]]);
        check(
            Harness::Libtest,
            &["adds", "reads", "later"],
            expect![[r#"["adds", "reads"], 1 ignored, 1 not selected, Without(["stores"])"#]],
        );
        check(Harness::Libtest, &["later"], expect!["[], 1 ignored, 3 not selected, Only([])"]);
    }

    #[test]
    fn a_filterset_and_another_filter_are_refused() {
        let test = ListedTest { name: "adds".into(), ..ListedTest::default() };
        let check = |filterset: Option<&str>, word: &str| {
            let binary = Binary {
                package_id: "path+file:///#shop@0.0.0".to_owned(),
                package: "shop".to_owned(),
                target: "api".to_owned(),
                kind: "test".to_owned(),
                ..Binary::default()
            };
            let metadata = queried(&binary).metadata();
            let answers = vec![(binary, Harness::Libtest, vec![test.clone()])];
            let selected = select(answers, filterset.map(|text| (text, metadata.as_str())), &[word.to_owned()]);
            selected.map(|suites| suites.len()).map_err(|error| error.to_string())
        };
        assert_eq!(check(None, "add"), Ok(1));
        assert_eq!(check(Some("all()"), "--add"), Ok(1));
        assert_eq!(check(Some("none()"), "other"), Ok(0));
        expect!["`add` after `--` looks like a filter, and there is one with -E; give one of them, and the values of options as --option=value"].assert_eq(&check(Some("all()"), "add").expect_err("two filters"));
    }
}
