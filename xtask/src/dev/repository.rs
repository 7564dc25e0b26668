//! This repository: its root and its files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A file of the repository, and its text.
pub(super) struct File {
    /// Its path from the root.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// The root of the repository: xtask is a folder in it.
pub(super) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// The files of the repository that git tracks, and new ones that it does not ignore.
pub(super) fn files(root: &Path) -> Result<Vec<File>> {
    let listed = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git lists the files")?;
    if !listed.status.success() {
        bail!("git cannot list the files: {}", String::from_utf8_lossy(&listed.stderr));
    }
    let names = String::from_utf8(listed.stdout).context("file names are text")?;
    let mut files = Vec::new();
    for name in names.split_terminator('\0') {
        // git also lists a file that was deleted without a commit.
        if let Ok(bytes) = std::fs::read(root.join(name)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.push(File { path: PathBuf::from(name), text });
        }
    }
    Ok(files)
}

impl File {
    pub(super) fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    /// A program that must not compile; its text is compared by line.
    pub(super) fn is_ui(&self) -> bool {
        self.path.starts_with("tests/compile_errors/ui")
    }
}
