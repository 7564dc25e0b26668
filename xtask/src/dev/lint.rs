//! `cargo xtask lint`: checks rules that the compiler does not check. Each violation names the file and the remedy.

mod cfg;
mod cycles;
mod files;
mod imports;
mod layers;
mod links;
mod output;
mod source_tree;
mod structure;
mod type_names;
mod versions;
mod words;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::dev::repository::{files, root};

/// The options of the lint.
#[derive(Debug, Args)]
pub(crate) struct LintOptions {
    /// Write the output in README.md and the guide instead of comparing it
    #[arg(long)]
    bless: bool,

    /// Skip the output in README.md and the guide: the commands that print it are built and run first, which takes minutes
    #[arg(long, conflicts_with = "bless")]
    fast: bool,
}

/// Checks everything.
pub(crate) fn run(options: &LintOptions) -> Result<ExitCode> {
    if options.bless {
        output::bless(&root())?;
    }
    if options.fast { check_fast() } else { check_all() }?;
    println!("no violations");
    Ok(ExitCode::SUCCESS)
}

/// Checks everything.
///
/// # Errors
///
/// All violations, one per line.
pub(crate) fn check_all() -> Result<()> {
    let root = root();
    let mut violations = source_violations(&root)?;
    violations.extend(output::violations(&root)?);
    report(&violations)
}

/// Checks everything except the output in README.md and the guide, and builds nothing.
///
/// # Errors
///
/// All violations, one per line.
pub(crate) fn check_fast() -> Result<()> {
    report(&source_violations(&root())?)
}

fn source_violations(root: &Path) -> Result<Vec<String>> {
    let files = files(root)?;
    let mut violations = Vec::new();
    violations.extend(files::violations(&files));
    violations.extend(structure::violations(&files));
    violations.extend(links::violations(&files, root));
    violations.extend(versions::violations(root)?);
    violations.extend(words::violations(&files));
    Ok(violations)
}

fn report(violations: &[String]) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    bail!("{} violations:\n  {}", violations.len(), violations.join("\n  "));
}
