//! `cargo xtask ci`: all checks, the cheapest ones first.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_swimlanes::Thing;
use clap::Args;

use crate::dev::installed::{command, has_toolchain, succeed};
use crate::dev::public_api::Check;
use crate::dev::repository::root;
use crate::dev::workspace::{cargo, features, program};
use crate::dev::{bench, fresh, inference, lint, public_api, static_program};

/// The options of the gate.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Check only format, lints of the workspace, unit tests and `cargo xtask lint`: three minutes at most, if dependencies are built.
    /// Skips integration tests, examples, cargo-nextest, documentation and its tests, builds with few features, inference in crates of
    /// users, a static program, and the oldest compiler
    #[arg(long)]
    fast: bool,

    /// Install the missing tools of the gate: cargo-nextest; libduckdb, if npm is installed; PostgreSQL and Redis, as root where there is
    /// apt-get. Fetch the crates that only `cargo xtask bench` needs, so that it runs without a network
    #[arg(long)]
    setup: bool,

    /// Run both commands of README.md in a fresh clone of HEAD instead, with an empty home, cargo home and target directory, and delete
    /// everything. Takes as long as a first build and two test runs, and needs at least 10 GB in TMPDIR. The first Ctrl-C asks the running
    /// command to end, the second kills it; the exit code is 130 then
    #[arg(long, conflicts_with_all = ["setup", "fast"])]
    fresh: bool,
}

/// The oldest supported compiler, and the packages that support it.
const MSRV: (&str, [&str; 4]) = ("1.89", ["swimlanes", "swimlanes-core", "swimlanes-kit", "swimlanes-macros"]);

/// The checks that `--fast` skips.
const NOT_FAST: &str = "integration tests, examples, cargo-nextest, documentation and its tests, builds with few features, \
    inference in crates of users, a static program, the oldest compiler (cargo xtask ci)";

/// Warnings are errors.
const LINTS: [&str; 3] = ["--", "--deny", "warnings"];

/// Runs the gate.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let root = root();
    if options.fresh {
        return fresh::run(&root);
    }
    if options.setup {
        setup(&root)?;
    }
    let mut gate = Gate::new(&root, options)?;
    gate.cargo("format", &["fmt", "--all", "--check"])?;
    gate.cargo_in_workspace("lints", &["clippy", "--all-targets"], &LINTS)?;
    if options.fast {
        gate.cargo_in_workspace("unit tests", &["test", "--no-fail-fast", "--lib", "--bin", "xtask"], &[])?;
        gate.not_checked.push(NOT_FAST.to_owned());
    } else {
        gate.lints_of_few_features()?;
        gate.tests()?;
        gate.documentation()?;
    }
    gate.step("lint", |_| if options.fast { lint::check_fast() } else { lint::check_all() })?;
    if !options.fast {
        gate.oldest_compiler()?;
    }
    gate.summary();
    Ok(ExitCode::SUCCESS)
}

struct Gate<'a> {
    root: &'a Path,
    options: &'a Options,
    has_duckdb: bool,
    /// This program. The tests build it again and replace its file.
    program: PathBuf,
    /// The features of all packages, in the syntax of cargo.
    features: String,
    passed: Vec<(String, Duration)>,
    not_checked: Vec<String>,
}

impl<'a> Gate<'a> {
    fn new(root: &'a Path, options: &'a Options) -> Result<Self> {
        let has_duckdb = Thing::Duckdb.is_there(root);
        let features = features(root, has_duckdb)?;
        // The tests of a missing server are ignored, so the summary names the server.
        let lacking = SERVERS.iter().filter(|server| !server.is_there());
        let mut not_checked: Vec<String> =
            lacking.map(|server| format!("{} is not installed", server.package)).collect();
        if !has_duckdb {
            let duckdb = "the feature duckdb, as its library is not in target/duckdb (cargo xtask setup duckdb)";
            not_checked.push(duckdb.to_owned());
        }
        let program = std::env::current_exe().context("cannot find the path of this program")?;
        Ok(Self { root, options, has_duckdb, program, features, passed: Vec::new(), not_checked })
    }

    fn lints_of_few_features(&mut self) -> Result<()> {
        let duckdb = self.has_duckdb.then_some(&["--features", "duckdb"][..]);
        for features in [&[][..], &["--features", "sqlite"]].into_iter().chain(duckdb) {
            let bare = ["clippy", "--package", "swimlanes", "--no-default-features"];
            self.cargo("lints of few features", &[&bare, features, &LINTS].concat())?;
        }
        // The kit as production code uses it: with all features, its points would be enabled.
        let bare = ["clippy", "--all-targets", "--package", "swimlanes-kit"];
        self.cargo("lints of few features", &[&bare, &LINTS[..]].concat())
    }

    /// All failures of a step are shown, not only the first.
    fn tests(&mut self) -> Result<()> {
        self.cargo("tests of few features", &["test", "--no-fail-fast", "--package", "swimlanes-kit"])?;
        let errors = ["test", "--package", "swimlanes-compile-errors", "--no-default-features"];
        self.cargo("tests of few features", &errors)?;
        for call in inference::calls(self.root, self.has_duckdb)? {
            self.cargo("inference in crates of users", &call.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        if static_program::is_possible() {
            self.step("a static program", |gate| static_program::check(gate.root, |args| gate.command(args)))?;
        } else {
            self.not_checked.push("static programs: libc.a is not installed".to_owned());
        }
        // Most integration tests wait for other processes, so two of them share a core.
        let threads = (2 * available_parallelism().map_or(1, NonZero::get)).to_string();
        self.cargo_in_workspace("tests", &["test", "--no-fail-fast"], &["--", "--test-threads", &threads])?;
        // Without the feature duckdb, some tests are not there.
        if self.has_duckdb {
            self.step("configuration of cargo-nextest", |gate| {
                // This program itself: with the variables of the gate, cargo would build it once more.
                let words = gate.in_workspace(&["nextest-config", "--check"], &[]);
                succeed(&mut gate.with_variables(program(gate.root, gate.program.as_os_str(), &words)))
            })?;
        }
        // The profile omits the unit tests, and the integration tests, which then run on swimlanes itself.
        let nextest = ["nextest", "run", "--profile", "ci", "--test-threads", &threads];
        let tags = format!("swimlanes:{}", self.root.join(".config/nextest-swimlanes.toml").display());
        self.cargo_in_workspace("tests under cargo-nextest", &nextest, &["--tool-config-file", &tags])?;
        self.cargo_in_workspace("integration tests on swimlanes", &nextest, &["--test", "self_hosted"])
    }

    fn documentation(&mut self) -> Result<()> {
        let mut check = Check::Compared;
        self.step("documentation and public API", |gate| {
            check = public_api::check(gate.root, gate.command(&[]))?;
            Ok(())
        })?;
        if let Check::NotPossible(why) = check {
            self.not_checked.push(format!("the public API: {why}"));
        }
        Ok(())
    }

    fn oldest_compiler(&mut self) -> Result<()> {
        if !has_toolchain(MSRV.0) {
            // The summary says so. `lint` has already compared the Rust versions that dependencies declare, and clippy those of the
            // standard library.
            let missing = format!("Rust {0} is not installed (rustup toolchain install {0})", MSRV.0);
            self.not_checked.push(missing);
            return Ok(());
        }
        self.step("oldest compiler", |gate| {
            let toolchain = format!("+{}", MSRV.0);
            let mut args = vec![toolchain.as_str(), "check"];
            args.extend(MSRV.1.iter().flat_map(|package| ["--package", package]));
            succeed(command("cargo").current_dir(gate.root).args(&args))
        })
    }

    fn cargo_in_workspace(&mut self, name: &str, call: &[&str], rest: &[&str]) -> Result<()> {
        self.step(name, |gate| succeed(&mut gate.command(&gate.in_workspace(call, rest))))
    }

    fn cargo(&mut self, name: &str, args: &[&str]) -> Result<()> {
        self.step(name, |gate| succeed(&mut gate.command(args)))
    }

    /// For all packages with all features.
    fn in_workspace<'b>(&'b self, call: &[&'b str], rest: &[&'b str]) -> Vec<&'b str> {
        [call, &["--workspace", "--features", &self.features], rest].concat()
    }

    fn command(&self, args: &[&str]) -> Command {
        self.with_variables(cargo(self.root, args))
    }

    fn with_variables(&self, mut command: Command) -> Command {
        if !self.options.fast {
            // The sources do not change during the gate, and incremental compilation takes time and disk space.
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    fn step(&mut self, name: &str, step: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        println!("\n=== {name}");
        let started = Instant::now();
        step(self).with_context(|| format!("CI failed at {name}"))?;
        self.passed.push((name.to_owned(), started.elapsed()));
        Ok(())
    }

    fn summary(&self) {
        println!("\nCI passed:");
        for (name, took) in &self.passed {
            println!("  {:>6.1}s {name}", took.as_secs_f64());
        }
        for what in &self.not_checked {
            println!("not checked: {what}");
        }
    }
}

fn setup(root: &Path) -> Result<()> {
    if !answers("cargo", &["nextest", "--version"]) {
        println!("installing cargo-nextest, which also runs the tests");
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
    println!("installing {}, which tests start", lacking.join(", "));
    let apt_get = |args: &[&str]| {
        let mut apt_get = command("apt-get");
        succeed(apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "--quiet"]).args(args))
    };
    let install = [&["install", "--yes", "--no-install-recommends"], &lacking[..]].concat();
    tell(apt_get(&["update"]).and_then(|()| apt_get(&install)));
    Ok(())
}

/// Prints an error of an installation. The gate continues, and its summary says what was not checked.
fn tell(installed: Result<()>) {
    if let Err(error) = installed {
        println!("{error:#}");
    }
}

/// A server that tests start.
struct Server {
    package: &'static str,
    /// Its path if it is installed.
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
