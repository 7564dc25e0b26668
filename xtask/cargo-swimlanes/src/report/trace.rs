//! The attempts as a trace in the JSON format of Chrome, which Perfetto reads, too: a process for each run, and a thread for each worker.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde::Serialize;
use swimlanes_core::events::AttemptOutcome;

use super::recorded::RecordedSuite;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    trace_events: Vec<TraceEvent>,
    display_time_unit: &'static str,
}

/// Times are in microseconds.
#[derive(Serialize)]
#[serde(tag = "ph")]
enum TraceEvent {
    #[serde(rename = "X")]
    Complete { name: String, cat: &'static str, ts: f64, dur: f64, pid: usize, tid: u32, args: AttemptArgs },
    #[serde(rename = "M")]
    Metadata { name: &'static str, pid: usize, tid: u32, args: NameArgs },
}

#[derive(Serialize)]
struct AttemptArgs {
    attempt: u32,
    iteration: u32,
}

#[derive(Serialize)]
struct NameArgs {
    name: String,
}

/// The JSON.
///
/// # Errors
///
/// If it cannot be written.
pub(super) fn render(suites: &[RecordedSuite]) -> Result<String> {
    let mut trace_events = Vec::new();
    let runs = suites.iter().flat_map(|suite| suite.runs.iter().map(move |run| (suite, run)));
    for (pid, (suite, run)) in (1..).zip(runs) {
        let named = |name, tid, text: String| TraceEvent::Metadata { name, pid, tid, args: NameArgs { name: text } };
        trace_events.push(named("process_name", 0, suite.name.clone()));
        let workers: BTreeSet<u32> = run.attempts.iter().map(|finished| finished.attempt.worker).collect();
        trace_events.extend(workers.iter().map(|worker| named("thread_name", *worker, format!("worker {worker}"))));
        trace_events.extend(run.attempts.iter().map(|finished| TraceEvent::Complete {
            name: finished.attempt.test.name.to_string(),
            cat: match finished.outcome {
                AttemptOutcome::Passed => "passed",
                AttemptOutcome::Failed(_) => "failed",
                AttemptOutcome::Skipped { .. } => "skipped",
            },
            ts: finished.at_ns as f64 / 1_000.0,
            dur: finished.took.took_ns as f64 / 1_000.0,
            pid,
            tid: finished.attempt.worker,
            args: AttemptArgs { attempt: finished.attempt.attempt, iteration: finished.attempt.test.iteration },
        }));
    }
    let trace = Trace { trace_events, display_time_unit: "ms" };
    serde_json::to_string(&trace).map(|text| text + "\n").context("cannot write the trace as JSON")
}
