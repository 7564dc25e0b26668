//! The whole gate, in the order in which a mistake is cheapest to find.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use guppy::MetadataCommand;
use swimlanes_xtask::Thing;

use crate::dev::installed::command;
use crate::dev::repository::root;
use crate::dev::{bench, fresh, inference, lint};

/// What the gate is asked to do besides checking.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Install what the gate needs and this machine lacks: cargo-nextest; libduckdb, where there is npm to fetch it; PostgreSQL and
    /// Redis, as root where there is apt-get. Fetch the crates that only `cargo xtask bench` needs, so that it runs without a network
    #[arg(long)]
    setup: bool,

    /// Run both commands of README.md in a fresh clone of HEAD instead, with an empty home, cargo home and target directory, and
    /// delete everything. Takes as long as a first build and two test runs, and needs at least 10 GB where TMPDIR is. The first Ctrl-C
    /// asks the running command to end, the second kills it; the exit code is 130 then
    #[arg(long, conflicts_with = "setup")]
    fresh: bool,
}

/// The oldest compiler that the library promises to work with, and the packages that promise it.
const MSRV: (&str, [&str; 3]) = ("1.89", ["swimlanes", "swimlanes-kit", "swimlanes-macros"]);

/// Runs the gate.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let root = root();
    if options.fresh {
        return fresh::run(&root);
    }
    let mut gate = Gate { root: &root, passed: Vec::new() };
    if options.setup {
        setup(&root)?;
    }
    for server in SERVERS.iter().filter(|server| !server.is_there()) {
        // Not silently: the tests are ignored.
        println!("not checked: {} is not installed", server.package);
    }
    let has_duckdb = Thing::Duckdb.is_there(&root);
    let features = features(&root, has_duckdb)?;
    let all = ["--workspace", "--features", &features];
    gate.cargo("format", &["fmt", "--all", "--check"])?;
    let lints = ["--", "--deny", "warnings"];
    gate.cargo("lints", &[&["clippy", "--all-targets"], &all[..], &lints].concat())?;
    let duckdb = has_duckdb.then_some(&["--features", "duckdb"][..]);
    for features in [&[][..], &["--features", "sqlite"]].into_iter().chain(duckdb) {
        let bare = ["clippy", "--package", "swimlanes", "--no-default-features"];
        gate.cargo("lints of few features", &[&bare, features, &lints].concat())?;
    }
    // What production code has of the kit: with all features, its points would be there.
    let bare = ["--package", "swimlanes-kit"];
    gate.cargo("lints of few features", &[&["clippy", "--all-targets"], &bare[..], &lints].concat())?;
    gate.cargo("tests of few features", &[&["test"], &bare[..]].concat())?;
    for call in inference::calls(&root, has_duckdb)? {
        gate.cargo("inference in crates of users", &call.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    gate.cargo("tests", &[&["test"], &all[..]].concat())?;
    gate.cargo("tests under cargo-nextest", &[&["nextest", "run"], &all[..]].concat())?;
    gate.step("documentation", |root| {
        let mut cargo = cargo(root, &[&["doc", "--no-deps"], &all[..]].concat());
        succeed(cargo.env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    gate.step("tidiness", |_| lint::check_all())?;
    if has_toolchain(MSRV.0) {
        gate.step("oldest compiler", |root| {
            let toolchain = format!("+{}", MSRV.0);
            let mut args = vec![toolchain.as_str(), "check"];
            args.extend(MSRV.1.iter().flat_map(|package| ["--package", package]));
            succeed(command("cargo").current_dir(root).args(&args))
        })?;
    } else {
        // Not silently: `lint` has compared what every dependency declares, and clippy what the standard library had.
        println!("\nnot checked: Rust {} is not installed (rustup toolchain install {})", MSRV.0, MSRV.0);
    }
    if !has_duckdb {
        println!(
            "\nnot checked: the feature duckdb, as its library is not in target/duckdb (cargo xtask setup duckdb)"
        );
    }
    gate.summary();
    Ok(ExitCode::SUCCESS)
}

struct Gate<'a> {
    root: &'a Path,
    passed: Vec<(String, Duration)>,
}

impl Gate<'_> {
    fn cargo(&mut self, name: &str, args: &[&str]) -> Result<()> {
        self.step(name, |root| succeed(&mut cargo(root, args)))
    }

    fn step(&mut self, name: &str, step: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        println!("\n=== {name}");
        let started = Instant::now();
        step(self.root).with_context(|| format!("CI failed at {name}"))?;
        self.passed.push((name.to_owned(), started.elapsed()));
        Ok(())
    }

    fn summary(&self) {
        println!("\nCI passed:");
        for (name, took) in &self.passed {
            println!("  {:>6.1}s {name}", took.as_secs_f64());
        }
    }
}

/// All features of all packages, as cargo takes them. One of them needs a library that not every machine has: without it, nothing
/// that is linked with that feature is built, so `--all-features` will not do.
fn features(root: &Path, has_duckdb: bool) -> Result<String> {
    let graph =
        MetadataCommand::new().current_dir(root).no_deps().build_graph().context("cannot ask cargo for features")?;
    let mut features = Vec::new();
    for package in graph.workspace().iter() {
        let named = package.named_features().filter(|&feature| has_duckdb || feature != "duckdb");
        features.extend(named.map(|feature| format!("{}/{feature}", package.name())));
    }
    Ok(features.join(","))
}

fn setup(root: &Path) -> Result<()> {
    if !answers("cargo", &["nextest", "--version"]) {
        println!("installing cargo-nextest, which runs the tests a second time");
        succeed(command("cargo").args(["install", "--locked", "cargo-nextest"]))?;
    }
    let duckdb = Thing::Duckdb;
    if duckdb.is_there(root) || duckdb.can_be_fetched() {
        tell(duckdb.fetch(root));
    }
    println!("fetching the crates that only `cargo xtask bench` needs");
    tell(bench::fetch());
    let lacking: Vec<&str> = SERVERS.iter().filter(|server| !server.is_there()).map(|server| server.package).collect();
    if lacking.is_empty() || !is_root() || !answers("apt-get", &["--version"]) {
        return Ok(());
    }
    println!("installing {}, which tests start for themselves", lacking.join(", "));
    let apt_get = |args: &[&str]| {
        let mut apt_get = command("apt-get");
        succeed(apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "--quiet"]).args(args))
    };
    let install = [&["install", "--yes", "--no-install-recommends"], &lacking[..]].concat();
    tell(apt_get(&["update"]).and_then(|()| apt_get(&install)));
    Ok(())
}

/// Of what could not be installed the gate says what it has not checked: the rest of it goes on.
fn tell(installed: Result<()>) {
    if let Err(error) = installed {
        println!("{error:#}");
    }
}

/// A server that tests start for themselves.
struct Server {
    package: &'static str,
    /// Where it is when it is installed.
    path: &'static str,
}

const SERVERS: [Server; 2] = [
    Server { package: "postgresql", path: "/usr/lib/postgresql" },
    Server { package: "redis-server", path: "/usr/bin/redis-server" },
];

impl Server {
    fn is_there(&self) -> bool {
        Path::new(self.path).exists()
    }
}

fn is_root() -> bool {
    let output = command("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout == b"0\n")
}

fn answers(program: &str, args: &[&str]) -> bool {
    let status = command(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Where programs look for shared libraries when they start.
const LIBRARY_PATH: &str = if cfg!(target_os = "macos") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };

/// The cargo that started this program.
fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(args);
    // Unit tests of the library use nothing of libduckdb, but GNU's linker has them load it, and no build script says where it is.
    let inherited = std::env::var_os(LIBRARY_PATH).unwrap_or_default();
    let dirs = std::iter::once(root.join("target").join("duckdb")).chain(std::env::split_paths(&inherited));
    if let Ok(dirs) = std::env::join_paths(dirs) {
        cargo.env(LIBRARY_PATH, dirs);
    }
    cargo
}

fn succeed(command: &mut Command) -> Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

fn has_toolchain(version: &str) -> bool {
    let listed = command("rustup").args(["toolchain", "list"]).output();
    listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line.starts_with(version)))
}
