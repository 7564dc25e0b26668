//! The shared library of DuckDB, from DuckDB's package on npm. Building it takes half an hour and 9 GB.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The version that the crate `duckdb` of harness/Cargo.toml was made for. It contains no headers, and none are needed.
const VERSION: &str = "1.5.6-r.1";

/// Its path in a workspace; `.cargo/config.toml` passes it to the crate `duckdb`.
fn library(root: &Path) -> PathBuf {
    root.join("target").join("duckdb").join(file_name())
}

fn file_name() -> String {
    format!("{DLL_PREFIX}duckdb{DLL_SUFFIX}")
}

pub(super) fn is_there(root: &Path) -> bool {
    library(root).exists()
}

pub(super) fn can_be_fetched() -> bool {
    let mut npm = Command::new(NPM);
    npm.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    package().is_ok() && npm.status().is_ok_and(|status| status.success())
}

pub(super) fn fetch(root: &Path) -> Result<()> {
    let library = library(root);
    if library.exists() {
        println!("duckdb: {} exists", library.display());
        return Ok(());
    }
    let package = package()?;
    let dir = library.parent().context("it is in a directory")?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
    // In the directory of the library, so that a rename can move it.
    let unpacked =
        tempfile::tempdir_in(dir).with_context(|| format!("cannot make a directory in {}", dir.display()))?;
    println!("duckdb: fetching {package}, 24 MB");
    let archive = pack(&package, unpacked.path())?;
    let member = format!("package/{}", file_name());
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive).arg("-C").arg(unpacked.path()).arg(&member);
    succeed(&mut tar, "install tar")?;
    fs::rename(unpacked.path().join(&member), &library)
        .with_context(|| format!("cannot move the library to {}", library.display()))?;
    println!("duckdb: {}", library.display());
    Ok(())
}

/// npm is a script, which has this name on Windows.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// The package for this system.
fn package() -> Result<String> {
    let Some(platform) = platform(OS, ARCH, if cfg!(target_env = "musl") { "musl" } else { "" }) else {
        bail!(
            "there is no library of DuckDB for {OS} on {ARCH} that this could fetch; put the one of version {} into target/duckdb, \
             or set DUCKDB_LIB_DIR to where it is",
            VERSION.split('-').next().unwrap_or(VERSION)
        );
    };
    Ok(format!("@duckdb/node-bindings-{platform}@{VERSION}"))
}

/// The system in the names of npm's packages. `libc` is empty for the usual one.
fn platform(os: &str, arch: &str, libc: &str) -> Option<&'static str> {
    match (os, arch, libc) {
        ("linux", "x86_64", "") => Some("linux-x64"),
        ("linux", "aarch64", "") => Some("linux-arm64"),
        ("macos", "aarch64", _) => Some("darwin-arm64"),
        ("macos", "x86_64", _) => Some("darwin-x64"),
        _ => None,
    }
}

/// Makes npm download the package's archive into the directory.
fn pack(package: &str, dir: &Path) -> Result<PathBuf> {
    let mut npm = Command::new(NPM);
    npm.args(["pack", "--loglevel", "error", "--pack-destination"]).arg(dir).arg(package);
    // Hides the name of the archive, which is found below.
    npm.stdout(Stdio::null());
    succeed(&mut npm, "install Node.js, which has npm")?;
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut archives =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("tgz".as_ref()));
    archives.next().with_context(|| format!("npm has packed {package}, but no archive is in {}", dir.display()))
}

/// `remedy` tells the user what to do if the program does not exist.
fn succeed(command: &mut Command, remedy: &str) -> Result<()> {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = words.iter().map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ");
    let status = match command.stdin(Stdio::null()).status() {
        Err(cause) if cause.kind() == ErrorKind::NotFound => bail!("cannot start `{line}`: {remedy}"),
        status => status.with_context(|| format!("cannot start `{line}`"))?,
    };
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_named_as_npm_names_them() {
        assert_eq!(platform("linux", "x86_64", ""), Some("linux-x64"));
        assert_eq!(platform("linux", "aarch64", ""), Some("linux-arm64"));
        assert_eq!(platform("macos", "aarch64", ""), Some("darwin-arm64"));
        assert_eq!(platform("macos", "x86_64", ""), Some("darwin-x64"));
        assert_eq!(platform("linux", "x86_64", "musl"), None);
        assert_eq!(platform("windows", "x86_64", ""), None);
    }

    #[test]
    fn an_existing_library_is_not_fetched() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(!is_there(root.path()));
        fs::create_dir_all(root.path().join("target/duckdb")).expect("made");
        fs::write(library(root.path()), "").expect("written");
        assert!(is_there(root.path()));
        fetch(root.path()).expect("nothing to do");
    }

    #[test]
    fn the_error_of_a_missing_program_contains_the_remedy() {
        let error = succeed(&mut Command::new("no-such-npm"), "install Node.js").expect_err("there is none");
        assert_eq!(format!("{error:#}"), "cannot start `no-such-npm`: install Node.js");
    }
}
