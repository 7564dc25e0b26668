//! Runs a scenario, and shows its progress on a terminal.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use run_locks::Cluster;
use swimlanes_kit::lock::{Scenario, ScenarioReport};

use crate::options::Options;

/// The interval between two updates of the line.
const FRAME: Duration = Duration::from_millis(80);

/// Runs the scenario. Shows nothing if stderr is not a terminal.
pub(crate) fn show(scenario: Scenario, cluster: &Cluster, options: &Options) -> Result<ScenarioReport> {
    let config = options.config();
    let tally = config.tally();
    let style = ProgressStyle::with_template("{spinner} {prefix} {bar:24} {pos}/{len} · {msg}")
        .context("the template is right")?;
    let bar = ProgressBar::new(options.requests()).with_style(style.progress_chars("━━─")).with_prefix(scenario.name());
    let report = thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            // The receiver lives until the result arrives.
            let _ = sender.send(scenario.run(cluster, &config));
        });
        loop {
            match receiver.recv_timeout(FRAME) {
                Ok(report) => break report.with_context(|| format!("cannot run {scenario}")),
                Err(RecvTimeoutError::Timeout) => {
                    bar.set_position(tally.rounds());
                    bar.set_message(tally.to_string());
                    bar.tick();
                }
                // The scenario has panicked, and the scope propagates the panic.
                Err(RecvTimeoutError::Disconnected) => break Err(anyhow::anyhow!("cannot run {scenario}")),
            }
        }
    });
    bar.finish_and_clear();
    report
}
