//! Calls cargo for all packages of this workspace with all their features.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use guppy::MetadataCommand;

use crate::dev::installed::command;

/// All features of all packages, in the syntax of cargo. The feature `duckdb` needs a library that not every machine has: without it, no
/// program with that feature can be linked, so `--all-features` would fail.
pub(super) fn features(root: &Path, has_duckdb: bool) -> Result<String> {
    let graph =
        MetadataCommand::new().current_dir(root).no_deps().build_graph().context("cannot ask cargo for features")?;
    let mut features = Vec::new();
    for package in graph.workspace().iter() {
        let named = package.named_features().filter(|&feature| has_duckdb || feature != "duckdb");
        features.extend(named.map(|feature| format!("{}/{feature}", package.name())));
    }
    Ok(features.join(","))
}

/// The variable with the directories in which programs look for shared libraries when they start.
const LIBRARY_PATH: &str = if cfg!(target_os = "macos") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };

/// The cargo that started this program.
pub(super) fn cargo(root: &Path, args: &[&str]) -> Command {
    program(root, &std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// A program that builds this workspace.
pub(super) fn program(root: &Path, program: &OsStr, args: &[&str]) -> Command {
    let mut command = command(program);
    command.current_dir(root).args(args);
    // Unit tests of the library do not use libduckdb, but the GNU linker makes them load it, and no build script adds its directory.
    let inherited = std::env::var_os(LIBRARY_PATH).unwrap_or_default();
    let dirs = std::iter::once(root.join("target").join("duckdb")).chain(std::env::split_paths(&inherited));
    if let Ok(dirs) = std::env::join_paths(dirs) {
        command.env(LIBRARY_PATH, dirs);
    }
    command
}
