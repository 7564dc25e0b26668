//! The suite of this test binary, and the plan for it: the same in every process of a run.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use crate::cli::args::CommandLine;
use crate::cli::configure::Defaults;
use crate::model::config::{Capture, RunConfig};
use crate::model::error::Error;
use crate::model::tags::Resource;
use crate::model::target::Target;
use crate::os::last_failed::LastFailed;
use crate::os::machine;
use crate::plan::select::Selection;
use crate::plan::{Plan, PlanOptions, Suite};
use crate::test_case::case::Case;
use crate::test_case::registry;

/// What the suite's own `main` has added to the runner.
pub(crate) struct RuntimeSuite {
    pub(crate) cases: Vec<&'static Case>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) defaults: Defaults,
    pub(crate) target: Option<Target>,
}

/// The suite: the tests that the macros registered, and those that its own `main` made.
pub(crate) fn suite(runtime_suite: &RuntimeSuite) -> Suite {
    let mut cases = registry::cases();
    cases.extend_from_slice(&runtime_suite.cases);
    let mut resources = registry::resources();
    resources.extend_from_slice(&runtime_suite.resources);
    Suite { cases, resources }
}

/// The tests that failed in the last runs, if `--last-failed` or `--failed-first` asks for them.
///
/// # Errors
///
/// If the file with their names cannot be read, or this program is not in a target directory.
pub(crate) fn failed_before(
    runtime_suite: &RuntimeSuite,
    line: &CommandLine,
) -> Result<Option<BTreeSet<String>>, Error> {
    let option = match (line.run.last_failed, line.run.failed_first) {
        (true, _) => "--last-failed",
        (false, true) => "--failed-first",
        (false, false) => return Ok(None),
    };
    let file = last_failed(runtime_suite).ok_or_else(|| {
        Error::usage(format!("{option} needs the results of earlier runs, which are below cargo's target directory, and this program is not in one"))
    })?;
    file.read().map(Some).map_err(|cause| Error::io(format!("read the results of earlier runs for {option}"), cause))
}

/// The file with the tests that failed in the last runs.
pub(crate) fn last_failed(runtime_suite: &RuntimeSuite) -> Option<LastFailed> {
    let name = match runtime_suite.target {
        Some(target) => format!("{}-{}-{}", target.package, target.kind(), target.name()),
        None => machine::program_name()?.to_string(),
    };
    LastFailed::of(&name)
}

pub(crate) fn plan(
    runtime_suite: &RuntimeSuite,
    line: &CommandLine,
    suite: &Suite,
    config: &RunConfig,
    is_verified: bool,
) -> Result<Plan, Error> {
    let selection = Selection::new(&line.libtest, &line.filters());
    #[cfg(feature = "filterset")]
    let filterset = line
        .filterset
        .as_deref()
        .map(|text| crate::cli::filterset::matching(text, suite, runtime_suite.target))
        .transpose()?;
    #[cfg(not(feature = "filterset"))]
    let (filterset, _) = (None, runtime_suite);
    let failed_before = failed_before(runtime_suite, line)?.unwrap_or_default();
    let choices = PlanOptions {
        selection: &selection,
        filterset: filterset.as_ref(),
        failed_before: &failed_before,
        // Without failures, all tests run, as with pytest.
        only_failed: line.run.last_failed && !failed_before.is_empty(),
        shard: line.shard,
        order: config.order,
        seed: config.seed,
        dist: config.dist,
        is_verified,
    };
    Plan::build(suite, choices)
}

/// Limits the workers to the number of tests: a worker without a test would cost two threads. Removes what only several
/// workers need.
pub(crate) fn fitting(config: RunConfig, n_cases: usize) -> RunConfig {
    let cases = u32::try_from(n_cases).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    let workers = config.workers.min(cases);
    let capture = match config.capture {
        // With one worker, a prefix would distinguish nothing.
        Capture::Prefixed if workers == NonZeroU32::MIN => Capture::Off,
        capture => capture,
    };
    RunConfig { workers, capture, ..config }
}
