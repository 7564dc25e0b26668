//! `cargo swimlanes setup`: fetches files that a feature of swimlanes needs and cargo does not fetch.

mod duckdb;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use guppy::MetadataCommand;

/// The options of the setup.
#[derive(Debug, Args)]
pub struct SetupOptions {
    /// What to fetch
    #[arg(required = true)]
    things: Vec<Thing>,
}

/// The things that can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Thing {
    /// The shared library that the feature `duckdb` links, from npm, into target/duckdb
    Duckdb,
}

impl Thing {
    /// Whether it exists in the workspace with this root.
    #[must_use]
    pub fn is_there(self, root: &Path) -> bool {
        match self {
            Self::Duckdb => duckdb::is_there(root),
        }
    }

    /// Whether this machine has the tools to fetch it.
    #[must_use]
    pub fn can_be_fetched(self) -> bool {
        match self {
            Self::Duckdb => duckdb::can_be_fetched(),
        }
    }

    /// Fetches it into the workspace with this root, unless it exists, and prints a message.
    ///
    /// # Errors
    ///
    /// If it cannot be fetched; the message contains the remedy.
    pub fn fetch(self, root: &Path) -> Result<()> {
        match self {
            Self::Duckdb => duckdb::fetch(root),
        }
    }
}

pub(crate) fn main(options: &SetupOptions) -> ExitCode {
    let fetch = || {
        let root = root()?;
        options.things.iter().try_for_each(|thing| thing.fetch(&root))
    };
    match fetch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> Result<PathBuf> {
    let graph = MetadataCommand::new().no_deps().build_graph().context("cannot ask cargo for the workspace")?;
    Ok(graph.workspace().root().into())
}
