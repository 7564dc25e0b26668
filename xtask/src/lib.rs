//! The commands of swimlanes that any repository can have in its own xtask.
//!
//! ```no_run
//! // xtask/src/main.rs
//! fn main() -> std::process::ExitCode {
//!     swimlanes_xtask::main()
//! }
//! ```

mod host;
mod setup;
mod stability;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use host::host_triple;
pub use setup::Thing;

/// The commands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Run test suites many times, at several numbers of workers, and report how stable each test is
    Stability(Box<stability::StabilityOptions>),
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
        Command::Setup(options) => setup::main(options),
    }
}
