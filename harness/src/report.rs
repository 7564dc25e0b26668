//! Turns events into text, JSON and records. Events are all that it knows of a run.

mod annotations;
mod buffer;
mod event_log;
mod failures;
mod json;
pub(crate) mod json_text;
#[cfg(feature = "junit")]
mod junit;
mod late_output;
mod logfile;
mod observed;
mod pretty;
mod progress;
mod reporter;
mod summary;
mod terse;
mod warnings;

#[cfg(feature = "junit")]
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::config::{Format, ProgressDisplay, ReportConfig};
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::history::Observation;
use crate::model::location::Location;
use crate::model::verdict::FlakyResult;
use crate::policy::ledger::Ledger;
use crate::policy::summary::Summary;
use annotations::Annotations;
use buffer::{Buffer, Coloring, show};
use event_log::EventLog;
use json::Json;
#[cfg(feature = "junit")]
use junit::JUnit;
use logfile::LogFile;
use observed::Observed;
use pretty::Pretty;
use progress::Live;
use reporter::Reporter;
use terse::Terse;
use warnings::Warnings;

type WriteAnnotations = Box<dyn FnOnce(&str)>;

type RecordResults = Box<dyn FnOnce(&[Observation])>;

/// All reporters of one run.
pub(crate) struct Reports {
    format: Box<dyn Reporter>,
    buffer: Buffer,
    records: Option<EventLog>,
    log: Option<LogFile>,
    warnings: Option<Warnings>,
    annotations: Option<(Annotations, WriteAnnotations)>,
    observed: Option<(Observed, RecordResults)>,
    #[cfg(feature = "junit")]
    junit: Option<(JUnit, PathBuf)>,
    live: Option<Live>,
    summary: Summary,
    ledger: Ledger,
    /// An event that is reported before the last one.
    before_end: Option<Event>,
    flaky: FlakyResult,
    /// The first error of a write.
    failed: Option<Error>,
}

/// The results of the reporters at the end of a run.
pub(crate) struct RunReport {
    pub(crate) summary: Summary,
    pub(crate) ledger: Ledger,
    /// The first error of a write.
    pub(crate) failed: Option<Error>,
}

impl Reports {
    /// Reporters for a run with this many cases and iterations.
    ///
    /// # Errors
    ///
    /// If an output file cannot be created.
    pub(crate) fn new(config: ReportConfig, cases: usize, iterations: u32, workers: u32) -> Result<Self, Error> {
        let config = Arc::new(config);
        let format: Box<dyn Reporter> = match config.format {
            Format::Pretty => Box::new(Pretty::new(&config)),
            Format::Terse => Box::new(Terse::new(&config)),
            Format::Json => Box::new(Json::new(&config)),
            #[cfg(feature = "junit")]
            Format::JUnit => Box::new(JUnit::new(&config)),
        };
        let coloring = Coloring::of(config.color);
        let live = match config.progress {
            ProgressDisplay::Shown => Live::new(cases * iterations as usize, workers, coloring),
            ProgressDisplay::Hidden => None,
        };
        Ok(Self {
            format,
            buffer: Buffer::new(coloring),
            records: config.events.as_deref().map(EventLog::create).transpose()?,
            log: config.logfile.as_deref().map(LogFile::create).transpose()?,
            warnings: config.warnings.clone().map(Warnings::new),
            annotations: None,
            observed: None,
            #[cfg(feature = "junit")]
            junit: config.junit.clone().map(|path| (JUnit::new(&config), path)),
            live,
            summary: Summary::new(config.flaky),
            ledger: Ledger::new(cases, iterations),
            before_end: None,
            flaky: config.flaky,
            failed: None,
        })
    }

    /// Calls `write` with the annotations at the end of the run; these are the positions of the tests.
    pub(crate) fn annotate(&mut self, locations: Vec<Location>, write: impl FnOnce(&str) + 'static) {
        self.annotations = Some((Annotations::new(locations), Box::new(write)));
    }

    /// Calls `record` with the results of the tests that ran, at the end of the run.
    pub(crate) fn record_results(&mut self, record: impl FnOnce(&[Observation]) + 'static) {
        self.observed = Some((Observed::new(self.flaky), Box::new(record)));
    }

    /// Stores an event for the end of the run.
    pub(crate) fn emit_before_end(&mut self, event: Event) {
        self.before_end = Some(event);
    }

    /// Reports an event.
    pub(crate) fn handle(&mut self, event: &Event) {
        if let Event::RunFinished(_) = event
            && let Some(before) = self.before_end.take()
        {
            self.handle(&before);
        }
        self.summary.add(event);
        if let Event::CaseFinished(finished) = event {
            self.ledger.enter(&finished.test_id);
        }
        #[cfg(feature = "junit")]
        if let Some((junit, _)) = &mut self.junit {
            junit.add(event);
        }
        if let Some(warnings) = &mut self.warnings {
            warnings.handle(event);
        }
        if let Some((annotations, _)) = &mut self.annotations {
            annotations.handle(event);
        }
        if let Some((observed, _)) = &mut self.observed {
            observed.handle(event);
        }
        if let Some(live) = &mut self.live {
            live.handle(event);
        }
        let written = self.format.handle(event, &mut self.buffer).map_err(|cause| Error::io("write the report", cause));
        self.note(written);
        let recorded = self.records.as_mut().map_or(Ok(()), |records| records.handle(event));
        self.note(recorded);
        let logged = self.log.as_mut().map_or(Ok(()), |log| log.handle(event));
        self.note(logged);
    }

    /// Writes all output so far.
    pub(crate) fn flush(&mut self) {
        let shown = match &mut self.live {
            Some(live) if self.buffer.is_empty() => {
                live.tick();
                Ok(())
            }
            Some(live) => live.beside(|| show(&mut self.buffer)),
            None => show(&mut self.buffer),
        };
        self.note(shown.map_err(|cause| Error::io("write to stdout", cause)));
        let recorded = self.records.as_mut().map_or(Ok(()), EventLog::flush);
        self.note(recorded);
    }

    /// Ends the report.
    pub(crate) fn finish(mut self) -> RunReport {
        if let Some(live) = self.live.take() {
            live.end();
        }
        self.flush();
        if let Some((annotations, write)) = self.annotations.take() {
            write(&annotations.finish());
        }
        if let Some((observed, record)) = self.observed.take() {
            record(&observed.finish());
        }
        let warned = self.warnings.take().map_or(Ok(()), Warnings::finish);
        self.note(warned);
        #[cfg(feature = "junit")]
        if let Some((mut junit, path)) = self.junit.take() {
            let written = junit.xml().and_then(|xml| std::fs::write(&path, xml));
            self.note(written.map_err(|cause| Error::file("write the JUnit report", &path, cause)));
        }
        RunReport { summary: self.summary, ledger: self.ledger, failed: self.failed }
    }

    fn note(&mut self, written: Result<(), Error>) {
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }
}
