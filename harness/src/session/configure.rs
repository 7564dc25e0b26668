//! Settles the command line, the environment and the suite's own defaults into one configuration. Earlier ones win,
//! in this order.

use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::time::Duration;

use anstream::ColorChoice;
use clap::ValueEnum;
use libtest_mimic::{ColorSetting, FormatSetting};

use crate::model::backoff::{Backoff, RetryOn};
use crate::model::config::{Capture, Format, Isolation, Order, Progress, ReportConfig, RunConfig};
use crate::model::error::Error;
use crate::model::seed::Seed;
use crate::model::variables::Variables;
use crate::model::verdict::FlakyAs;
use crate::platform::env::Env;
use crate::platform::machine;
use crate::session::arguments::{CommandLine, Flaky, Where};
use crate::session::times;

/// As libtest has it.
const SLOW_AFTER: Duration = Duration::from_secs(60);

/// What the suite says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) workers: Option<NonZeroU32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) retry_on: Option<RetryOn>,
    pub(crate) variables: Variables,
}

/// Both halves of the configuration.
///
/// # Errors
///
/// When a variable of the environment makes no sense.
pub(crate) fn configure(
    line: &CommandLine,
    env: &Env,
    defaults: &Defaults,
) -> Result<(RunConfig, ReportConfig), Error> {
    let format = format(line);
    let capture = match line.libtest.nocapture || env.rust_test_nocapture {
        true if std::io::stdout().is_terminal() => Capture::Prefixed,
        true => Capture::Off,
        false => Capture::PerTest,
    };
    let flaky = match line.flaky {
        Flaky::Pass => FlakyAs::Pass,
        Flaky::Fail => FlakyAs::Fail,
    };
    let progress = progress(format, capture);
    let run = RunConfig {
        workers: workers(line, env, defaults)?,
        seed: seed(line, env)?,
        order: order(line, env),
        dist: line.dist,
        rounds: line.repeat.unwrap_or(NonZeroU32::MIN),
        retries: line.retries.or(defaults.retries).unwrap_or(0),
        retry_on: line.retry_on.map(retry_on).or(defaults.retry_on).unwrap_or_default(),
        retry_backoff: line.retry_backoff.or(defaults.backoff).unwrap_or_default(),
        timeout: line.timeout.or(defaults.timeout),
        slow_after: line.slow_after.unwrap_or(SLOW_AFTER),
        run_timeout: line.run_timeout.or(run_timeout(env)?).or(defaults.run_timeout),
        maxfail: line.maxfail.or(line.fail_fast.then_some(NonZeroU32::MIN)),
        flaky,
        keep: chosen("SWIMLANES_KEEP", line.keep, env.keep.as_deref())?,
        leak: chosen("SWIMLANES_LEAK", line.leak, env.leak.as_deref())?,
        isolation: isolation(line, env)?,
        variables: defaults.variables.clone(),
        capture,
        tell_starts: line.events.is_some() || format == Format::Json || progress == Progress::Shown,
    };
    let report = ReportConfig {
        format,
        color: match line.libtest.color {
            None | Some(ColorSetting::Auto) => ColorChoice::Auto,
            Some(ColorSetting::Always) => ColorChoice::Always,
            Some(ColorSetting::Never) => ColorChoice::Never,
        },
        show_output: line.libtest.show_output,
        report_time: line.report_time,
        durations: line.durations,
        events: line.events.clone(),
        logfile: line.libtest.logfile.as_ref().map(Into::into),
        flaky,
        progress,
    };
    Ok((run, report))
}

fn retry_on(place: Where) -> RetryOn {
    match place {
        Where::Same => RetryOn::Same,
        Where::Any => RetryOn::Any,
        Where::Alone => RetryOn::Alone,
    }
}

/// How results, and lists, are written.
pub(crate) fn format(line: &CommandLine) -> Format {
    match line.libtest.format {
        _ if line.libtest.quiet => Format::Terse,
        None | Some(FormatSetting::Pretty) => Format::Pretty,
        Some(FormatSetting::Terse) => Format::Terse,
        Some(FormatSetting::Json) => Format::Json,
    }
}

fn workers(line: &CommandLine, env: &Env, defaults: &Defaults) -> Result<NonZeroU32, Error> {
    let of_line = line.libtest.test_threads.and_then(|n| NonZeroU32::new(n as u32));
    let of_env = parsed("RUST_TEST_THREADS", env.rust_test_threads.as_deref(), "a number from 1")?;
    Ok(of_line.or(of_env).or(defaults.workers).unwrap_or_else(machine::cores))
}

fn run_timeout(env: &Env) -> Result<Option<Duration>, Error> {
    let wrong = |text: &str, cause| Error::usage(format!("the variable SWIMLANES_RUN_TIMEOUT is `{text}`: {cause}"));
    let text = env.run_timeout.as_deref().filter(|text| !text.is_empty());
    text.map(|text| times::parse_time(text).map_err(|cause| wrong(text, cause))).transpose()
}

fn seed(line: &CommandLine, env: &Env) -> Result<Seed, Error> {
    let of_env = parsed("RUST_TEST_SHUFFLE_SEED", env.rust_test_shuffle_seed.as_deref(), "a number")?;
    let chosen = line.shuffle_seed.or(line.seed).or(of_env).map(Seed::new);
    Ok(chosen.or(line.seed_of_run).unwrap_or_else(machine::fresh_seed))
}

fn order(line: &CommandLine, env: &Env) -> Order {
    let is_shuffled = line.shuffle || line.shuffle_seed.is_some();
    let env_shuffles = env.rust_test_shuffle || env.rust_test_shuffle_seed.is_some();
    match (line.reverse, is_shuffled || env_shuffles) {
        (true, _) => Order::Reversed,
        (false, true) => Order::Shuffled,
        (false, false) => Order::Planned,
    }
}

/// Where bodies run: in this process where there is no other way.
fn isolation(line: &CommandLine, env: &Env) -> Result<Isolation, Error> {
    let asked = chosen("SWIMLANES_ISOLATION", line.isolation, env.isolation.as_deref())?;
    match asked {
        Isolation::Process | Isolation::Test if !cfg!(unix) => {
            Err(Error::usage("this system has only `--isolation none`".to_owned()))
        }
        // An interpreter of Rust has no processes.
        Isolation::Thread if !cfg!(unix) || cfg!(miri) => Ok(Isolation::None),
        asked => Ok(asked),
    }
}

/// What the command line says, or else the variable.
fn chosen<T: ValueEnum + Default>(name: &str, of_line: Option<T>, of_env: Option<&str>) -> Result<T, Error> {
    let of_env = of_env.filter(|text| !text.is_empty()).map(|text| {
        T::from_str(text, false).map_err(|_| {
            let possible = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let possible: Vec<String> = possible.map(|value| value.get_name().to_owned()).collect();
            Error::usage(format!("the variable {name} is `{text}`; give {}", possible.join(", ")))
        })
    });
    Ok(of_line.or(of_env.transpose()?).unwrap_or_default())
}

fn parsed<T: std::str::FromStr>(name: &str, text: Option<&str>, what: &str) -> Result<Option<T>, Error> {
    let wrong = |text| Error::usage(format!("the variable {name} is `{text}`; give {what}"));
    text.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

/// On a terminal that somebody looks at, if nothing else writes to it.
fn progress(format: Format, capture: Capture) -> Progress {
    let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    match (format, capture) {
        (Format::Pretty | Format::Terse, Capture::PerTest) if is_terminal => Progress::Shown,
        _ => Progress::Hidden,
    }
}
