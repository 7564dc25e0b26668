//! The state of a run, in a file of its directory. It is replaced as a whole; in the fixed form, it refuses a writer that was overtaken.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use swimlanes_kit::point;

use crate::error::Error;
use crate::form::Form;
use crate::token::Token;

/// The state of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its current action.
    pub status: String,
    /// The number of completed steps.
    pub steps: u64,
}

/// Whether a process is still changing the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Written while it is locked, with more changes to come.
    Changing,
    /// Complete, for other processes.
    Settled,
}

/// The first line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// How often it was written.
    pub(crate) version: u64,
    /// The number of the youngest token that it knows: older ones are refused.
    pub(crate) fence: u64,
    pub(crate) state: State,
}

/// The file of a run.
#[derive(Debug)]
pub(crate) struct RunFile {
    path: PathBuf,
    form: Form,
}

impl RunFile {
    pub(crate) fn in_dir(dir: &Path, form: Form) -> Self {
        Self { path: dir.join("run.json"), form }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its first line and the run; `None` if it was never written.
    pub(crate) fn read(&self) -> Result<Option<(Head, Run)>, Error> {
        let Some((head, mut rest)) = self.open()? else { return Ok(None) };
        let mut text = String::new();
        io::Read::read_to_string(&mut rest, &mut text).map_err(|cause| self.failed("read", cause))?;
        Ok(Some((head, self.parse(&text)?)))
    }

    /// The content of the file, for the holder of this token. In the fixed form, the file then contains the token's number, so previous
    /// holders of the lock can no longer change the run that was read here. The run, and whether it is settled, do not change.
    pub(crate) fn read_to_change(&self, token: &Token) -> Result<Run, Error> {
        if !self.form.is_mended() {
            return Ok(self.read()?.map(|(_, run)| run).unwrap_or_default());
        }
        let _gate = self.gate()?;
        let nothing = || (Head { version: 0, fence: 0, state: State::Settled }, Run::default());
        let (head, run) = self.read()?.unwrap_or_else(nothing);
        // Also refuses the same number: it is granted twice only if Redis has lost the count.
        if head.fence >= token.number {
            return Err(self.overtaken(head, token));
        }
        self.replace(Head { fence: token.number, ..head }, &run)?;
        Ok(run)
    }

    /// Replaces the file, and returns its new first line.
    pub(crate) fn write(&self, run: &Run, token: &Token, state: State) -> Result<Head, Error> {
        let _gate = if self.form.is_mended() { Some(self.gate()?) } else { None };
        let before = self.open()?.map(|(head, _)| head);
        if let Some(head) = before
            && self.form.is_mended()
            && head.fence > token.number
        {
            return Err(self.overtaken(head, token));
        }
        let head = Head { version: before.map_or(1, |head| head.version + 1), fence: token.number, state };
        self.replace(head, run)?;
        Ok(head)
    }

    fn replace(&self, head: Head, run: &Run) -> Result<(), Error> {
        point!("after the look at the number");
        let text = format!("{}\n{}\n", self.text(&head)?, self.text(run)?);
        let new = self.path.with_extension(unique());
        fs::write(&new, text).map_err(|cause| Error::File { tried: "write", path: new.clone(), cause })?;
        fs::rename(&new, &self.path).map_err(|cause| self.failed("replace", cause))
    }

    /// No other process may write between the check of the number and the new file. This is a lock of the system: it is held as long as the
    /// write of a small file takes, and is released when its process ends. The lock in Redis can expire between any two lines.
    fn gate(&self) -> Result<File, Error> {
        let path = self.path.with_extension("gate");
        let gate = File::create(&path).map_err(|cause| Error::File { tried: "create", path, cause })?;
        gate.lock().map_err(|cause| self.failed("take turns with other writers of", cause))?;
        Ok(gate)
    }

    fn open(&self) -> Result<Option<(Head, BufReader<File>)>, Error> {
        let mut file = match File::open(&self.path) {
            Ok(file) => BufReader::new(file),
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(self.failed("open", cause)),
        };
        let mut line = String::new();
        file.read_line(&mut line).map_err(|cause| self.failed("read", cause))?;
        Ok(Some((self.parse(&line)?, file)))
    }

    fn overtaken(&self, head: Head, token: &Token) -> Error {
        Error::Overtaken { path: self.path.clone(), token: token.clone(), by: head.fence }
    }

    fn parse<T: for<'a> Deserialize<'a>>(&self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|cause| Error::Format { path: self.path.clone(), cause })
    }

    fn text(&self, value: &impl Serialize) -> Result<String, Error> {
        serde_json::to_string(value).map_err(|cause| Error::Format { path: self.path.clone(), cause })
    }

    fn failed(&self, tried: &'static str, cause: io::Error) -> Error {
        Error::File { tried, path: self.path.clone(), cause }
    }
}

/// A unique name for a temporary file: the process id, and a count.
fn unique() -> String {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed))
}
