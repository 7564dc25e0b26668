//! Every event as a line of JSON, for programs: `--events FILE`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::model::error::Error;
use crate::model::event::Event;

pub(crate) struct Records {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Records {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|cause| Error::file("make the file of events", path, cause))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub(crate) fn told(&mut self, event: &Event) -> Result<(), Error> {
        let written = serde_json::to_writer(&mut self.file, event).map_err(std::io::Error::from);
        written.and_then(|()| self.file.write_all(b"\n")).map_err(|cause| self.fail(cause))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|cause| self.fail(cause))
    }

    fn fail(&self, cause: std::io::Error) -> Error {
        Error::file("write events to", &self.path, cause)
    }
}
