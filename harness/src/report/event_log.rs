//! Writes the record of each event: `--events FILE`. [`swimlanes_core::events`] defines the records.

mod records;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::model::error::Error;
use crate::model::event::Event;
use crate::report::json_text::JsonText;
use records::record;

pub(crate) struct EventLog {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventLog {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| Error::file("make the file of events", path, cause))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn handle(&mut self, event: &Event) -> Result<(), Error> {
        writeln!(self.file, "{}", JsonText(&record(event))).map_err(|cause| self.fail(cause))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|cause| self.fail(cause))
    }

    fn fail(&self, cause: std::io::Error) -> Error {
        Error::file("write events to", &self.path, cause)
    }
}
