//! Writes the warnings of a run to a file: messages of the harness, and flaky tests. Bazel shows its content beside the result.

use std::fmt::Write;
use std::path::PathBuf;

use crate::model::error::Error;
use crate::model::event::Event;

pub(crate) struct Warnings {
    path: PathBuf,
    text: String,
}

impl Warnings {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, text: String::new() }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        let written = match event {
            Event::Diagnostic { message, .. } => writeln!(self.text, "{message}"),
            Event::CaseFinished(finished) if finished.verdict.is_flaky() => {
                writeln!(self.text, "{} is flaky: it passed in attempt {}", finished.test_id.name, finished.attempts)
            }
            _ => Ok(()),
        };
        written.expect("a string can be written to");
    }

    /// Writes the file if there are warnings.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.text.is_empty() {
            return Ok(());
        }
        std::fs::write(&self.path, self.text).map_err(|cause| Error::file("write the warnings", &self.path, cause))
    }
}
