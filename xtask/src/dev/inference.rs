//! Compiles a crate whose only dependency is swimlanes: code that compiles without swimlanes must compile with it.
//!
//! In the workspace, cargo unites the features of all packages, and the feature `filterset` adds a crate that breaks type inference. So the
//! crate is its own workspace below `target`, with the versions of this workspace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use guppy::MetadataCommand;

/// A feature whose dependencies break inference: see the fixture.
const EXCEPT: &str = "filterset";

const LINES: &str = "tests/fixtures/inference.rs";

/// The calls of cargo, each with its words, that compile the lines.
pub(super) fn calls(root: &Path, has_duckdb: bool) -> Result<Vec<Vec<String>>> {
    // The target directory with dependencies that are built already.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let dir = root.join("target").join("inference");
    write(root, &dir, &features(root, has_duckdb)?)?;
    let manifest = dir.join("Cargo.toml").display().to_string();
    let target = target.display().to_string();
    let call = |words: &[&str]| {
        let place = ["--manifest-path", &manifest, "--target-dir", &target];
        words.iter().chain(&place).map(|&word| word.to_owned()).collect()
    };
    Ok(vec![
        // The lines by themselves.
        call(&["check", "--quiet", "--tests"]),
        call(&["check", "--quiet", "--tests", "--features", "swimlanes"]),
        call(&["check", "--quiet", "--tests", "--features", "all"]),
    ])
}

/// The features of swimlanes that do not affect inference in a crate.
fn features(root: &Path, has_duckdb: bool) -> Result<Vec<String>> {
    let graph =
        MetadataCommand::new().current_dir(root).no_deps().build_graph().context("cannot ask cargo for features")?;
    let swimlanes = graph.workspace().member_by_name("swimlanes").context("swimlanes is not in its workspace")?;
    let named = swimlanes.named_features().filter(|&name| name != EXCEPT && (has_duckdb || name != "duckdb"));
    Ok(named.map(str::to_owned).collect())
}

fn write(root: &Path, dir: &Path, features: &[String]) -> Result<()> {
    let tests = dir.join("tests");
    fs::create_dir_all(&tests).with_context(|| format!("cannot make {}", tests.display()))?;
    let manifest = manifest(&root.join("harness"), features);
    let path = dir.join("Cargo.toml");
    fs::write(&path, manifest).with_context(|| format!("cannot write {}", path.display()))?;
    for (from, to) in [("Cargo.lock", dir.join("Cargo.lock")), (LINES, tests.join("lines.rs"))] {
        fs::copy(root.join(from), &to).with_context(|| format!("cannot copy {from} to {}", to.display()))?;
    }
    Ok(())
}

fn manifest(harness: &Path, features: &[String]) -> String {
    let all: Vec<String> = features.iter().map(|name| format!("\"swimlanes/{name}\"")).collect();
    format!(
        r#"# Made by `cargo xtask ci`.
[package]
name = "inference"
version = "0.0.0"
edition = "2024"
publish = false
autotests = false

[features]
swimlanes = ["dep:swimlanes"]
all = ["swimlanes", {}]

[dependencies]
swimlanes = {{ path = {:?}, optional = true }}

[[test]]
name = "lines"
path = "tests/lines.rs"
harness = false

[workspace]

# As in the workspace, so that dependencies are built once.
[profile.dev.package."*"]
debug = false
"#,
        all.join(", "),
        harness.display().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_manifest_names_each_feature() {
        let features = ["redis", "sqlite"].map(str::to_owned);
        let manifest = manifest(Path::new("/repo/harness"), &features);
        let named: Vec<&str> =
            manifest.lines().filter(|line| line.contains("swimlanes = ") || line.contains("all")).collect();
        expect![[r#"
            swimlanes = ["dep:swimlanes"]
            all = ["swimlanes", "swimlanes/redis", "swimlanes/sqlite"]
            swimlanes = { path = "/repo/harness", optional = true }"#]]
        .assert_eq(&named.join("\n"));
    }
}
