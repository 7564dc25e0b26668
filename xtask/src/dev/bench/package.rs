//! A cargo package with all suites of a group in all dialects. Writes the package, unless it was written by hand, and builds it with
//! cargo-nextest.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use cargo_swimlanes::host_triple;
use serde::Deserialize;

use crate::dev::bench::database::source as database_source;
use crate::dev::bench::source;
use crate::dev::bench::spec::{Build, Size, SuiteGroup};

/// The package on disk.
#[derive(Debug)]
pub(super) struct SuitePackage {
    group: SuiteGroup,
    root: PathBuf,
    target: PathBuf,
    lock: PathBuf,
    /// The directory for all other files.
    notes: PathBuf,
}

/// The test executables of one profile.
#[derive(Debug)]
pub(super) struct BuiltSuites {
    /// The executables by the names of their targets.
    pub(super) executables: BTreeMap<String, PathBuf>,
    /// The metadata for cargo-nextest, so that it does not start cargo in each run.
    pub(super) binaries: PathBuf,
    pub(super) metadata: PathBuf,
}

/// The configuration of cargo-nextest, which recognizes by names what the tests of other harnesses declare.
const NEXTEST: &str = "\
[test-groups]
a = { max-threads = 1 }
b = { max-threads = 1 }
key = { max-threads = 1 }

[profile.groups]
overrides = [
    { filter = 'test(/_a$/)', test-group = 'a' },
    { filter = 'test(/_b$/)', test-group = 'b' },
    { filter = 'test(/_key$/)', test-group = 'key' },
    { filter = 'test(/_alone$/)', threads-required = 'num-test-threads' },
]

[profile.long-first]
overrides = [{ filter = 'test(/_long$/)', priority = 100 }]
";

impl SuitePackage {
    /// Writes the files that differ, since cargo rebuilds files that were written again. The package of the example exists already.
    pub(super) fn write(group: SuiteGroup, size: Size) -> anyhow::Result<Self> {
        let workspace = workspace()?;
        let base = workspace.target_directory.join("swimlanes-bench");
        // Each package has its own name: in one target directory, cargo treats two packages of one name as the same.
        let name = match (group, size) {
            (SuiteGroup::Harnesses, Size::Full) => "full",
            (SuiteGroup::Harnesses, Size::Quick) => "quick",
            (SuiteGroup::Databases, Size::Full) => "databases-full",
            (SuiteGroup::Databases, Size::Quick) => "databases-quick",
            (SuiteGroup::WorkerLanes, _) => return Ok(Self::example(&workspace, group, "worker-lanes")),
        };
        let root = base.join(name);
        let (lock, notes) = (root.join("Cargo.lock"), root.clone());
        let package = Self { group, root, target: base.join("target"), lock, notes };
        package.file("Cargo.toml", &manifest(group, name, &workspace.workspace_root)?)?;
        package.file(".config/nextest.toml", NEXTEST)?;
        if group == SuiteGroup::Databases {
            for (path, text) in database_source::files() {
                package.file(&path, &text)?;
            }
        }
        for scenario in group.scenarios() {
            let suite = scenario.suite(size);
            for dialect in scenario.dialects(Build::Dev) {
                let path = format!("tests/{}.rs", scenario.target(dialect));
                package.file(&path, &source::source(&suite, dialect))?;
            }
        }
        // Cargo adds missing crates to the lock file, so it works on a copy.
        let lock = workspace.workspace_root.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        if package.file("Cargo.lock.workspace", &lock)? || !package.lock.exists() {
            package.file("Cargo.lock", &lock)?;
        }
        Ok(package)
    }

    /// An example is built in the target directory of the workspace, and no file of it is written.
    fn example(workspace: &WorkspacePaths, group: SuiteGroup, name: &str) -> Self {
        Self {
            group,
            root: workspace.workspace_root.join("examples").join(name),
            target: workspace.target_directory.clone(),
            lock: workspace.workspace_root.join("Cargo.lock"),
            notes: workspace.target_directory.join("swimlanes-bench").join(name),
        }
    }

    /// Builds these test targets.
    pub(super) fn build(&self, targets: &BTreeSet<String>, build: Build) -> anyhow::Result<BuiltSuites> {
        let words = ["nextest", "list", "--list-type", "binaries-only", "--message-format", "json"];
        let mut command = self.cargo(&words);
        command.args(match build {
            Build::Dev => ["--cargo-profile", "dev"],
            Build::Release => ["--cargo-profile", "release"],
        });
        command.args(targets.iter().flat_map(|target| ["--test", target]));
        // The progress of cargo is shown to the user.
        let listed = answer(command.stderr(Stdio::inherit()))?;
        let list: NextestList = serde_json::from_slice(&listed).context("cannot parse the list of cargo-nextest")?;
        let binaries = list.rust_binaries.into_values();
        let executables: BTreeMap<_, _> = binaries.map(|binary| (binary.binary_name, binary.binary_path)).collect();
        for target in targets {
            ensure!(executables.contains_key(target), "cargo-nextest built no test target `{target}`");
        }
        // Without a platform, cargo downloads the crates of all platforms.
        let words = ["metadata", "--format-version", "1", "--filter-platform", &host_triple()?];
        let metadata = answer(&mut self.cargo(&words))?;
        let path = |what: &str| self.path(&format!("{what}-{}.json", build.name()));
        let (binaries, metadata_path) = (path("binaries"), path("metadata"));
        write(&binaries, &listed)?;
        write(&metadata_path, &metadata)?;
        Ok(BuiltSuites { executables, binaries, metadata: metadata_path })
    }

    /// Downloads the crates that the suites need on this platform.
    pub(super) fn fetch(&self) -> anyhow::Result<()> {
        answer(&mut self.cargo(&["fetch", "--target", &host_triple()?])).map(drop)
    }

    /// A cargo command in the package.
    pub(super) fn cargo(&self, words: &[&str]) -> Command {
        let mut command = self.command(cargo());
        command.args(words).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A command in the package, without the variables that cargo and the user have set for other tests.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        let foreign = ["CARGO_PKG_", "DATABASE_URL", "NEXTEST", "RUST_TEST_", "RUST_BACKTRACE", "SWIMLANES_"];
        for (name, _) in std::env::vars_os() {
            let is_foreign = foreign.iter().any(|prefix| name.to_string_lossy().starts_with(prefix));
            // The directories of server programs are needed here, too.
            if is_foreign && name != "SWIMLANES_POSTGRES_BIN" {
                command.env_remove(&name);
            }
        }
        command.env("CARGO_MANIFEST_DIR", &self.root);
        command
    }

    /// The crates that are measured, with the versions that were built.
    pub(super) fn versions(&self) -> anyhow::Result<Vec<String>> {
        let crates: &[&str] = match self.group {
            SuiteGroup::Harnesses => &["serial_test", "libtest-mimic"],
            SuiteGroup::Databases => &["sqlx"],
            SuiteGroup::WorkerLanes => &["rusqlite"],
        };
        let lock = fs::read_to_string(&self.lock).context("cannot read the lock file of the suites")?;
        let version = |krate: &&str| {
            let version = locked(&lock, krate).with_context(|| format!("`{krate}` is not in the lock file"))?;
            Ok(format!("{krate} {version}"))
        };
        crates.iter().map(version).collect()
    }

    /// A path for a file that does not belong to the package.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.notes.join(path)
    }

    /// Writes the file, and returns whether it differed before.
    fn file(&self, path: &str, text: &str) -> anyhow::Result<bool> {
        write_if_changed(&self.root.join(path), text)
    }
}

/// Writes the file unless it has this text already, since cargo rebuilds files that were written again. Returns whether it was written.
pub(super) fn write_if_changed(path: &Path, text: &str) -> anyhow::Result<bool> {
    if fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(false);
    }
    write(path, text.as_bytes())?;
    Ok(true)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let parent = path.parent().context("every file of the package is in a directory")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make the directory {}", parent.display()))?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The cargo that started this program.
pub(super) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[derive(Deserialize)]
pub(super) struct WorkspacePaths {
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
}

pub(super) fn workspace() -> anyhow::Result<WorkspacePaths> {
    let mut command = Command::new(cargo());
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&answer(&mut command)?).context("cannot parse the output of `cargo metadata`")
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct NextestList {
    rust_binaries: BTreeMap<String, NextestBinary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct NextestBinary {
    binary_name: String,
    binary_path: PathBuf,
}

/// The stdout of the command, if it succeeds.
pub(super) fn answer(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.stdout(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let output = output.with_context(|| format!("cannot start `{words}`"))?;
    ensure!(output.status.success(), "`{words}` failed: {}", output.status);
    Ok(output.stdout)
}

fn manifest(group: SuiteGroup, name: &str, workspace: &Path) -> anyhow::Result<String> {
    let harness = workspace.join("harness");
    let harness = harness.to_str().context("the path of the repository is not UTF-8, as Cargo.toml requires")?;
    let dependencies = match group {
        SuiteGroup::Harnesses => format!(
            "\
libtest-mimic = \"0.8\"
serial_test = {{ version = \"4\", default-features = false }}
swimlanes = {{ path = {harness:?} }}
"
        ),
        SuiteGroup::Databases => database_source::dependencies(harness),
        // It has a manifest already.
        SuiteGroup::WorkerLanes => String::new(),
    };
    let mut manifest = format!(
        "\
# Written by `cargo xtask bench`.
[package]
name = \"{name}\"
version = \"0.0.0\"
edition = \"2024\"
publish = false
autotests = false

[dependencies]
{dependencies}
[workspace]
"
    );
    for scenario in group.scenarios() {
        for dialect in scenario.dialects(Build::Dev) {
            let target = scenario.target(dialect);
            let harness = !dialect.has_main();
            let table = format!("\n[[test]]\nname = \"{target}\"\npath = \"tests/{target}.rs\"\nharness = {harness}\n");
            manifest.push_str(&table);
        }
    }
    Ok(manifest)
}

pub(super) fn locked<'a>(lock: &'a str, krate: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{krate}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_a_crate_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"serial_test\"\nversion = \"4.0.1\"\nsource = \"registry\"\n";
        assert_eq!(locked(lock, "serial_test"), Some("4.0.1"));
        assert_eq!(locked(lock, "serial"), None);
    }

    #[track_caller]
    fn check_targets(group: SuiteGroup, expected: expect_test::Expect) {
        let manifest = manifest(group, "full", Path::new("/repository")).expect("an UTF-8 path");
        let targets: Vec<&str> = manifest.split("name = ").skip(2).filter_map(|rest| rest.split('"').nth(1)).collect();
        expected.assert_eq(&targets.join("\n"));
    }

    #[test]
    fn each_suite_has_one_target() {
        check_targets(
            SuiteGroup::Harnesses,
            expect_test::expect![[r#"
            empty_swimlanes
            empty_libtest
            empty_mimic
            sleeps_swimlanes
            sleeps_swimlanes_slow
            sleeps_swimlanes_takes
            sleeps_libtest
            sleeps_mimic
            shared_swimlanes
            shared_libtest
            shared_serial_test
            alone_swimlanes
            alone_libtest
            alone_serial_test
            nextest_swimlanes
            nextest_libtest
            nextest_mimic
            lines_swimlanes
            lines_libtest
            lines_null
            idle_swimlanes
            idle_libtest
            idle_serial_test
            tags_made
            tags_one_key
            tags_keys"#]],
        );
        check_targets(
            SuiteGroup::Databases,
            expect_test::expect![[r#"
            sqlite_sqlx_test
            sqlite_migrated
            sqlite_copied
            sqlite_rusqlite
            postgres_sqlx_test
            postgres_migrated
            postgres_copied
            postgres_cleaned
            postgres_rolled_back
            postgres_server"#]],
        );
    }
}
