//! Combines the command line, the environment and the defaults of the suite into one configuration. The earlier of
//! these takes precedence.

use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use anstream::ColorChoice;
use libtest_mimic::ColorSetting;
use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::cli::args::Flags;
use crate::cli::bazel;
use crate::cli::run_options::{Flaky, RunOptions, TimeoutOption};
use crate::cli::variables::{chosen, parsed, time_of};
use crate::model::config::{Capture, Format, Isolation, Order, ProgressDisplay, ReportConfig, RunConfig};
use crate::model::env_vars::Variables;
use crate::model::error::Error;
use crate::model::seed::Seed;
use crate::model::verdict::FlakyResult;
use crate::os::env::{self, Env};
use crate::os::machine;

/// The same as in libtest.
const SLOW_AFTER: Duration = Duration::from_secs(60);

const TEARDOWN_TIMEOUT: Duration = Duration::from_secs(60);

/// The defaults that the suite sets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) workers: Option<NonZeroU32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) retry_on: Option<RetryOn>,
    pub(crate) fresh_threads: bool,
    pub(crate) variables: Variables,
    /// The target is a library or a program.
    pub(crate) are_unit_tests: bool,
    /// Package and target, such as `shop::api`; empty in a suite with its own `main`.
    #[cfg(feature = "junit")]
    pub(crate) suite: String,
}

/// The configuration of the run and of the reporters.
///
/// # Errors
///
/// If a variable of the environment is invalid.
pub(crate) fn configure(
    flags: Flags<'_>,
    options: &RunOptions,
    env: &Env,
    defaults: &Defaults,
) -> Result<(RunConfig, ReportConfig), Error> {
    let format = format(flags);
    let capture = match flags.nocapture || env.rust_test_nocapture {
        true if std::io::stdout().is_terminal() => Capture::Prefixed,
        true => Capture::Off,
        false => Capture::PerTest,
    };
    let flaky = match options.flaky {
        Flaky::Pass => FlakyResult::Pass,
        Flaky::Fail => FlakyResult::Fail,
    };
    let progress = progress(format, capture);
    let run = RunConfig {
        workers: workers(flags, env, defaults)?,
        seed: seed(options, env)?,
        order: order(options, env),
        dist: options.dist,
        iterations: options.repeat.unwrap_or(NonZeroU32::MIN),
        retries: options.retries.or(defaults.retries).unwrap_or(0),
        earlier_attempts: env
            .nextest
            .as_ref()
            .and_then(|nextest| nextest.attempt)
            .map_or(0, |attempt| attempt.get() - 1),
        nextest_retries: env.nextest.as_ref().is_some_and(|nextest| nextest.retries),
        retry_on: options.retry_on.or(defaults.retry_on).unwrap_or_default(),
        retry_backoff: options.retry_backoff.or(defaults.backoff).unwrap_or_default(),
        timeout: options.timeout.and_then(TimeoutOption::limit).or(defaults.timeout),
        has_timeouts: options.timeout != Some(TimeoutOption::None),
        ensure_time: options.ensure_time.then(|| ensure_time(defaults)).transpose()?,
        slow_after: options
            .slow_after
            .or(time_of("SWIMLANES_SLOW_AFTER", env.slow_after.as_deref())?)
            .unwrap_or(SLOW_AFTER),
        teardown_timeout: options
            .teardown_timeout
            .or(time_of("SWIMLANES_TEARDOWN_TIMEOUT", env.teardown_timeout.as_deref())?)
            .unwrap_or(TEARDOWN_TIMEOUT),
        run_timeout: options
            .run_timeout
            .or(time_of("SWIMLANES_RUN_TIMEOUT", env.run_timeout.as_deref())?)
            .or(bazel::run_timeout(&env.bazel, defaults.run_timeout)?),
        maxfail: options.maxfail.or((options.fail_fast || env.bazel.fails_fast).then_some(NonZeroU32::MIN)),
        flaky,
        keep: chosen("SWIMLANES_KEEP", options.keep, env.keep.as_deref())?,
        leak: chosen("SWIMLANES_LEAK", options.leak, env.leak.as_deref())?,
        isolation: isolation(options, env)?,
        fresh_threads: options.fresh_threads || env.fresh_threads || defaults.fresh_threads,
        runner: Some(std::process::id()),
        variables: defaults.variables.clone(),
        capture,
        tell_starts: options.events.is_some() || format == Format::Json || progress == ProgressDisplay::Shown,
    };
    let report = ReportConfig {
        format,
        color: match flags.color {
            None | Some(ColorSetting::Auto) => ColorChoice::Auto,
            Some(ColorSetting::Always) => ColorChoice::Always,
            Some(ColorSetting::Never) => ColorChoice::Never,
        },
        show_output: flags.show_output,
        report_time: options.report_time || options.ensure_time,
        durations: options.durations,
        events: options.events.clone(),
        #[cfg(feature = "junit")]
        junit: options.junit.clone().or_else(|| env.bazel.xml_output_file.clone()),
        #[cfg(feature = "junit")]
        suite: match (&*defaults.suite, &env.package) {
            ("", Some(package)) => package.to_string(),
            ("", None) => "suite".to_owned(),
            (suite, _) => suite.to_owned(),
        },
        logfile: flags.logfile.map(Path::to_owned),
        warnings: env.bazel.warnings_file.clone(),
        flaky,
        progress,
    };
    Ok((run, report))
}

/// The format of results and lists.
pub(crate) fn format(flags: Flags<'_>) -> Format {
    match flags.format {
        _ if flags.quiet => Format::Terse,
        format => format.unwrap_or_default(),
    }
}

fn workers(flags: Flags<'_>, env: &Env, defaults: &Defaults) -> Result<NonZeroU32, Error> {
    let from_env = parsed("RUST_TEST_THREADS", env.rust_test_threads.as_deref(), "a number from 1")?;
    Ok(flags.workers.or(from_env).or(defaults.workers).unwrap_or_else(machine::cores))
}

/// libtest's own limits, in milliseconds, from libtest's own variables.
fn ensure_time(defaults: &Defaults) -> Result<Duration, Error> {
    let (name, default) =
        if defaults.are_unit_tests { ("RUST_TEST_TIME_UNIT", 100) } else { ("RUST_TEST_TIME_INTEGRATION", 1_000) };
    let Some(text) = env::test_time(name) else { return Ok(Duration::from_millis(default)) };
    let numbers = text.split_once(',').and_then(|(warn, critical)| Some((warn.parse().ok()?, critical.parse().ok()?)));
    match numbers {
        Some((warn, critical)) if u64::le(&warn, &critical) => Ok(Duration::from_millis(critical)),
        _ => Err(Error::usage(format!(
            "the variable {name} is `{text}`: give WARN,CRITICAL in milliseconds, WARN not above CRITICAL, such as 50,100"
        ))),
    }
}

fn seed(options: &RunOptions, env: &Env) -> Result<Seed, Error> {
    let from_env = parsed("RUST_TEST_SHUFFLE_SEED", env.rust_test_shuffle_seed.as_deref(), "a number")?;
    let chosen = options.shuffle_seed.or(options.seed).or(from_env).or(bazel::seed(&env.bazel)?).map(Seed::new);
    Ok(chosen.or(options.seed_of_run).unwrap_or_else(machine::fresh_seed))
}

fn order(options: &RunOptions, env: &Env) -> Order {
    let is_shuffled = options.shuffle || options.shuffle_seed.is_some();
    let env_shuffles = env.rust_test_shuffle || env.rust_test_shuffle_seed.is_some();
    match (options.reverse, is_shuffled || env_shuffles) {
        (true, _) => Order::Reversed,
        (false, true) => Order::Shuffled,
        (false, false) => Order::Planned,
    }
}

/// Where bodies run: in this process if the system supports nothing else.
fn isolation(options: &RunOptions, env: &Env) -> Result<Isolation, Error> {
    let requested_isolation = chosen("SWIMLANES_ISOLATION", options.isolation, env.isolation.as_deref())?;
    match requested_isolation {
        Isolation::Process | Isolation::Test if !cfg!(unix) => {
            Err(Error::usage("this system has only `--isolation none`".to_owned()))
        }
        // Miri cannot start processes.
        Isolation::Thread if !cfg!(unix) || cfg!(miri) => Ok(Isolation::None),
        requested_isolation => Ok(requested_isolation),
    }
}

/// Shown if stdout and stderr are terminals, and nothing else writes to them.
fn progress(format: Format, capture: Capture) -> ProgressDisplay {
    let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    match (format, capture) {
        (Format::Pretty | Format::Terse, Capture::PerTest) if is_terminal && !env::terminal_is_dumb() => {
            ProgressDisplay::Shown
        }
        _ => ProgressDisplay::Hidden,
    }
}
