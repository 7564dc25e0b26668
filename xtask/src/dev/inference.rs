//! Compiles a crate whose only dependency is swimlanes: code that compiles without swimlanes must compile with it.
//!
//! In the workspace, cargo unites the features of all packages, and the feature `filterset` adds a crate that breaks type inference. So the
//! crate is its own workspace.

use std::path::Path;

use anyhow::{Context, Result};
use guppy::MetadataCommand;

use crate::dev::user_crate;

/// A feature whose dependencies break inference: see the fixture.
const EXCEPT: &str = "filterset";

/// The fixture with the lines.
const LINES: &str = "inference";

/// The calls of cargo, each with its words, that compile the lines.
pub(super) fn calls(root: &Path, has_duckdb: bool) -> Result<Vec<Vec<String>>> {
    let manifest = manifest(&root.join("harness"), &features(root, has_duckdb)?);
    let manifest = user_crate::write(root, "inference", &manifest, LINES)?.display().to_string();
    let target = user_crate::target_dir(root).display().to_string();
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
name = "inference"
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
