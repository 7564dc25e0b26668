//! The file with the history of a suite: below cargo's target directory, or in a directory that the user names.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::model::history::{History, Observation};

/// The file of a suite.
#[derive(Debug, Clone)]
pub(crate) struct HistoryFile {
    path: PathBuf,
    /// The user expects the file, also if no test has a line in it.
    is_named: bool,
}

impl HistoryFile {
    /// The file below the target directory that contains this program. `None` if there is no such directory.
    pub(crate) fn of_this_program(suite: &str) -> Option<Self> {
        Self::for_program(&std::env::current_exe().ok()?, suite)
    }

    fn for_program(program: &Path, suite: &str) -> Option<Self> {
        // Cargo marks its target directories with this file, for programs that make backups.
        let target = program.ancestors().skip(1).find(|directory| directory.join("CACHEDIR.TAG").is_file())?;
        Some(Self { is_named: false, ..Self::within(&target.join("swimlanes").join("history"), suite) })
    }

    /// The file in this directory, which the user has named.
    pub(crate) fn within(directory: &Path, suite: &str) -> Self {
        let name: String =
            suite.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect();
        Self { path: directory.join(name), is_named: true }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The history; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no history.
    pub(crate) fn read(&self) -> io::Result<Option<History>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        // Another run of the suite may write it.
        file.lock_shared()?;
        read(&mut file)?.map(Some).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
    }

    /// Adds the results of a run. Other runs of the suite may do the same at the same time. A file is not touched if nothing changes, and
    /// replaced if it is no history.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn update(&self, run: &[Observation]) -> io::Result<()> {
        let exists = self.path.exists();
        if !exists && !self.is_named && !History::default().add(run) {
            return Ok(());
        }
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        // Released when the file is closed.
        file.lock()?;
        let mut history = read(&mut file)?.unwrap_or_default();
        if !history.add(run) && exists {
            return Ok(());
        }
        file.rewind()?;
        file.set_len(0)?;
        file.write_all(history.text().as_bytes())
    }
}

fn read(file: &mut File) -> io::Result<Result<History, String>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(std::str::from_utf8(&bytes).map_err(|cause| cause.to_string()).and_then(History::parse))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::history::PastResult;

    #[test]
    fn history_is_in_a_file_of_the_suite() {
        let target = tempfile::tempdir().expect("a directory");
        let program = target.path().join("debug").join("deps").join("api-12");
        assert!(HistoryFile::for_program(&program, "shop::api").is_none());
        fs::write(target.path().join("CACHEDIR.TAG"), "").expect("written");
        let file = HistoryFile::for_program(&program, "shop::api").expect("a target directory");
        assert_eq!(file.path, target.path().join("swimlanes/history/shop__api"));

        let took = |millis| {
            let took = Duration::from_millis(millis);
            [Observation { name: "a", result: PastResult::Passed, took }]
        };
        file.update(&took(0)).expect("nothing to do");
        assert_eq!(file.read().expect("no file"), None);
        file.update(&took(5)).expect("written");
        let median = || file.read().expect("read").expect("a history").median("a");
        assert_eq!(median(), Some(Duration::from_millis(5)));

        fs::write(&file.path, "no history").expect("written");
        assert_eq!(file.read().expect_err("no history").kind(), io::ErrorKind::InvalidData);
        file.update(&took(7)).expect("replaced");
        assert_eq!(median(), Some(Duration::from_millis(7)));
    }
}
