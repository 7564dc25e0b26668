//! `cargo xtask migration`: moves a test target of a local checkout to swimlanes, in a copy, and compares the two.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use guppy::MetadataCommand;
use guppy::graph::BuildTargetId;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use crate::dev::installed::{command, succeed};
use crate::dev::repository::root;

/// The options of the migration.
#[derive(Debug, Args)]
pub(crate) struct MigrationOptions {
    /// A checkout of a crate. It is not changed, and nothing is downloaded: run `cargo fetch` there first
    checkout: PathBuf,

    /// The package
    #[arg(long, short)]
    package: String,

    /// The test target
    #[arg(long)]
    test: String,

    /// The features of the package
    #[arg(long, default_value = "default")]
    features: String,

    /// Apply this patch, too: the edits that are to be made by hand
    #[arg(long)]
    patch: Option<PathBuf>,

    /// How often the tests run before and after; the shortest time counts
    #[arg(long, default_value_t = 5)]
    runs: u32,
}

/// What `main!` and the tests need in the root of the target.
const DECLARATION: &str = "#[macro_use(test)]\nextern crate swimlanes;\n\n";
const MAIN: &str = "\nswimlanes::main!();\n";

/// The attribute of async tests that is replaced.
const TOKIO_TEST: &str = "#[tokio::test";

/// The results of a target.
struct Measured {
    /// The result of each test, by name.
    results: BTreeMap<String, String>,
    took: Duration,
}

/// A test target of a package.
struct Target {
    manifest: PathBuf,
    /// The root file.
    source: PathBuf,
}

/// Moves the target, and prints a row of a table.
pub(crate) fn run(options: &MigrationOptions) -> Result<ExitCode> {
    let scratch = tempfile::tempdir().context("cannot create a directory")?;
    let copy = scratch.path().join("copy");
    succeed(command("git").args(["clone", "--quiet"]).arg(&options.checkout).arg(&copy))?;
    let locked = options.checkout.join("Cargo.lock");
    if locked.exists() {
        fs::copy(&locked, copy.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    }
    let target = find(&copy, options)?;
    let before = measure(&copy, &target, options)?;
    let n_tokio = edit_sources(&target.source)?;
    edit_manifest(&target, options, n_tokio > 0)?;
    if let Some(patch) = &options.patch {
        let patch = fs::canonicalize(patch).with_context(|| format!("cannot find {}", patch.display()))?;
        succeed(command("git").current_dir(&copy).arg("apply").arg(patch))?;
    }
    let after = measure(&copy, &target, options)?;
    let edits = command("git").current_dir(&copy).args(["diff", "--shortstat", "--", ":!Cargo.lock"]).output();
    let edits = edits.context("cannot start git")?.stdout;
    println!("| test target | tests | other results | libtest | swimlanes | edits |\n|---|---|---|---|---|---|");
    let different = differences(&before.results, &after.results);
    println!(
        "| {} `{}` | {} → {} | {} | {} ms | {} ms | {} |",
        options.package,
        options.test,
        before.results.len(),
        after.results.len(),
        different.len(),
        before.took.as_millis(),
        after.took.as_millis(),
        String::from_utf8_lossy(&edits).trim(),
    );
    for difference in &different {
        println!("{difference}");
    }
    Ok(if different.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn find(copy: &Path, options: &MigrationOptions) -> Result<Target> {
    let metadata = MetadataCommand::new().current_dir(copy).no_deps().other_options(["--offline"]).build_graph();
    let graph = metadata.context("cannot read the packages of the checkout")?;
    let Some(package) = graph.workspace().iter().find(|package| package.name() == options.package) else {
        bail!("the checkout has no package `{}`", options.package);
    };
    let Some(target) = package.build_target(&BuildTargetId::Test(&options.test)) else {
        bail!("the package `{}` has no test target `{}`", options.package, options.test);
    };
    Ok(Target { manifest: package.manifest_path().into(), source: target.path().into() })
}

/// Builds the target, and runs it several times.
fn measure(copy: &Path, target: &Target, options: &MigrationOptions) -> Result<Measured> {
    let build = command("cargo")
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .args(["test", "--offline", "--quiet", "--no-run", "--message-format", "json", "--package", &options.package])
        .args(["--features", &options.features, "--test", &options.test])
        .output()
        .context("cannot start cargo")?;
    if !build.status.success() {
        bail!("the target cannot be built: {}", String::from_utf8_lossy(&build.stderr));
    }
    let lines = String::from_utf8_lossy(&build.stdout);
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let is_target = |message: &serde_json::Value| message["target"]["name"] == options.test.as_str();
    let executable = messages.filter(is_target).find_map(|message| Some(message["executable"].as_str()?.to_owned()));
    let executable = executable.context("cargo names no executable")?;
    let directory = target.manifest.parent().context("the manifest has a directory")?;
    let program = || {
        let mut program = Command::new(&executable);
        program.current_dir(directory).env("CARGO_MANIFEST_DIR", directory);
        program
    };
    let mut measured = Measured { results: BTreeMap::new(), took: Duration::MAX };
    for _ in 0..options.runs {
        let started = Instant::now();
        let output = program().output().context("cannot start the tests")?;
        measured.took = measured.took.min(started.elapsed());
        measured.results = String::from_utf8_lossy(&output.stdout).lines().filter_map(result_in).collect();
    }
    Ok(measured)
}

/// The name and the result of a test in a line of a report.
fn result_in(line: &str) -> Option<(String, String)> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let result = result.split([' ', ',']).next()?;
    Some((name.trim_end_matches(" - should panic").to_owned(), result.to_owned()))
}

/// A line for each test with another result.
fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let result = |results: &BTreeMap<String, String>, name| results.get(name).map_or("missing", |it| it).to_owned();
    let pairs = names.map(|name| (name, result(before, name), result(after, name)));
    pairs
        .filter(|(_, a, b)| a != b)
        .map(|(name, a, b)| format!("{name}: {a} with libtest, {b} with swimlanes"))
        .collect()
}

/// Adds the declarations to the root, and replaces the attributes of async tests in all files of the target. Returns the number of those.
fn edit_sources(source: &Path) -> Result<usize> {
    let text = fs::read_to_string(source).with_context(|| format!("cannot read {}", source.display()))?;
    let file = syn::parse_file(&text).with_context(|| format!("cannot parse {}", source.display()))?;
    let first = file.items.first().context("the target is empty")?;
    // The documentation and the attributes of the first item belong to it.
    let line = syn::spanned::Spanned::span(first).start().line;
    let at: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let edited = [&text[..at], DECLARATION, &text[at..], MAIN].concat();
    fs::write(source, edited).with_context(|| format!("cannot write {}", source.display()))?;
    let directory = source.parent().context("the target has a directory")?;
    let mut n_replaced = 0;
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                n_replaced += text.matches(TOKIO_TEST).count();
                fs::write(&path, text.replace(TOKIO_TEST, "#[swimlanes::test"))?;
            }
        }
    }
    Ok(n_replaced)
}

/// Adds the dependency, and turns the compiler's harness off.
fn edit_manifest(target: &Target, options: &MigrationOptions, has_async_tests: bool) -> Result<()> {
    let text = fs::read_to_string(&target.manifest).context("cannot read the manifest")?;
    let mut manifest: DocumentMut = text.parse().context("cannot parse the manifest")?;
    let mut dependency = InlineTable::new();
    dependency.insert("path", root().join("harness").display().to_string().into());
    if has_async_tests {
        dependency.insert("features", toml_edit::Array::from_iter(["tokio"]).into());
    }
    manifest["dev-dependencies"]["swimlanes"] = value(dependency);
    let tests = manifest.entry("test").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let tests = tests.as_array_of_tables_mut().context("`test` in the manifest is not an array of tables")?;
    let is_target = |table: &&mut Table| table.get("name").and_then(Item::as_str) == Some(options.test.as_str());
    if let Some(table) = tests.iter_mut().find(is_target) {
        table["harness"] = value(false);
    } else {
        let mut table = Table::new();
        table["name"] = value(options.test.as_str());
        let directory = target.manifest.parent().unwrap_or(Path::new(""));
        let path = target.source.strip_prefix(directory).unwrap_or(&target.source);
        table["path"] = value(path.display().to_string());
        table["harness"] = value(false);
        tests.push(table);
    }
    fs::write(&target.manifest, manifest.to_string()).context("cannot write the manifest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_from_lines_of_libtest_and_swimlanes() {
        let name_and_result = |name: &str, result: &str| Some((name.to_owned(), result.to_owned()));
        assert_eq!(result_in("test a::b ... ok"), name_and_result("a::b", "ok"));
        assert_eq!(result_in("test a - should panic ... FAILED"), name_and_result("a", "FAILED"));
        assert_eq!(result_in("test a ... ignored, slow"), name_and_result("a", "ignored"));
        assert_eq!(result_in("test result: ok. 1 passed"), None);
    }

    #[test]
    fn lost_and_changed_tests_are_differences() {
        let results = |pairs: &[(&str, &str)]| pairs.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
        let before = results(&[("a", "ok"), ("b", "ok"), ("c", "ok")]);
        let after = results(&[("a", "ok"), ("b", "FAILED"), ("d", "ok")]);
        let expected = [
            "b: ok with libtest, FAILED with swimlanes",
            "c: ok with libtest, missing with swimlanes",
            "d: missing with libtest, ok with swimlanes",
        ];
        assert_eq!(differences(&before, &after), expected);
    }
}
