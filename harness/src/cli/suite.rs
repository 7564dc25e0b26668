//! The suite of this test binary, and the plan for it: the same in every process of a run.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use crate::cli::args::CommandLine;
use crate::cli::bazel;
use crate::cli::configure::Defaults;
use crate::cli::run_options::HistoryOption;
use crate::model::config::{Capture, RunConfig, ShardBy};
use crate::model::error::Error;
use crate::model::history::History;
use crate::model::tags::Resource;
use crate::model::target::Target;
use crate::os::env::Env;
use crate::os::history_file::HistoryFile;
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

/// The file with the history of this suite. `None` if the history is off, or this program is not in a target directory.
pub(crate) fn history_file(runtime_suite: &RuntimeSuite, line: &CommandLine, env: &Env) -> Option<HistoryFile> {
    let name = match runtime_suite.target {
        Some(target) => format!("{}-{}-{}", target.package, target.kind(), target.name()),
        None => machine::program_name()?.to_string(),
    };
    match history_option(line, env) {
        None => HistoryFile::of_this_program(&name),
        Some(HistoryOption::Off) => None,
        Some(HistoryOption::In(directory)) => Some(HistoryFile::within(&directory, &name)),
    }
}

/// The history of this suite; empty if there is none, and no option needs it.
///
/// # Errors
///
/// If an option needs it, and it cannot be read.
pub(crate) fn history(runtime_suite: &RuntimeSuite, line: &CommandLine, env: &Env) -> Result<History, Error> {
    let file = history_file(runtime_suite, line, env);
    let option = match (line.shard_by, line.run.last_failed, line.run.failed_first) {
        (ShardBy::Time, ..) if !matches!(history_option(line, env), Some(HistoryOption::In(_))) => {
            let message = "`--shard-by time` needs the same durations on all machines, so give the directory with them: --history DIR";
            return Err(Error::usage(message));
        }
        (ShardBy::Time, ..) => "--shard-by time",
        (_, true, _) => "--last-failed",
        (_, false, true) => "--failed-first",
        (_, false, false) => {
            // The history is a convenience: the next run replaces a file that cannot be read.
            return Ok(file.and_then(|file| file.read().ok().flatten()).unwrap_or_default());
        }
    };
    let Some(file) = file else {
        return Err(Error::usage(format!(
            "{option} needs the results of earlier runs, and there are none: `--history off` was given, or this program is not in a target \
             directory of cargo, where they are"
        )));
    };
    let read = file.read().map_err(|cause| Error::file("read the results of earlier runs", file.path(), cause))?;
    match read {
        None if line.shard_by == ShardBy::Time => {
            let path = file.path().display();
            Err(Error::usage(format!(
                "{option} needs the durations in {path}, and there is no such file; a run without shards writes it"
            )))
        }
        read => Ok(read.unwrap_or_default()),
    }
}

fn history_option(line: &CommandLine, env: &Env) -> Option<HistoryOption> {
    let from_env =
        || env.history.as_deref().map(|text| HistoryOption::parse(text).unwrap_or_else(|never| match never {}));
    line.run.history.clone().or_else(from_env)
}

pub(crate) fn plan(
    runtime_suite: &RuntimeSuite,
    line: &CommandLine,
    env: &Env,
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
    let (filterset, _) = (None::<std::collections::HashSet<&'static str>>, runtime_suite);
    let by_bazel = bazel::selected(&env.bazel, suite.cases.iter().map(|case| case.name()));
    let filterset = match (filterset, by_bazel) {
        (Some(one), Some(other)) => Some(&one & &other),
        (one, other) => one.or(other),
    };
    let history = history(runtime_suite, line, env)?;
    let failed_before = if line.run.last_failed || line.run.failed_first { history.failed() } else { BTreeSet::new() };
    let choices = PlanOptions {
        selection: &selection,
        filterset: filterset.as_ref(),
        failed_before: &failed_before,
        // Without failures, all tests run, as with pytest.
        only_failed: line.run.last_failed && !failed_before.is_empty(),
        shard: line.shard(env)?,
        shard_by: line.shard_by,
        history: &history,
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
