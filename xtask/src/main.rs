//! `cargo xtask` of this repository: the commands for any repository, and those for this one.

mod dev;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The commands of the swimlanes repository")]
struct RepositoryCommandLine {
    #[command(subcommand)]
    command: RepositoryCommand,
}

#[derive(Debug, Subcommand)]
enum RepositoryCommand {
    #[command(flatten)]
    Shared(cargo_swimlanes::Command),
    #[command(flatten)]
    Dev(dev::DevCommand),
}

fn main() -> ExitCode {
    match RepositoryCommandLine::parse().command {
        RepositoryCommand::Shared(command) => cargo_swimlanes::run(&command),
        RepositoryCommand::Dev(command) => dev::run(&command),
    }
}
