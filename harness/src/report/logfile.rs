//! Writes one line per test to a file, as libtest's `--logfile` does.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::verdict::{FlakyResult, Tally};

pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| Error::file("make the log file", path, cause))?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub(crate) fn handle(&mut self, event: &Event) -> Result<(), Error> {
        let Event::CaseFinished(finished) = event else { return Ok(()) };
        let word = match finished.verdict.counts_as(FlakyResult::Pass) {
            Tally::Passed => "ok",
            Tally::Failed => "failed",
            Tally::Skipped => "ignored",
            Tally::NotRun => return Ok(()),
        };
        let written = writeln!(self.file, "{word} {}", finished.test_id.name);
        written.map_err(|cause| Error::file("write to the log file", &self.path, cause))
    }
}
