//! Runs a scenario on a lock in Redis, and prints the report: for debugging by hand.
//!
//! Exit codes: 0, the lock is sound; 1, the lock has a fault; 2, it could not be tested.

mod options;
mod progress;
mod server;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use clap::Parser;
use run_locks::{Cluster, Form, Service};
use swimlanes_kit::lock::{Scenario, ScenarioReport};
use tempfile::TempDir;

use crate::options::Options;
use crate::server::Server;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the lock is sound.
fn run(options: &Options) -> Result<bool> {
    let server = match options.url() {
        Some(_) => None,
        None => Some(Server::start()?),
    };
    let url = options.url().or(server.as_ref().map(Server::url)).context("there is a server")?;
    let dir = TempDir::with_prefix("run-locks-").context("cannot make a directory for the run")?;
    let service = Service::new(url, &format!("run-locks-trigger-{}", std::process::id()), options.form)?;
    let cluster = Cluster::new(&service, dir.path())?;
    // So that the server is stopped, the directory is removed and Redis is restored.
    let stop = cluster.stop();
    ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    let mut n_sound = 0;
    for scenario in options.scenarios() {
        let report = progress::show(*scenario, &cluster, options)?;
        n_sound += usize::from(report.is_sound());
        tell(&report, options.form).context("cannot print what came of it")?;
    }
    Ok(n_sound == options.scenarios().len())
}

fn tell(report: &ScenarioReport, form: Form) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{report}")?;
    let scenario: Scenario = report.scenario();
    match report.is_sound() {
        true => writeln!(stdout, "{scenario}: the {form} lock is sound\n"),
        false => writeln!(stdout, "{scenario}: the {form} lock is not sound\n"),
    }
}
