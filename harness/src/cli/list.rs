//! `--list`: the names of the tests, without side effects. The terse format contains nothing else.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use swimlanes_core::attributes::Pace;
use swimlanes_core::backoff::{Backoff, RetryOn};
use swimlanes_core::events::VERSION;
use swimlanes_core::list::{HARNESS, ListRecord, ListedConstraint, ListedLock, ListedRetries, ListedSuite, ListedTest};

use crate::model::config::{Format, RunConfig};
use crate::model::location::Location;
use crate::model::tags::{Access, Constraint, LockNamespace};
use crate::os::stdout;
use crate::plan::{Plan, Planned};
use crate::policy::retry::{self, RetryPolicy};
use crate::policy::timeout;
use crate::report::json_text::JsonText;
use crate::test_case::case::Case;

/// Writes a list of the tests of the plan, including ignored ones.
///
/// # Errors
///
/// If stdout is closed.
pub(crate) fn write(plan: &Plan, config: &RunConfig, format: Format) -> io::Result<()> {
    let list = match format {
        Format::Json => json(plan, config),
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

/// One line for the suite, and one for each test.
fn json(plan: &Plan, config: &RunConfig) -> String {
    let suite =
        ListRecord::Suite(ListedSuite { harness: HARNESS.into(), version: VERSION, test_count: plan.cases.len() });
    let tests = plan.cases.iter().map(|planned| ListRecord::Test(listed(plan, planned, config)));
    std::iter::once(suite).chain(tests).map(|line| format!("{}\n", JsonText(&line))).collect()
}

fn listed<'a>(plan: &Plan, planned: &'a Planned, config: &RunConfig) -> ListedTest<'a> {
    let case = planned.case;
    let attributes = case.attributes();
    let constraint = |need: &Constraint| match need {
        Constraint::Serial => ListedConstraint::Serial,
        Constraint::NoParallel => ListedConstraint::NoParallel,
        Constraint::Lock(lock) => ListedConstraint::Lock(ListedLock {
            namespace: lock.domain,
            name: lock.name.into(),
            shared: lock.access == Access::Shared,
            units: match lock.access {
                Access::Units(units) => Some(units.get()),
                Access::Exclusive | Access::Shared => None,
            },
            capacity: plan.capacity(lock),
        }),
    };
    let Location { file, line, .. } = case.location;
    ListedTest {
        name: planned.name.into(),
        ignored: case.is_ignored(),
        file: file.into(),
        line,
        tags: tags(case).into_iter().map(Cow::Owned).collect(),
        constraints: attributes.needs.iter().map(constraint).collect(),
        group: attributes.group.map(Cow::Borrowed),
        timeout_ns: timeout::limit(attributes, config).map(nanos),
        retries: retries(retry::terms(attributes, config)),
        slow: attributes.pace != Pace::Unknown,
    }
}

fn retries(policy: RetryPolicy) -> Option<ListedRetries> {
    let (delay, exponential, at_most) = match policy.backoff {
        Backoff::Fixed(delay) => (delay, false, None),
        Backoff::Exponential { first, at_most } => (first, true, Some(at_most).filter(|&limit| limit != Duration::MAX)),
        _ => (Duration::ZERO, false, None),
    };
    (policy.retries > 0).then(|| ListedRetries {
        count: policy.retries,
        delay_ns: nanos(delay),
        exponential,
        max_delay_ns: at_most.map(nanos),
        alone: policy.on == RetryOn::Alone,
    })
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
