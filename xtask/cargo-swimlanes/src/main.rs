//! `cargo swimlanes`. Cargo starts this program with the word `swimlanes` as its first argument.

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
enum CargoCommandLine {
    /// Commands for test suites, on swimlanes or on libtest
    #[command(subcommand)]
    Swimlanes(cargo_swimlanes::Command),
}

fn main() -> ExitCode {
    let CargoCommandLine::Swimlanes(command) = CargoCommandLine::parse();
    cargo_swimlanes::run(&command)
}
