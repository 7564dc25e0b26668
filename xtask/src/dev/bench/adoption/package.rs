//! Writes and builds a package with one test for one harness.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use cargo_swimlanes::host_triple;

use crate::dev::bench::adoption::harness::OneTestHarness;
use crate::dev::bench::package::{answer, cargo, locked, workspace, write_if_changed};

/// The package on disk.
#[derive(Debug)]
pub(super) struct OneTestPackage {
    harness: OneTestHarness,
    root: PathBuf,
    target: PathBuf,
}

/// The result of a build.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) took: Duration,
    pub(super) executable: PathBuf,
}

impl OneTestPackage {
    pub(super) fn write(harness: OneTestHarness) -> anyhow::Result<Self> {
        let workspace = workspace()?;
        let base = workspace.target_directory.join("swimlanes-bench").join("adoption");
        let root = base.join(harness.directory());
        let library = workspace.workspace_root.join("harness");
        let library = library.to_str().context("the path of the repository is not UTF-8, as Cargo.toml requires")?;
        write_if_changed(&root.join("Cargo.toml"), &harness.manifest(library))?;
        write_if_changed(&root.join("src/lib.rs"), "")?;
        write_if_changed(&root.join("tests/one.rs"), harness.source())?;
        let lock = workspace.workspace_root.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        // Cargo removes unneeded crates from the lock file, so a copy of the original is kept.
        if write_if_changed(&root.join("Cargo.lock.workspace"), &lock)? || !root.join("Cargo.lock").exists() {
            write_if_changed(&root.join("Cargo.lock"), &lock)?;
        }
        Ok(Self { harness, root, target: base.join("target").join(harness.directory()) })
    }

    pub(super) fn harness(&self) -> OneTestHarness {
        self.harness
    }

    /// Downloads the crates that the package needs on this platform.
    pub(super) fn fetch(&self) -> anyhow::Result<()> {
        answer(&mut self.cargo(&["fetch", "--target", &host_triple()?])).map(drop)
    }

    /// Removes all build results.
    pub(super) fn clean(&self) -> anyhow::Result<()> {
        match fs::remove_dir_all(&self.target) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(cause).with_context(|| format!("cannot remove {}", self.target.display()))
            }
            _ => Ok(()),
        }
    }

    /// Makes the source of the test newer than its build results.
    pub(super) fn touch(&self) -> anyhow::Result<()> {
        let path = self.root.join("tests/one.rs");
        let file = File::options().append(true).open(&path);
        let touched = file.and_then(|file| file.set_modified(SystemTime::now()));
        touched.with_context(|| format!("cannot touch {}", path.display()))
    }

    pub(super) fn build(&self) -> anyhow::Result<Built> {
        let mut command = self.cargo(&["test", "--quiet", "--no-run", "--test", "one", "--message-format", "json"]);
        let started = Instant::now();
        let messages = answer(&mut command)?;
        let took = started.elapsed();
        let executable =
            executable(&String::from_utf8(messages)?).context("cargo reports no executable of the test")?;
        Ok(Built { took, executable })
    }

    /// The number of crates that are compiled for it, including those of build scripts and macros.
    pub(super) fn n_crates(&self) -> anyhow::Result<usize> {
        let words = ["tree", "--edges", "normal,build,dev", "--prefix", "none", "--no-dedupe"];
        Ok(n_crates(&String::from_utf8(answer(&mut self.cargo(&words))?)?))
    }

    /// The compared crates, with the versions that were built.
    pub(super) fn versions(&self) -> anyhow::Result<Vec<String>> {
        let lock = fs::read_to_string(self.root.join("Cargo.lock")).context("cannot read the lock file")?;
        let version = |krate: &&str| {
            let version = locked(&lock, krate).with_context(|| format!("`{krate}` is not in the lock file"))?;
            Ok(format!("{krate} {version}"))
        };
        let crates: &[&str] = match self.harness {
            OneTestHarness::Libtest | OneTestHarness::Swimlanes => &[],
            OneTestHarness::LibtestMimic => &["libtest-mimic"],
            OneTestHarness::RstestAndSerialTest => &["rstest", "serial_test"],
        };
        crates.iter().map(version).collect()
    }

    fn cargo(&self, words: &[&str]) -> Command {
        let mut command = Command::new(cargo());
        command.args(words).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).stdin(Stdio::null());
        command
    }
}

impl OneTestHarness {
    fn directory(self) -> &'static str {
        match self {
            Self::Libtest => "libtest",
            Self::LibtestMimic => "libtest-mimic",
            Self::RstestAndSerialTest => "rstest",
            Self::Swimlanes => "swimlanes",
        }
    }

    fn manifest(self, library: &str) -> String {
        let (dependencies, is_libtest) = match self {
            Self::Libtest => (String::new(), true),
            Self::LibtestMimic => ("libtest-mimic = \"0.8\"\n".to_owned(), false),
            Self::RstestAndSerialTest => ("rstest = \"0.26\"\nserial_test = \"4\"\n".to_owned(), true),
            Self::Swimlanes => (format!("swimlanes = {{ path = {library:?} }}\n"), false),
        };
        // Cargo compiles crates from a path incrementally, with more units and larger files. Users have swimlanes from a registry.
        let profile = match self {
            Self::Libtest | Self::LibtestMimic | Self::RstestAndSerialTest => String::new(),
            Self::Swimlanes => ["swimlanes", "swimlanes-core", "swimlanes-macros"]
                .map(|name| format!("\n[profile.dev.package.{name}]\nincremental = false\n"))
                .concat(),
        };
        format!(
            "\
# Written by `cargo xtask bench`.
[package]
name = \"{}\"
version = \"0.0.0\"
edition = \"2024\"
publish = false

[dev-dependencies]
{dependencies}
[[test]]
name = \"one\"
harness = {is_libtest}

[workspace]
{profile}",
            self.package()
        )
    }

    fn package(self) -> String {
        format!("one-test-with-{}", self.directory())
    }

    fn source(self) -> &'static str {
        match self {
            Self::Libtest => "#[test]\nfn one() {}\n",
            Self::LibtestMimic => {
                "\
use libtest_mimic::{Arguments, Trial};

fn main() {
    libtest_mimic::run(&Arguments::from_args(), vec![Trial::test(\"one\", || Ok(()))]).exit();
}
"
            }
            Self::RstestAndSerialTest => "#[rstest::rstest]\n#[serial_test::serial]\nfn one() {}\n",
            Self::Swimlanes => "#[swimlanes::test(serial)]\nfn one() {}\n\nswimlanes::main!();\n",
        }
    }
}

/// Counts the crates in a list with `name v1.2.3` at the start of each line; the first line is the package itself.
fn n_crates(tree: &str) -> usize {
    let crates = tree.lines().filter_map(|line| line.split_once(" v"));
    let crates = crates.map(|(name, version)| (name, version.split(' ').next()));
    crates.collect::<BTreeSet<_>>().len() - 1
}

/// The executable in the messages of cargo, which are one JSON object on each line.
fn executable(messages: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(|path| Path::new(path).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_counted_by_name_and_version() {
        let tree =
            "one v0.0.0 (/one)\n[dev-dependencies]\na v1.0.0\nb v1.0.0 (proc-macro)\nb v1.0.0 (proc-macro)\nb v2.0.0\n";
        assert_eq!(n_crates(tree), 3);
    }

    #[test]
    fn executable_is_read_from_cargo_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/target/one\"}\n{\"reason\":\"build-finished\"}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/target/one")));
        assert_eq!(executable("{}"), None);
    }
}
