//! `cargo xtask` of this repository: what every repository can have, and the house's own chores.

mod dev;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The chores of the swimlanes repository")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Shared(swimlanes_xtask::Command),
    #[command(flatten)]
    Dev(dev::Command),
}

fn main() -> ExitCode {
    match CommandLine::parse().command {
        Command::Shared(command) => swimlanes_xtask::run(&command),
        Command::Dev(command) => dev::run(&command),
    }
}
