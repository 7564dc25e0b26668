//! Checks what no compiler checks. Each violation names the file and what to do.

mod files;
mod layers;
mod links;
mod output;
mod versions;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::dev::root;

/// How tidy it shall be.
#[derive(Debug, Args)]
pub(crate) struct LintOptions {
    /// Write the README's output anew instead of comparing it
    #[arg(long)]
    bless: bool,
}

/// A file of the repository, and its text.
pub(crate) struct File {
    /// From the root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Checks everything.
pub(crate) fn run(options: &LintOptions) -> Result<ExitCode> {
    if options.bless {
        output::bless(&root())?;
    }
    check_all()?;
    println!("tidy");
    Ok(ExitCode::SUCCESS)
}

/// Checks everything.
///
/// # Errors
///
/// All violations, one a line.
pub(crate) fn check_all() -> Result<()> {
    let root = root();
    let files = files(&root)?;
    let mut violations = Vec::new();
    violations.extend(files::violations(&files));
    violations.extend(layers::violations(&files));
    violations.extend(links::violations(&files, &root));
    violations.extend(versions::violations(&root)?);
    violations.extend(output::violations(&root)?);
    if violations.is_empty() {
        return Ok(());
    }
    bail!("{} violations:\n  {}", violations.len(), violations.join("\n  "));
}

/// The files that belong to the repository, as git knows them; new ones that are not ignored included.
fn files(root: &Path) -> Result<Vec<File>> {
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
        // A file that was removed and is not committed yet is listed all the same.
        if let Ok(bytes) = std::fs::read(root.join(name)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.push(File { path: PathBuf::from(name), text });
        }
    }
    Ok(files)
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    /// A program that must not compile; its text is compared by line.
    fn is_ui(&self) -> bool {
        self.path.starts_with("tests/ui")
    }
}
