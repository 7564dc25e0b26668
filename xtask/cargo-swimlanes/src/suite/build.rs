//! Builds the test binaries with cargo, and finds their paths.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::suite::binary::Binary;
use crate::suite::metadata::{Workspace, cargo};
use crate::suite::selection::SuiteSelection;

/// The build failed, and cargo has printed why.
#[derive(Debug)]
pub(crate) struct BuildFailed;

/// A message of cargo during the build, with the fields that are needed here.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum CargoMessage {
    CompilerArtifact(CargoArtifact),
    BuildScriptExecuted(BuildScript),
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct CargoArtifact {
    package_id: String,
    target: CargoTarget,
    profile: CargoProfile,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct CargoTarget {
    kind: Vec<String>,
    name: String,
}

#[derive(Debug, Deserialize)]
struct CargoProfile {
    test: bool,
}

#[derive(Debug, Deserialize)]
struct BuildScript {
    package_id: String,
    linked_paths: Vec<String>,
    env: Vec<(String, String)>,
    out_dir: PathBuf,
}

/// Builds the targets that these arguments of cargo select.
///
/// # Errors
///
/// If cargo cannot be run, or its output cannot be read. If the code does not compile, that is the inner error.
pub(crate) fn build(
    suites: &SuiteSelection,
    targets: &[String],
    workspace: &Workspace,
) -> Result<Result<Vec<Binary>, BuildFailed>> {
    let mut command = Command::new(cargo());
    command.args(["test", "--no-run", "--message-format", "json-render-diagnostics"]);
    command.args(suites.build_words()).args(targets);
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test --no-run")?;
    let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
    let (mut artifacts, mut scripts) = (Vec::new(), Vec::new());
    for line in BufReader::new(stdout).lines() {
        let line = line.context("cannot read the output of cargo")?;
        match serde_json::from_str(&line).with_context(|| format!("cannot read the message of cargo: {line}"))? {
            CargoMessage::CompilerArtifact(artifact) => artifacts.push(artifact),
            CargoMessage::BuildScriptExecuted(script) => scripts.push(script),
            CargoMessage::Other => {}
        }
    }
    if !child.wait().context("cannot wait for cargo test --no-run")?.success() {
        return Ok(Err(BuildFailed));
    }
    binaries(&artifacts, &scripts, workspace).map(Ok)
}

fn binaries(artifacts: &[CargoArtifact], scripts: &[BuildScript], workspace: &Workspace) -> Result<Vec<Binary>> {
    let system = SystemLibraries::ask()?;
    let tests = artifacts.iter().filter(|artifact| artifact.profile.test);
    let tests = tests.filter_map(|artifact| Some((artifact, artifact.executable.as_deref()?)));
    let binaries = tests.map(|(artifact, executable)| {
        let package = workspace.package(&artifact.package_id)?;
        let kind = kind(&artifact.target);
        let mut environment = package.environment();
        let own_scripts = scripts.iter().filter(|script| script.package_id == artifact.package_id);
        for script in own_scripts {
            environment.extend(script.env.iter().cloned());
            environment.push(("OUT_DIR".to_owned(), script.out_dir.display().to_string()));
        }
        if kind == "test" || kind == "bench" {
            let programs = artifacts.iter().filter(|other| is_program_of(other, &artifact.package_id));
            environment.extend(programs.filter_map(|program| {
                let path = program.executable.as_deref()?.display().to_string();
                Some((format!("CARGO_BIN_EXE_{}", program.target.name), path))
            }));
        }
        let libraries = system.path(executable, scripts)?.to_string_lossy().into_owned();
        environment.push((LIBRARY_PATH.to_owned(), libraries));
        Ok(Binary {
            name: name(&package.name, kind, &artifact.target.name),
            package: package.name.clone(),
            package_id: artifact.package_id.clone(),
            target: artifact.target.name.clone(),
            kind: kind.to_owned(),
            executable: executable.to_owned(),
            directory: package.directory().to_owned(),
            environment,
        })
    });
    let mut binaries = binaries.collect::<Result<Vec<_>>>()?;
    // Cargo lists them in the order in which they were built, which varies.
    binaries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(binaries)
}

fn is_program_of(artifact: &CargoArtifact, package_id: &str) -> bool {
    artifact.package_id == package_id && !artifact.profile.test && kind(&artifact.target) == "bin"
}

/// The kind in nextest's terms, in which the many kinds of a library are one.
fn kind(target: &CargoTarget) -> &str {
    match target.kind.first().map(String::as_str) {
        Some(kind @ ("test" | "bin" | "example" | "bench" | "proc-macro")) => kind,
        _ => "lib",
    }
}

/// The name of a binary as in nextest.
fn name(package: &str, kind: &str, target: &str) -> String {
    match kind {
        "lib" | "proc-macro" => package.to_owned(),
        "test" => format!("{package}::{target}"),
        kind => format!("{package}::{kind}/{target}"),
    }
}

const LIBRARY_PATH: &str = if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else if cfg!(windows) {
    "PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The directories of the dynamic libraries of the toolchain, which tests of procedural macros need, and of the system.
struct SystemLibraries {
    toolchain: PathBuf,
    inherited: Option<OsString>,
}

impl SystemLibraries {
    fn ask() -> Result<Self> {
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let output = Command::new(&rustc).args(["--print", "target-libdir"]).output();
        let output = output.with_context(|| format!("cannot start {rustc}"))?;
        ensure!(output.status.success(), "{rustc} --print target-libdir ended with {}", output.status);
        let toolchain = String::from_utf8_lossy(&output.stdout).trim_end().into();
        Ok(Self { toolchain, inherited: std::env::var_os(LIBRARY_PATH) })
    }

    /// The value of the variable for this executable, as cargo sets it: the directories of build scripts come first.
    fn path(&self, executable: &Path, scripts: &[BuildScript]) -> Result<OsString> {
        let deps = executable.parent().unwrap_or(executable);
        let profile = deps.parent().unwrap_or(deps);
        let linked = scripts.iter().flat_map(|script| &script.linked_paths);
        let linked = linked.map(|path| Path::new(path.split_once('=').map_or(path.as_str(), |(_, path)| path)));
        let built = linked.filter(|path| path.starts_with(profile)).map(Path::to_owned);
        let ours = [profile, deps, &self.toolchain].map(Path::to_owned);
        let inherited = self.inherited.iter().flat_map(std::env::split_paths);
        std::env::join_paths(built.chain(ours).chain(inherited))
            .context("a directory of libraries has a separator in its name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_named_as_nextest_names_them() {
        assert_eq!(name("shop", "lib", "shop_lib"), "shop");
        assert_eq!(name("shop-macros", "proc-macro", "shop_macros"), "shop-macros");
        assert_eq!(name("shop", "test", "api"), "shop::api");
        assert_eq!(name("shop", "bin", "till"), "shop::bin/till");
        assert_eq!(name("shop", "example", "tour"), "shop::example/tour");
    }
}
