//! Reads the events of runs, and adds up their results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use swimlanes_core::events::{
    AttemptFinished, AttemptOfTest, AttemptOutcome, AttemptStarted, CaseFinished, CaseVerdict, FailureRecord, Record,
    RunFinished, RunStarted, Severity, VERSION, Versioned,
};

/// A suite, with all of its runs: usually one, or one for each shard.
#[derive(Debug)]
pub(super) struct RecordedSuite {
    pub(super) name: String,
    pub(super) runs: Vec<RecordedRun>,
}

/// The events of one file.
#[derive(Debug)]
pub(super) struct RecordedRun {
    path: PathBuf,
    pub(super) suite: String,
    pub(super) started: RunStarted<'static>,
    pub(super) attempts: Vec<AttemptFinished<'static>>,
    /// Attempts without an end.
    pub(super) open: Vec<AttemptStarted<'static>>,
    pub(super) tests: Vec<CaseFinished<'static>>,
    /// What threads wrote after their tests had ended.
    pub(super) late_output: String,
    pub(super) diagnostics: Vec<(Severity, String)>,
    /// `None` if the file ends before the run did.
    pub(super) finished: Option<RunFinished>,
}

/// The numbers of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Including flaky tests.
    pub(super) passed: usize,
    pub(super) flaky: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) not_run: usize,
    /// Of the longest run.
    pub(super) took: Duration,
}

impl RecordedRun {
    /// The run with these events.
    ///
    /// # Errors
    ///
    /// If a line is no event, the events have another version, or the first one is missing.
    pub(super) fn read(path: &Path, text: &str) -> Result<Self> {
        let mut lines = text.lines().zip(1_usize..);
        let (first, _) = lines.next().context("the file is empty")?;
        if let Ok(Versioned { version }) = serde_json::from_str(first)
            && version != VERSION
        {
            bail!("its events have version {version}; version {VERSION} is supported");
        }
        let Ok(Record::RunStarted(started)) = serde_json::from_str(first) else {
            bail!("line 1 is not the event `run_started`, so this is no file of --events");
        };
        let suite = started.suite.as_deref().map_or_else(|| file_name(path), str::to_owned);
        let mut run = Self {
            path: path.to_owned(),
            suite,
            started,
            attempts: Vec::new(),
            open: Vec::new(),
            tests: Vec::new(),
            late_output: String::new(),
            diagnostics: Vec::new(),
            finished: None,
        };
        for (line, number) in lines {
            match serde_json::from_str(line) {
                Ok(record) => run.add(record),
                // A process that was killed leaves the last line without an end.
                Err(_) if number == text.lines().count() && !text.ends_with('\n') => {}
                Err(cause) => bail!("line {number} is no event: {cause}"),
            }
        }
        Ok(run)
    }

    fn add(&mut self, record: Record<'static>) {
        match record {
            Record::AttemptStarted(started) => self.open.push(started),
            Record::AttemptFinished(finished) => {
                self.open.retain(|started| key(&started.attempt) != key(&finished.attempt));
                self.attempts.push(finished);
            }
            Record::CaseFinished(finished) => self.tests.push(finished),
            Record::LateOutput(late) => self.late_output += &late.output,
            Record::Diagnostic(diagnostic) => {
                self.diagnostics.push((diagnostic.severity, diagnostic.message.into_owned()));
            }
            Record::RunFinished(finished) => self.finished = Some(finished),
            Record::RunStarted(_) | Record::Kept(_) | Record::Slow(_) | Record::Unknown => {}
        }
    }

    /// Why results are missing, if they are.
    pub(super) fn missing(&self) -> Option<String> {
        let (planned, reported) = (self.started.planned, self.tests.len() as u64);
        let path = self.path.display();
        let running: Vec<&str> = self.open.iter().map(|started| &*started.attempt.test.name).collect();
        let running = match running.is_empty() {
            true => String::new(),
            false => format!("; these tests were running: {}", running.join(", ")),
        };
        match self.finished {
            Some(_) if planned == reported => None,
            Some(_) => Some(format!("{path} has the results of {reported} of {planned} tests")),
            None => Some(format!(
                "{path} ends before the run did, with the results of {reported} of {planned} tests{running}"
            )),
        }
    }

    /// The attempts of a test that failed, in their order. Most tests passed, and have none.
    pub(super) fn failed_attempts<'a>(
        &'a self,
        test: &'a CaseFinished<'static>,
    ) -> impl Iterator<Item = (&'a AttemptFinished<'static>, &'a FailureRecord<'static>)> {
        let attempts = if test.verdict == CaseVerdict::Pass { &[][..] } else { &self.attempts };
        attempts.iter().filter(|attempt| attempt.attempt.test == test.test).filter_map(|attempt| {
            match &attempt.outcome {
                AttemptOutcome::Failed(failure) => Some((attempt, failure)),
                AttemptOutcome::Passed | AttemptOutcome::Skipped { .. } => None,
            }
        })
    }

    /// The name of a test, with its iteration if there are several.
    pub(super) fn name_of(&self, test: &CaseFinished<'_>) -> String {
        match self.started.iterations {
            1 => test.test.name.to_string(),
            _ => format!("{} (iteration {})", test.test.name, test.test.iteration),
        }
    }
}

fn key<'a>(attempt: &'a AttemptOfTest<'_>) -> (u32, u32, u32, &'a str) {
    (attempt.test.case, attempt.test.iteration, attempt.attempt, &attempt.test.name)
}

impl RecordedSuite {
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for run in &self.runs {
            run.tests.iter().for_each(|test| totals.add(&test.verdict));
            let took = run.finished.map_or(0, |finished| finished.took_ns);
            totals.took = totals.took.max(Duration::from_nanos(took));
        }
        totals
    }

    /// Whether a test, or code of the suite outside of its tests, failed.
    pub(super) fn has_failed(&self) -> bool {
        let is_failure = |(severity, _): &(Severity, String)| *severity != Severity::Note;
        self.totals().failed > 0 || self.runs.iter().any(|run| run.diagnostics.iter().any(is_failure))
    }

    /// What a reader of the report must know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut in_runs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for run in &self.runs {
            for test in &run.tests {
                in_runs.entry(&*test.test.name).or_default().insert(&*run.started.run);
            }
        }
        let several: Vec<&str> = in_runs.iter().filter(|(_, runs)| runs.len() > 1).map(|(name, _)| *name).collect();
        let repeated = several.first().map(|first| match several.len() {
            1 => format!("the test {first} is in several files"),
            n => format!("{n} tests are in several files, such as {first}"),
        });
        let diagnostics = self.runs.iter().flat_map(|run| &run.diagnostics).map(|(_, message)| message.clone());
        repeated.into_iter().chain(diagnostics).collect()
    }
}

impl Totals {
    pub(super) fn add(&mut self, verdict: &CaseVerdict<'_>) {
        match verdict {
            CaseVerdict::Pass => self.passed += 1,
            CaseVerdict::Flaky { .. } => {
                self.passed += 1;
                self.flaky += 1;
            }
            CaseVerdict::Fail(_) => self.failed += 1,
            CaseVerdict::Skip { .. } => self.skipped += 1,
            CaseVerdict::NotRun { .. } => self.not_run += 1,
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", self.passed)?;
        if self.flaky > 0 {
            write!(f, " ({} flaky)", self.flaky)?;
        }
        write!(f, ", {} failed, {} skipped", self.failed, self.skipped)?;
        if self.not_run > 0 {
            write!(f, ", {} not run", self.not_run)?;
        }
        write!(f, "; took {:.2}s", self.took.as_secs_f64())
    }
}

/// The name of a suite with its own `main`, which does not say it: that of its file.
fn file_name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "suite".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
