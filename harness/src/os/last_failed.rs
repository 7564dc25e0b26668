//! The file with the tests of a suite that failed in its last runs, below cargo's target directory: `--last-failed` and `--failed-first`
//! read it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The file of a suite: a name in each line. Names of tests contain no line breaks.
#[derive(Debug, Clone)]
pub(crate) struct LastFailed {
    path: PathBuf,
}

impl LastFailed {
    /// The file of the suite with this name. `None` if this program is not in a target directory.
    pub(crate) fn of(suite: &str) -> Option<Self> {
        Self::for_program(&std::env::current_exe().ok()?, suite)
    }

    fn for_program(program: &Path, suite: &str) -> Option<Self> {
        // Cargo marks its target directories with this file, for programs that make backups.
        let target = program.ancestors().skip(1).find(|directory| directory.join("CACHEDIR.TAG").is_file())?;
        let file: String =
            suite.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect();
        Some(Self { path: target.join("swimlanes").join("last-failed").join(file) })
    }

    /// The names in the file; none if there is no file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(crate) fn read(&self) -> io::Result<BTreeSet<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(names(&text)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(cause) => Err(cause),
        }
    }

    /// Adds the tests that failed, and removes those that passed. Other runs of the suite may do the same at the same time. The file is not
    /// touched if nothing changes.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn update(&self, failed: &BTreeSet<&str>, passed: &[&str]) -> io::Result<()> {
        if failed.is_empty() && self.read().is_ok_and(|before| before.iter().all(|name| !passed.contains(&&**name))) {
            return Ok(());
        }
        let passed: BTreeSet<&str> = passed.iter().copied().collect();
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        // Released when the file is closed.
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut all = names(&text);
        all.retain(|name| !passed.contains(&**name));
        all.extend(failed.iter().map(|&name| name.to_owned()));
        file.rewind()?;
        file.set_len(0)?;
        let lines: String = all.iter().map(|name| format!("{name}\n")).collect();
        file.write_all(lines.as_bytes())
    }
}

fn names(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_stay_until_the_test_passes() {
        let target = tempfile::tempdir().expect("a directory");
        let program = target.path().join("debug").join("deps").join("api-12");
        assert!(LastFailed::for_program(&program, "shop::api").is_none());
        fs::write(target.path().join("CACHEDIR.TAG"), "").expect("written");
        let file = LastFailed::for_program(&program, "shop::api").expect("a target directory");
        assert_eq!(file.path, target.path().join("swimlanes/last-failed/shop__api"));
        let check = |failed: &[&str], passed: &[&str], expected: &[&str]| {
            let failed = failed.iter().copied().collect();
            file.update(&failed, passed).expect("updated");
            assert_eq!(file.read().expect("read"), expected.iter().map(|&name| name.to_owned()).collect());
        };
        check(&[], &["a", "b"], &[]);
        assert!(!file.path.exists());
        check(&["b", "a"], &["c"], &["a", "b"]);
        check(&[], &["c"], &["a", "b"]);
        check(&["c"], &["a"], &["b", "c"]);
        check(&[], &["b", "c"], &[]);
    }
}
