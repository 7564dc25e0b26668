//! `cargo xtask ci --fresh`: the commands of the README in a fresh clone, as on a machine where nothing was built before.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// The sentence in front of the commands.
const BEFORE: &str = "On a fresh machine";

/// What the commands, and what they call, look for in `PATH`.
const PROGRAMS: [&str; 12] = [
    "rustup",
    "cargo",
    "rustc",
    "cc",
    "git",
    "sh",
    "cargo-nextest",
    "npm",
    "postgres",
    "initdb",
    "redis-server",
    "apt-get",
];

/// Variables of these beginnings are those of a build, a test run or a toolchain, and not of the machine.
const NOT_OF_MACHINE: [&str; 5] = ["CARGO", "RUST", "NEXTEST", "SWIMLANES", "XDG_"];

/// Of these, the ones that say how to reach the registry of crates.
const OF_REGISTRY: [&str; 4] = ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];

/// Clones HEAD, runs the README's commands there with an empty home, and deletes everything.
pub(super) fn run(root: &Path) -> Result<ExitCode> {
    let readme = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    let commands = commands(&readme)?;
    if !answer(root, &["status", "--porcelain"])?.is_empty() {
        println!("not included: what is not committed");
    }
    println!("from PATH:");
    for program in PROGRAMS {
        match found(program) {
            Some(path) => println!("  {program:<14} {}", path.display()),
            None => println!("  {program:<14} not there"),
        }
    }
    // It ends the commands, too, and what they have made is deleted all the same.
    let _ = ctrlc::set_handler(|| {});
    in_clone(root, &commands)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs these commands in a fresh clone of HEAD, one after the other.
fn in_clone(root: &Path, commands: &[&str]) -> Result<()> {
    let machine = tempfile::Builder::new().prefix("swimlanes-fresh-").tempdir().context("cannot make a directory")?;
    let done = Machine::new(root, machine.path()).and_then(|fresh| fresh.run(commands));
    let place = machine.path().display().to_string();
    machine.close().with_context(|| format!("cannot delete {place}"))?;
    done
}

struct Machine {
    clone: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Machine {
    fn new(root: &Path, dir: &Path) -> Result<Self> {
        let [clone, home, cargo_home] = ["clone", "home", "cargo-home"].map(|name| dir.join(name));
        for dir in [&home, &cargo_home] {
            fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        let head = answer(root, &["rev-parse", "HEAD"])?;
        // Of the very commit, whichever branch it is on.
        answer(dir, &["clone", "--quiet", "--no-hardlinks", "--no-checkout", &root.display().to_string(), "clone"])?;
        answer(&clone, &["checkout", "--quiet", "--detach", head.trim()])?;
        if let Some(config) = own_config() {
            println!("not fresh: {}, which may say how to reach the registry of crates, is copied", config.display());
            let to = cargo_home.join("config.toml");
            fs::copy(&config, &to).with_context(|| format!("cannot copy {}", config.display()))?;
        }
        println!("HOME, CARGO_HOME and the target directory are empty; HEAD is {}", head.trim());
        let environment = environment(std::env::vars_os(), &home, &cargo_home);
        Ok(Self { clone, environment })
    }

    fn run(&self, commands: &[&str]) -> Result<()> {
        let mut took = Vec::new();
        for command in commands {
            println!("\n$ {command}");
            let started = Instant::now();
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).current_dir(&self.clone).stdin(Stdio::null());
            shell.env_clear().envs(self.environment.iter().cloned());
            let status = shell.status().with_context(|| format!("cannot start `{command}`"))?;
            ensure!(status.success(), "`{command}` failed in a fresh clone: {status}");
            took.push((started.elapsed(), command));
        }
        println!("\nfresh clone, all commands succeeded:");
        for (time, command) in took {
            println!("  {:>7.1}s {command}", time.as_secs_f64());
        }
        Ok(())
    }
}

/// The lines with a prompt below [`BEFORE`].
fn commands(readme: &str) -> Result<Vec<&str>> {
    let block = readme.split_once(BEFORE).and_then(|(_, rest)| rest.split_once("```console\n"));
    let block = block.and_then(|(_, rest)| rest.split_once("```")).map(|(block, _)| block);
    let block = block.with_context(|| format!("README.md has no block of commands below `{BEFORE}`"))?;
    let commands: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::trim_end).collect();
    ensure!(!commands.is_empty(), "README.md has no line with `$ ` below `{BEFORE}`");
    Ok(commands)
}

/// The environment of this process, but for what builds and tests have put into it, with these homes.
fn environment(
    own: impl Iterator<Item = (OsString, OsString)>,
    home: &Path,
    cargo_home: &Path,
) -> Vec<(OsString, OsString)> {
    let own: Vec<(OsString, OsString)> = own.collect();
    let value = |name: &str| own.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    // The proxies of rustup find the toolchains there.
    let rustup = value("RUSTUP_HOME").or_else(|| Some(Path::new(&value("HOME")?).join(".rustup").into_os_string()));
    let is_kept = |name: &OsString| {
        let name = name.to_string_lossy();
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
        name != "HOME" && (!begins(&NOT_OF_MACHINE) || begins(&OF_REGISTRY))
    };
    let kept = own.iter().filter(|(name, _)| is_kept(name)).cloned();
    let homes = [("HOME", Some(home.into())), ("CARGO_HOME", Some(cargo_home.into())), ("RUSTUP_HOME", rustup)];
    kept.chain(homes.into_iter().filter_map(|(name, value)| Some((name.into(), value?)))).collect()
}

/// Cargo's configuration of this user, if there is one.
fn own_config() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")))?;
    ["config.toml", "config"].map(|name| home.join(name)).into_iter().find(|path| path.is_file())
}

/// Where a shell finds the program.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// What git answers.
fn answer(dir: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(dir).args(args).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("`git {}` failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).context("git writes no text")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check_commands(readme: &str, expected: Expect) {
        expected.assert_eq(&match commands(readme) {
            Ok(commands) => commands.join("\n"),
            Err(error) => error.to_string(),
        });
    }

    #[test]
    fn commands_are_those_of_the_block_for_fresh_machines() {
        check_commands(
            "```console\n$ no\n```\nOn a fresh machine, do:\n\n```console\n$ one -p a    # why\nanswer\n$ two\n```\n```console\n$ no\n```",
            expect![["one -p a    # why\ntwo"]],
        );
        check_commands("nothing", expect!["README.md has no block of commands below `On a fresh machine`"]);
        check_commands(
            "On a fresh machine\n```console\n```",
            expect!["README.md has no line with `$ ` below `On a fresh machine`"],
        );
        let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("read");
        let names = |line: &str| line.split_once("  ").map_or(line, |(command, _)| command).to_owned();
        let own: Vec<String> = commands(&readme).expect("it has some").into_iter().map(names).collect();
        assert_eq!(own, ["cargo xtask stability -p quickstart", "cargo xtask ci --setup"]);
    }

    #[track_caller]
    fn check_environment(own: &[(&str, &str)], expected: Expect) {
        let own = own.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let made = environment(own, Path::new("/new/home"), Path::new("/new/cargo"));
        let lines = made.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn the_environment_has_nothing_of_earlier_builds() {
        check_environment(
            &[
                ("PATH", "/bin"),
                ("HOME", "/old/home"),
                ("CARGO", "/x"),
                ("CARGO_PKG_NAME", "x"),
                ("RUSTFLAGS", "-x"),
                ("CARGO_HTTP_CAINFO", "/ca"),
            ],
            expect![[
                "PATH=/bin\nCARGO_HTTP_CAINFO=/ca\nHOME=/new/home\nCARGO_HOME=/new/cargo\nRUSTUP_HOME=/old/home/.rustup"
            ]],
        );
        check_environment(
            &[
                ("CARGO_HOME", "/old"),
                ("CARGO_TARGET_DIR", "/t"),
                ("RUSTUP_HOME", "/up"),
                ("RUSTUP_TOOLCHAIN", "x"),
                ("XDG_CACHE_HOME", "/c"),
            ],
            expect![["HOME=/new/home\nCARGO_HOME=/new/cargo\nRUSTUP_HOME=/up"]],
        );
    }

    /// A repository with one file, and a change that is not committed.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        let git = |args: &[&str]| answer(dir.path(), args).expect("git works");
        git(&["init", "--quiet"]);
        fs::write(dir.path().join("file"), "committed").expect("written");
        git(&["add", "file"]);
        git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "one"]);
        fs::write(dir.path().join("file"), "changed").expect("written");
        dir
    }

    #[test]
    fn commands_run_in_a_clone_that_is_deleted() {
        let (repository, out) = (repository(), tempfile::tempdir().expect("a directory"));
        let seen = |name: &str| fs::read_to_string(out.path().join(name)).expect("written");
        let note = |what: &str, name: &str| format!("{what} > {}", out.path().join(name).display());
        let commands = [
            note("cat file", "file"),
            note("pwd", "pwd"),
            note("ls -A \"$HOME\"", "home"),
            note("echo $CARGO_HOME", "cargo"),
        ];
        let commands = commands.each_ref().map(String::as_str);
        in_clone(repository.path(), &commands).expect("they succeed");
        assert_eq!((seen("file").as_str(), seen("home").as_str()), ("committed", ""));
        for place in [seen("pwd"), seen("cargo")] {
            assert!(!Path::new(place.trim()).exists(), "{place} is deleted");
        }
        let failing = [commands[1], "exit 3", commands[0]];
        let error = in_clone(repository.path(), &failing).expect_err("one fails").to_string();
        assert_eq!(error, "`exit 3` failed in a fresh clone: exit status: 3");
        assert!(!Path::new(seen("pwd").trim()).exists(), "deleted after a failure, too");
    }
}
