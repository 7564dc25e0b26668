//! Compiles a suite that is not a target of this package, with the libraries that cargo has built for the suites.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::executable::deps;
use crate::support::suite_runner::Fixture;

/// The result of a compilation; dropping it deletes the program.
pub(crate) struct Built {
    pub(crate) program: PathBuf,
    /// The messages of the compiler.
    pub(crate) stderr: String,
    _dir: TempDir,
}

impl Built {
    pub(crate) fn is_ok(&self) -> bool {
        self.program.exists()
    }

    /// A run of it.
    pub(crate) fn fixture(&self) -> Fixture {
        Fixture::at(&self.program)
    }
}

/// Compiles the crate with this root as the target `suite` of the package `shop`.
pub(crate) fn compile(root: &Path, args: &[&str]) -> Built {
    let dir = tempfile::tempdir().expect("a directory");
    let program = dir.path().join(format!("suite{}", std::env::consts::EXE_SUFFIX));
    let swimlanes = library("swimlanes");
    // With the feature `duckdb`, the library links libduckdb, which cargo would configure.
    let duckdb = std::env::var("DUCKDB_LIB_DIR").ok();
    let linked = duckdb.map(|dir| [format!("-Lnative={dir}"), format!("-Clink-arg=-Wl,-rpath,{dir}")]);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(root.parent().expect("a file is in a directory"))
        .args(["--edition", "2024", "--crate-name", "suite", "--color", "never"])
        .arg(root.file_name().expect("a file has a name"))
        .arg("-o")
        .arg(&program)
        .args(args)
        .arg("--extern")
        .arg(format!("swimlanes={}", swimlanes.display()))
        .arg("-L")
        .arg(format!("dependency={}", swimlanes.parent().expect("a directory").display()))
        .args(linked.into_iter().flatten())
        .envs([("CARGO_CRATE_NAME", "suite"), ("CARGO_PKG_NAME", "shop")])
        .output()
        .expect("rustc starts");
    let stderr = String::from_utf8(output.stderr).expect("text");
    Built { program, stderr, _dir: dir }
}

/// The newest library with this name that cargo has built for the suites.
pub(crate) fn library(name: &str) -> PathBuf {
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    };
    let entries = std::fs::read_dir(deps()).expect("cargo has built something").flatten().map(|entry| entry.path());
    let age = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
    entries.filter(is_it).max_by_key(age).expect("the library is there")
}
