//! The commands of `cargo swimlanes`, which `cargo install cargo-swimlanes` installs. A repository can also have them in its own xtask:
//!
//! ```no_run
//! // xtask/src/main.rs
//! fn main() -> std::process::ExitCode {
//!     cargo_swimlanes::main()
//! }
//! ```

mod host;
mod new_suite;
mod nextest_config;
mod report;
mod setup;
mod stability;
mod suite;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use host::host_triple;
pub use nextest_config::{NextestConfig, nextest_config};
pub use setup::Thing;

/// The commands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Run test suites many times, at several numbers of workers, and report how stable each test is
    Stability(Box<stability::StabilityOptions>),
    /// Add a test target on swimlanes, with a first test, to a package
    NewSuite(new_suite::NewSuiteOptions),
    /// Write the tags of test suites as a configuration file of cargo-nextest
    NextestConfig(nextest_config::NextestConfigOptions),
    /// Turn the files of --events into one report: JUnit XML, a page, or a trace
    Report(report::ReportOptions),
    /// Fetch files that a feature of swimlanes needs and cargo does not fetch
    Setup(setup::SetupOptions),
}

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// Parses the command line, runs the command, and returns the exit code for `main`.
#[must_use = "return it from `main`, or a failing command looks like a passing one"]
pub fn main() -> ExitCode {
    run(&CommandLine::parse().command)
}

/// Runs one command, and returns the exit code for `main`.
#[must_use = "return it from `main`, or a failing command looks like a passing one"]
pub fn run(command: &Command) -> ExitCode {
    match command {
        Command::Stability(options) => stability::main(options),
        Command::NewSuite(options) => new_suite::main(options),
        Command::NextestConfig(options) => nextest_config::main(options),
        Command::Report(options) => report::main(options),
        Command::Setup(options) => setup::main(options),
    }
}
