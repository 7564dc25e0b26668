//! Starts programs, including those in the directory of `cargo install`, which may not be in `PATH`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The program, with the directory of `cargo install` at the end of its `PATH`.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(path) = cargo_home().and_then(|home| with(&path, &home.join("bin"))) {
        command.env("PATH", path);
    }
    command
}

/// The directory with cargo's configuration, downloads and installed programs.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")))
}

/// The value of `PATH` with this directory at its end. `None` if it already contains the directory, or cannot contain it.
fn with(path: &OsStr, dir: &Path) -> Option<OsString> {
    let mut dirs: Vec<PathBuf> = std::env::split_paths(path).filter(|_| !path.is_empty()).collect();
    if dirs.iter().any(|other| other == dir) {
        return None;
    }
    dirs.push(dir.to_owned());
    std::env::join_paths(dirs).ok()
}

/// Runs the command; the error names it.
pub(super) fn succeed(command: &mut Command) -> Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Whether rustup has a toolchain whose name begins so.
pub(super) fn has_toolchain(version: &str) -> bool {
    let listed = command("rustup").args(["toolchain", "list"]).output();
    listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line.starts_with(version)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, dir: &str, expected: Option<&str>) {
        assert_eq!(with(path.as_ref(), Path::new(dir)), expected.map(OsString::from));
    }

    #[test]
    fn directory_is_appended_to_path() {
        check("/usr/bin:/bin", "/cargo/bin", Some("/usr/bin:/bin:/cargo/bin"));
        check("", "/cargo/bin", Some("/cargo/bin"));
        check("/cargo/bin:/bin", "/cargo/bin", None);
        check("/bin", "/with:colon", None);
    }
}
