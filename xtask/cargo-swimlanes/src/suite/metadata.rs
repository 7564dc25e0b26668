//! The metadata of the workspace: packages, their directories, and the environment of their tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::host::host_triple;
use crate::suite::selection::SuiteSelection;

/// The place at which a workspace names the packages of a campaign.
pub(crate) const STABILITY_PACKAGES: &str = "[workspace.metadata.swimlanes] stability-packages in Cargo.toml";

/// The output of `cargo metadata`.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) json: String,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<CargoPackage>,
    workspace_members: Vec<String>,
    workspace_root: PathBuf,
    metadata: Value,
}

/// A package, with the fields that become the environment of its tests.
#[derive(Debug, Deserialize)]
pub(crate) struct CargoPackage {
    id: String,
    pub(crate) name: String,
    version: String,
    manifest_path: PathBuf,
    authors: Vec<String>,
    description: Option<String>,
    homepage: Option<String>,
    repository: Option<String>,
    license: Option<String>,
    license_file: Option<String>,
    rust_version: Option<String>,
    readme: Option<String>,
}

/// The cargo that started us, or the one in `PATH`.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

impl Workspace {
    /// Runs `cargo metadata`. Only `deps(…)` of a filterset needs the dependencies.
    ///
    /// # Errors
    ///
    /// If cargo finds no workspace.
    pub(crate) fn read(suites: &SuiteSelection, with_dependencies: bool) -> Result<Self> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--format-version", "1"]).stderr(Stdio::inherit());
        if let Some(path) = &suites.manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        match with_dependencies {
            // Without a platform, cargo downloads the crates of all platforms, which a build never needs.
            true => command.args(["--filter-platform", &host_triple()?]),
            false => command.arg("--no-deps"),
        };
        let output = command.output().context("cannot start cargo metadata")?;
        if !output.status.success() {
            bail!("cannot read the workspace: cargo metadata ended with {}", output.status);
        }
        let json = String::from_utf8(output.stdout).context("cannot read the output of cargo metadata")?;
        let metadata = serde_json::from_str(&json).context("cannot read the output of cargo metadata")?;
        Ok(Self { json, metadata })
    }

    /// The directory of the workspace's Cargo.toml.
    pub(crate) fn root(&self) -> &Path {
        &self.metadata.workspace_root
    }

    /// The packages that the workspace's Cargo.toml selects for campaigns, if it does.
    ///
    /// # Errors
    ///
    /// If the metadata of swimlanes is not a table, the value is not a list of names, or the workspace has no package with one of the
    /// names.
    pub(crate) fn stability_packages(&self) -> Result<Vec<String>> {
        let swimlanes = &self.metadata.metadata["swimlanes"];
        if !swimlanes.is_null() && !swimlanes.is_object() {
            bail!("[workspace.metadata] swimlanes in Cargo.toml is {swimlanes}; give a table with stability-packages");
        }
        let packages: Vec<String> = match &swimlanes["stability-packages"] {
            Value::Null => return Ok(Vec::new()),
            value => Vec::deserialize(value)
                .with_context(|| format!("{STABILITY_PACKAGES} is {value}; give a list of packages"))?,
        };
        // With `--filterset`, cargo also lists dependencies.
        let is_member = |name: &String| {
            let is_named = |package: &&CargoPackage| package.name == *name;
            self.metadata
                .packages
                .iter()
                .filter(is_named)
                .any(|package| self.metadata.workspace_members.contains(&package.id))
        };
        if let Some(unknown) = packages.iter().find(|name| !is_member(name)) {
            bail!("{STABILITY_PACKAGES} names `{unknown}`, but the workspace has no such package");
        }
        Ok(packages)
    }

    /// The member with this name, or else the one whose directory contains this path.
    ///
    /// # Errors
    ///
    /// If there is no such member.
    pub(crate) fn member(&self, name: Option<&str>, here: &Path) -> Result<&CargoPackage> {
        let members = || {
            let is_member = |package: &&CargoPackage| self.metadata.workspace_members.contains(&package.id);
            self.metadata.packages.iter().filter(is_member)
        };
        match name {
            Some(name) => {
                let named = members().find(|package| package.name == name);
                named.with_context(|| format!("the workspace has no package `{name}`"))
            }
            // A package can contain others.
            None => {
                let containing = members().filter(|package| here.starts_with(package.directory()));
                let nearest = containing.max_by_key(|package| package.directory().components().count());
                nearest
                    .context("no package of the workspace contains the current directory; select one with -p PACKAGE")
            }
        }
    }

    /// The package with this id.
    ///
    /// # Errors
    ///
    /// If the workspace does not contain it.
    pub(crate) fn package(&self, id: &str) -> Result<&CargoPackage> {
        let package = self.metadata.packages.iter().find(|package| package.id == id);
        package.with_context(|| format!("cargo built {id}, which cargo metadata does not list"))
    }
}

impl CargoPackage {
    /// The directory in which its tests run.
    pub(crate) fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// The variables that cargo sets for programs of the package, with the names that are part of cargo's contract.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let without_build = self.version.split('+').next().unwrap_or_default();
        let (core, pre) = without_build.split_once('-').unwrap_or((without_build, ""));
        let mut numbers = core.split('.');
        let mut number = || numbers.next().unwrap_or_default().to_owned();
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let variables = [
            ("CARGO", cargo()),
            ("CARGO_MANIFEST_DIR", self.directory().display().to_string()),
            ("CARGO_MANIFEST_PATH", self.manifest_path.display().to_string()),
            ("CARGO_PKG_NAME", self.name.clone()),
            ("CARGO_PKG_VERSION", self.version.clone()),
            ("CARGO_PKG_VERSION_MAJOR", number()),
            ("CARGO_PKG_VERSION_MINOR", number()),
            ("CARGO_PKG_VERSION_PATCH", number()),
            ("CARGO_PKG_VERSION_PRE", pre.to_owned()),
            ("CARGO_PKG_AUTHORS", self.authors.join(":")),
            ("CARGO_PKG_DESCRIPTION", optional(&self.description)),
            ("CARGO_PKG_HOMEPAGE", optional(&self.homepage)),
            ("CARGO_PKG_REPOSITORY", optional(&self.repository)),
            ("CARGO_PKG_LICENSE", optional(&self.license)),
            ("CARGO_PKG_LICENSE_FILE", optional(&self.license_file)),
            ("CARGO_PKG_RUST_VERSION", optional(&self.rust_version)),
            ("CARGO_PKG_README", optional(&self.readme)),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }
}
