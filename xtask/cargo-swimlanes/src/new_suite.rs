//! `cargo swimlanes new-suite`: adds a test target with `harness = false` and a first test to a package.

mod manifest;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::suite::metadata::Workspace;
use crate::suite::selection::SuiteSelection;

/// The name of the suite, and the package that it is for.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct NewSuiteOptions {
    /// The name of the test target: tests/NAME.rs
    name: String,

    /// The package [default: that of the current directory]
    #[arg(short, long)]
    package: Option<String>,

    /// The Cargo.toml to work on
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Adds the dependency and the test target to Cargo.toml, and writes tests/NAME.rs. Comments and format of Cargo.toml stay as they are.

Exit codes: 0 the suite exists now; 1 nothing was changed.";

/// The file of a new suite, which this package compiles and runs as one of its own tests.
const TEMPLATE: &str = include_str!("new_suite/template.rs");

pub(crate) fn main(options: &NewSuiteOptions) -> ExitCode {
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &NewSuiteOptions) -> Result<()> {
    let NewSuiteOptions { name, package, manifest_path } = options;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    ensure!(
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_allowed),
        "`{name}` cannot be the name of a test target: it needs letters, digits, `_` and `-`, and begins with a letter"
    );
    let selection = SuiteSelection { manifest_path: manifest_path.clone(), ..SuiteSelection::default() };
    let workspace = Workspace::read(&selection, false)?;
    let here = match manifest_path {
        Some(path) => std::path::absolute(path).context("cannot find the directory of the manifest")?,
        None => std::env::current_dir().context("cannot find the current directory")?,
    };
    let package = workspace.member(package.as_deref(), &here)?;
    let (directory, package) = (package.directory(), &package.name);

    let file = directory.join("tests").join(format!("{name}.rs"));
    for taken in [&file, &directory.join("tests").join(name).join("main.rs")] {
        ensure!(!taken.exists(), "{} exists already", taken.display());
    }
    let cargo_toml = directory.join("Cargo.toml");
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let of_workspace = read(&workspace.root().join("Cargo.toml"))?;
    let edited = manifest::with_suite(&read(&cargo_toml)?, &of_workspace, name)
        .with_context(|| format!("cannot add the suite to {}", cargo_toml.display()))?;

    write_new(&file)?;
    if let Err(cause) = fs::write(&cargo_toml, edited) {
        // Then nothing has changed.
        _ = fs::remove_file(&file);
        return Err(cause).with_context(|| format!("cannot write {}", cargo_toml.display()));
    }
    println!("wrote {}, and added the suite to {}", file.display(), cargo_toml.display());
    println!("run it with: cargo test -p {package} --test {name}");
    Ok(())
}

fn write_new(file: &Path) -> Result<()> {
    let shown = file.display();
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(file);
    let written = new.as_mut().map_err(|cause| std::io::Error::from(cause.kind()));
    written.and_then(|new| new.write_all(TEMPLATE.as_bytes())).with_context(|| format!("cannot write {shown}"))
}
