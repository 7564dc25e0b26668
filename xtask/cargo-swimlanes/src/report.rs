//! `cargo swimlanes report`: turns the files that suites wrote with `--events` into one report, also if the suites ran on several machines.

mod html;
mod junit;
mod recorded;
mod timeline;
mod trace;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use recorded::{RecordedRun, RecordedSuite};

/// Which files are read, and which are written.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReportOptions {
    /// The files that suites wrote with --events
    #[arg(required = true, value_name = "EVENTS")]
    files: Vec<PathBuf>,

    /// Write JUnit XML, with an element for each suite
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write a page with the results, and with the time that each test took on its worker
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write a trace that Perfetto and chrome://tracing show
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Several files of one suite, such as those of its shards, become one suite of the report.

Exit codes: 0 all tests passed; 101 a test failed; 1 a file cannot be read or written, or results are missing.";

pub(crate) fn main(options: &ReportOptions) -> ExitCode {
    match run(options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &ReportOptions) -> Result<ExitCode> {
    let suites = read(&options.files)?;
    let write = |path: &Option<PathBuf>, render: &dyn Fn() -> Result<String>| match path {
        Some(path) => fs::write(path, render()?).with_context(|| format!("cannot write {}", path.display())),
        None => Ok(()),
    };
    write(&options.junit, &|| junit::render(&suites))?;
    write(&options.html, &|| Ok(html::render(&suites)))?;
    write(&options.trace, &|| trace::render(&suites))?;
    let mut missing = Vec::new();
    for suite in &suites {
        println!("{}: {}", suite.name, suite.totals());
        for note in suite.notes() {
            eprintln!("note: {}: {note}", suite.name);
        }
        missing.extend(suite.runs.iter().filter_map(RecordedRun::missing));
    }
    ensure!(missing.is_empty(), "results are missing:\n  {}", missing.join("\n  "));
    let has_failed = suites.iter().any(RecordedSuite::has_failed);
    Ok(if has_failed { ExitCode::from(101) } else { ExitCode::SUCCESS })
}

/// The suites of the files, in the order in which they are named first.
fn read(files: &[PathBuf]) -> Result<Vec<RecordedSuite>> {
    // With a pattern of the shell, and a name beside it, a file is easily given twice.
    let mut seen = BTreeSet::new();
    let mut suites: Vec<RecordedSuite> = Vec::new();
    for path in files {
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let run = RecordedRun::read(path, &text).with_context(|| format!("cannot read {shown}"))?;
        let id = (run.suite.clone(), run.started.run.to_string());
        ensure!(seen.insert(id), "{shown} contains the same run as a file before it");
        match suites.iter_mut().find(|suite| suite.name == run.suite) {
            Some(suite) => suite.runs.push(run),
            None => suites.push(RecordedSuite { name: run.suite.clone(), runs: vec![run] }),
        }
    }
    Ok(suites)
}
