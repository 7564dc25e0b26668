//! Checks that all dependencies of a package support the Rust version that it states.

use std::path::Path;

use anyhow::{Context, Result};
use guppy::MetadataCommand;
use guppy::graph::DependencyDirection;

/// Packages that others depend on. Their optional features may need a newer version, which their documentation states.
const PROMISING: [&str; 3] = ["swimlanes", "swimlanes-core", "swimlanes-macros"];

/// Packages that only come with a feature that states a newer Rust version.
const WITH_NEWER_FEATURES: [&str; 4] = ["nextest-filtering", "guppy", "nextest-metadata", "miette"];

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let graph = MetadataCommand::new().current_dir(root).build_graph().context("cargo knows the packages")?;
    let mut violations = Vec::new();
    for name in PROMISING {
        let package = graph.workspace().member_by_name(name).context("a promising package is in the workspace")?;
        let promised = package.rust_version().context("it states a Rust version")?;
        let query = graph.query_forward([package.id()])?;
        let followed = query.resolve_with_fn(|_, link| {
            let is_newer = WITH_NEWER_FEATURES.contains(&link.to().name());
            !link.dev_only() && !is_newer
        });
        for dependency in followed.packages(DependencyDirection::Forward) {
            let needed = dependency.rust_version();
            if let Some(needed) = needed.filter(|needed| *needed > promised) {
                violations.push(format!(
                    "harness/Cargo.toml: {name} promises Rust {promised}, but {} {} needs {needed}",
                    dependency.name(),
                    dependency.version()
                ));
            }
        }
    }
    Ok(violations)
}
