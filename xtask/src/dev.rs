//! The chores of this repository: the gate, its tidiness, its measurements.

mod bench;
mod ci;
mod fresh;
mod inference;
mod installed;
mod lint;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

/// A chore.
#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// The whole gate: format, lints, tests, documentation, tidiness
    Ci(ci::Options),
    /// Check what no compiler checks: layers, cycles, file lengths, first lines, links, the README's output
    #[command(alias = "tidy")]
    Lint(lint::LintOptions),
    /// Measure swimlanes beside libtest, serial_test, libtest-mimic and cargo-nextest
    Bench(bench::BenchOptions),
}

/// Does a chore.
pub(crate) fn run(command: &DevCommand) -> ExitCode {
    let done = match command {
        DevCommand::Ci(options) => ci::run(options),
        DevCommand::Lint(options) => lint::run(options),
        DevCommand::Bench(options) => Ok(bench::main(options)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// The root of the repository: xtask is a folder in it.
fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map_or_else(PathBuf::new, Path::to_owned)
}
