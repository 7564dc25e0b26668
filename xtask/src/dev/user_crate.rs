//! A crate outside of this workspace that depends on swimlanes, as that of a user does. It is its own workspace below `target`, with the
//! versions of this workspace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes the crate: this manifest, and `tests/fixtures/TEST.rs` of this repository as its test. Returns the path of the manifest.
///
/// # Errors
///
/// If a file cannot be written.
pub(super) fn write(root: &Path, name: &str, manifest: &str, test: &str) -> Result<PathBuf> {
    let dir = root.join("target").join(name);
    let tests = dir.join("tests");
    fs::create_dir_all(&tests).with_context(|| format!("cannot make {}", tests.display()))?;
    let path = dir.join("Cargo.toml");
    fs::write(&path, manifest).with_context(|| format!("cannot write {}", path.display()))?;
    let fixture = format!("tests/fixtures/{test}.rs");
    for (from, to) in [("Cargo.lock", dir.join("Cargo.lock")), (&fixture, tests.join(format!("{test}.rs")))] {
        fs::copy(root.join(from), &to).with_context(|| format!("cannot copy {from} to {}", to.display()))?;
    }
    Ok(path)
}

/// The target directory with dependencies that are built already.
pub(super) fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
