//! The whole gate, in the order in which a mistake is cheapest to find.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::house::{root, tidy};

/// What the gate is asked to do besides checking.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Install what the gate needs and this machine lacks: cargo-nextest, and, as root where there is apt-get, PostgreSQL and Redis
    #[arg(long)]
    setup: bool,
}

/// The oldest compiler that the library promises to work with, and the packages that promise it.
const MSRV: (&str, [&str; 2]) = ("1.89", ["swimlanes", "swimlanes-macros"]);

/// Runs the gate.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let root = root();
    let mut gate = Gate { root: &root, passed: Vec::new() };
    if options.setup {
        setup()?;
    }
    for server in SERVERS.iter().filter(|server| !server.is_there()) {
        // Not silently: the tests are ignored.
        println!("not checked: {} is not installed", server.package);
    }
    gate.cargo("format", &["fmt", "--all", "--check"])?;
    let lints = ["--", "--deny", "warnings"];
    gate.cargo("lints", &[&["clippy", "--workspace", "--all-targets", "--all-features"], &lints[..]].concat())?;
    for features in [&[][..], &["--features", "sqlite"]] {
        let bare = ["clippy", "--package", "swimlanes", "--no-default-features"];
        gate.cargo("lints of few features", &[&bare, features, &lints].concat())?;
    }
    gate.cargo("tests", &["test", "--workspace", "--all-features"])?;
    gate.cargo("tests under cargo-nextest", &["nextest", "run", "--workspace", "--all-features"])?;
    gate.step("documentation", |root| {
        let mut cargo = cargo(root, &["doc", "--workspace", "--all-features", "--no-deps"]);
        succeed(cargo.env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    gate.step("tidiness", |_| tidy::check_all())?;
    if has_toolchain(MSRV.0) {
        gate.step("oldest compiler", |root| {
            let toolchain = format!("+{}", MSRV.0);
            let mut args = vec![toolchain.as_str(), "check"];
            args.extend(MSRV.1.iter().flat_map(|package| ["--package", package]));
            succeed(Command::new("cargo").current_dir(root).args(&args))
        })?;
    } else {
        // Not silently: `tidy` has compared what every dependency declares, and clippy what the standard library had.
        println!("\nnot checked: Rust {} is not installed (rustup toolchain install {})", MSRV.0, MSRV.0);
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
        step(self.root).with_context(|| format!("the gate is shut: {name}"))?;
        self.passed.push((name.to_owned(), started.elapsed()));
        Ok(())
    }

    fn summary(&self) {
        println!("\nthe gate is open:");
        for (name, took) in &self.passed {
            println!("  {:>6.1}s {name}", took.as_secs_f64());
        }
    }
}

fn setup() -> Result<()> {
    if !answers("cargo", &["nextest", "--version"]) {
        println!("installing cargo-nextest, which runs the tests a second time");
        succeed(Command::new("cargo").args(["install", "--locked", "cargo-nextest"]))?;
    }
    let lacking: Vec<&str> = SERVERS.iter().filter(|server| !server.is_there()).map(|server| server.package).collect();
    if lacking.is_empty() || !is_root() || !answers("apt-get", &["--version"]) {
        return Ok(());
    }
    println!("installing {}, which tests start for themselves", lacking.join(", "));
    let apt_get = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        succeed(command.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "--quiet"]).args(args))
    };
    let install = [&["install", "--yes", "--no-install-recommends"], &lacking[..]].concat();
    // What could not be installed is said below, and its tests are ignored.
    if let Err(error) = apt_get(&["update"]).and_then(|()| apt_get(&install)) {
        println!("{error:#}");
    }
    Ok(())
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
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout == b"0\n")
}

fn answers(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The cargo that started this program.
fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(args);
    cargo
}

fn succeed(command: &mut Command) -> Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words.map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ");
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

fn has_toolchain(version: &str) -> bool {
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line.starts_with(version)))
}
