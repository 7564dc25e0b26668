//! `--list`: the names of the tests, without side effects. The terse format contains nothing else.

use std::borrow::Cow;
use std::io;

use swimlanes_core::events::VERSION;
use swimlanes_core::list::{HARNESS, ListRecord, ListedSuite, ListedTest};

use crate::model::config::Format;
use crate::model::location::Location;
use crate::model::tags::{Access, Constraint, LockNamespace};
use crate::os::stdout;
use crate::plan::{Plan, Planned};
use crate::report::json_text::JsonText;
use crate::test_case::case::Case;

/// Writes a list of the tests of the plan, including ignored ones.
///
/// # Errors
///
/// If stdout is closed.
pub(crate) fn write(plan: &Plan, format: Format) -> io::Result<()> {
    let list = match format {
        Format::Json => json(plan),
        Format::Terse => names(plan),
        #[cfg(feature = "junit")]
        Format::JUnit => names(plan),
        Format::Pretty => {
            let n = plan.cases.len();
            let plural = if n == 1 { "" } else { "s" };
            // libtest writes no empty line above the number if the list is empty.
            let space = if n == 0 { "" } else { "\n" };
            format!("{}{space}{n} test{plural}, 0 benchmarks\n", names(plan))
        }
    };
    stdout::write_all(list.as_bytes())
}

/// In libtest's format. The plan is filtered already, also by `--ignored`.
fn names(plan: &Plan) -> String {
    plan.cases.iter().map(|planned| format!("{}: test\n", planned.name)).collect()
}

/// One line for the suite, and one for each test with its tags.
fn json(plan: &Plan) -> String {
    let suite =
        ListRecord::Suite(ListedSuite { harness: HARNESS.into(), version: VERSION, test_count: plan.cases.len() });
    let test = |planned: &Planned| {
        let Location { file, line, .. } = planned.case.location;
        ListRecord::Test(ListedTest {
            name: planned.name.into(),
            ignored: planned.case.is_ignored(),
            file: file.into(),
            line,
            tags: tags(planned.case).into_iter().map(Cow::Owned).collect(),
        })
    };
    std::iter::once(suite).chain(plan.cases.iter().map(test)).map(|line| format!("{}\n", JsonText(&line))).collect()
}

/// The names with which `group(…)` of a filterset finds the test: its tags, resources, keys, group and labels.
pub(crate) fn tags(case: &Case) -> Vec<String> {
    let needs = case.attributes().needs.iter().flat_map(|need| match need {
        Constraint::Serial => vec!["serial".to_owned()],
        Constraint::NoParallel => vec!["no_parallel".to_owned()],
        Constraint::Lock(lock) => match (lock.domain, lock.access) {
            (LockNamespace::Resource, _) => vec!["shared_resource".to_owned(), lock.name.to_owned()],
            (LockNamespace::Group, _) | (LockNamespace::Serial | LockNamespace::File, Access::Shared) => {
                vec![lock.name.to_owned()]
            }
            (LockNamespace::Serial | LockNamespace::File, _) => vec!["serial".to_owned(), lock.name.to_owned()],
        },
    });
    let others = case.attributes().group.iter().chain(case.attributes().labels).map(|&name| name.to_owned());
    let mut tags: Vec<String> = needs.chain(others).filter(|name| !name.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags
}
