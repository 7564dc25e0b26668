//! Documents all packages, and compares the public API of the library crates with the text that is kept in the repository.
//!
//! rustdoc says what is public in JSON, an unstable format. So `rustdoc.sh` allows unstable options: only to rustdoc, as cargo would compile
//! dependencies again if the compiler had another environment.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use cargo_swimlanes::Thing;
use guppy::MetadataCommand;

use crate::dev::installed::succeed;
use crate::dev::workspace::{cargo, features};

/// The crates that others depend on, and where their API is kept.
const CRATES: [(&str, &str); 3] = [
    ("swimlanes", "harness/public-api.txt"),
    ("swimlanes-core", "harness/core/public-api.txt"),
    ("swimlanes-kit", "harness/kit/public-api.txt"),
];

/// Whether this machine can say what is public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Check {
    Compared,
    /// Why not.
    NotPossible(String),
}

/// `cargo xtask public-api`.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    match check(root, cargo(root, &[]))? {
        Check::Compared => Ok(ExitCode::SUCCESS),
        Check::NotPossible(why) => bail!("cannot compare the public API: {why}"),
    }
}

/// Documents all packages; warnings are errors. Then compares the public API with the texts in the repository, or writes these if
/// `UPDATE_EXPECT` is set. `cargo` is a call of cargo without arguments.
pub(crate) fn check(root: &Path, cargo: Command) -> Result<Check> {
    let has_duckdb = Thing::Duckdb.is_there(root);
    let target = rustdoc_json(root, cargo, &features(root, has_duckdb)?)?;
    if !has_duckdb {
        return Ok(Check::NotPossible(
            "the library of the feature duckdb is missing (cargo xtask setup duckdb)".to_owned(),
        ));
    }
    let mut differences = String::new();
    for (package, kept) in CRATES {
        let json = target.join("doc").join(package.replace('-', "_")).with_extension("json");
        let api = public_api::Builder::from_rustdoc_json(&json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build();
        let api = match api {
            Ok(api) => api.to_string(),
            // Toolchains change the format several times a year.
            Err(error) => {
                return Ok(Check::NotPossible(format!("rustdoc of this toolchain writes another format: {error}")));
            }
        };
        let kept = root.join(kept);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&kept, &api).with_context(|| format!("cannot write {}", kept.display()))?;
        }
        let expected = fs::read_to_string(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
        differences += &difference(package, &expected, &api);
    }
    if !differences.is_empty() {
        bail!(
            "the public API differs from the text in the repository:\n{differences}UPDATE_EXPECT=1 cargo xtask public-api accepts it"
        );
    }
    Ok(Check::Compared)
}

/// Writes the documentation of all packages as JSON, and returns the target directory.
fn rustdoc_json(root: &Path, mut cargo: Command, features: &str) -> Result<PathBuf> {
    cargo.args(["doc", "--no-deps", "--workspace", "--features", features]);
    cargo.env("RUSTDOC", root.join("xtask").join("src").join("dev").join("rustdoc.sh"));
    succeed(cargo.env("RUSTDOCFLAGS", "--deny warnings -Zunstable-options --output-format=json"))?;
    let graph = MetadataCommand::new().current_dir(root).no_deps().build_graph();
    Ok(graph.context("cannot ask cargo for the target directory")?.workspace().target_directory().into())
}

/// The lines that only one of the two has.
fn difference(package: &str, expected: &str, api: &str) -> String {
    let mut text = String::new();
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), api.lines().collect());
    for (sign, lines, others) in [('-', &old, &new), ('+', &new, &old)] {
        for line in lines.iter().filter(|line| !others.contains(line)) {
            let _ = writeln!(text, "{package}: {sign} {line}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn difference_lists_items_of_one_side_only() {
        assert_eq!(difference("a", "pub fn b()\npub fn c()\n", "pub fn b()\npub fn c()\n"), "");
        assert_eq!(
            difference("a", "pub fn b()\npub fn c()\n", "pub fn c()\npub fn d()\n"),
            "a: - pub fn b()\na: + pub fn d()\n"
        );
    }
}
