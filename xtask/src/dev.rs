//! The commands of this repository: CI, lint, benchmarks.

mod bench;
mod ci;
mod fresh;
mod inference;
mod installed;
mod lint;
mod migration;
mod pictures;
mod public_api;
mod repository;
mod static_program;
mod user_crate;
mod workspace;

use std::process::ExitCode;

use clap::Subcommand;

/// A command of this repository.
#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// Run CI: format, clippy, tests, documentation, lint
    Ci(ci::Options),
    /// Check rules that the compiler does not check: layers, import cycles, type names, file lengths, first lines, links, words,
    /// the output in README.md and the guide
    #[command(alias = "tidy")]
    Lint(lint::LintOptions),
    /// Compare the public API with the text in the repository; UPDATE_EXPECT=1 accepts it
    PublicApi,
    /// Move a test target of a local checkout to swimlanes, in a copy, and compare the two
    Migration(migration::MigrationOptions),
    /// Make the pictures in README.md from the output of real commands
    Pictures,
    /// Compare swimlanes with libtest, serial_test, libtest-mimic and cargo-nextest
    Bench(bench::BenchOptions),
}

/// Runs a command.
pub(crate) fn run(command: &DevCommand) -> ExitCode {
    let exit_code = match command {
        DevCommand::Ci(options) => ci::run(options),
        DevCommand::Lint(options) => lint::run(options),
        DevCommand::PublicApi => public_api::run(&repository::root()),
        DevCommand::Migration(options) => migration::run(options),
        DevCommand::Pictures => pictures::run(),
        DevCommand::Bench(options) => Ok(bench::main(options)),
    };
    exit_code.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
