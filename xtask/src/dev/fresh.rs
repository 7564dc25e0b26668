//! `cargo xtask ci --fresh`: the commands of the README in a fresh clone, as on a machine where nothing was built before.

mod environment;
mod group;
mod programs;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Error, Result, bail, ensure};
use guppy::MetadataCommand;

use crate::dev::installed::cargo_home;
use environment::{GIT_VARIABLES, NewDirectories, environment};
use group::{CommandRunner, GroupExit};

/// The sentence before the commands in the README.
const BEFORE: &str = "On a fresh machine";

/// The exit code after Ctrl-C, as in a shell.
const INTERRUPTED: u8 = 130;

/// How the commands ended.
#[derive(Debug, PartialEq, Eq)]
enum FreshOutcome {
    Succeeded,
    Interrupted,
}

/// Clones HEAD, runs the README's commands there with an empty home, and deletes everything.
pub(super) fn run(root: &Path) -> Result<ExitCode> {
    let readme = fs::read_to_string(root.join("README.md")).context("cannot read README.md")?;
    let commands = commands(&readme)?;
    let built = [root.join("target"), target_directory(root)?];
    if !answer(root, &["status", "--porcelain"])?.is_empty() {
        println!("not included: uncommitted changes");
    }
    programs::print();
    let runner = CommandRunner::watch().context("cannot watch for Ctrl-C")?;
    match in_clone(root, &built, &commands, &runner)? {
        FreshOutcome::Succeeded => Ok(ExitCode::SUCCESS),
        FreshOutcome::Interrupted => {
            eprintln!("interrupted");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Where cargo has built this program.
fn target_directory(root: &Path) -> Result<PathBuf> {
    let graph = MetadataCommand::new().current_dir(root).no_deps().build_graph();
    Ok(graph.context("cannot ask cargo for the target directory")?.workspace().target_directory().into())
}

/// Runs these commands in a fresh clone of HEAD, one after the other. Uses nothing from the directories `built`.
fn in_clone(root: &Path, built: &[PathBuf], commands: &[&str], runner: &CommandRunner) -> Result<FreshOutcome> {
    let machine = tempfile::Builder::new().prefix("swimlanes-fresh-").tempdir().context("cannot make a directory")?;
    let done = FreshMachine::new(root, machine.path(), built).and_then(|fresh| fresh.run(commands, runner));
    // Ctrl-C also reaches git, which fails then.
    let done = if runner.is_raised() { Ok(FreshOutcome::Interrupted) } else { done };
    let place = machine.path().display().to_string();
    conclude(done, machine.close().with_context(|| format!("cannot delete {place}")))
}

/// Combines both results. An error of the deletion is added.
fn conclude(done: Result<FreshOutcome>, deleted: Result<()>) -> Result<FreshOutcome> {
    let Err(left) = deleted else { return done };
    match done {
        Ok(FreshOutcome::Succeeded) => Err(left),
        Ok(FreshOutcome::Interrupted) => {
            eprintln!("error: {left:#}");
            Ok(FreshOutcome::Interrupted)
        }
        Err(error) => Err(Error::msg(format!("{error:#}\nerror: {left:#}"))),
    }
}

struct FreshMachine {
    clone: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl FreshMachine {
    fn new(root: &Path, dir: &Path, built: &[PathBuf]) -> Result<Self> {
        let [clone, home, cargo_home] = ["clone", "home", "cargo-home"].map(|name| dir.join(name));
        for dir in [&home, &cargo_home] {
            fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        let head = answer(root, &["rev-parse", "HEAD"])?;
        // Exactly this commit, on any branch.
        answer(dir, &["clone", "--quiet", "--no-hardlinks", "--no-checkout", &root.display().to_string(), "clone"])?;
        answer(&clone, &["checkout", "--quiet", "--detach", head.trim()])?;
        if let Some(config) = own_config() {
            println!("not fresh: {}, which may configure the registry of crates, is copied", config.display());
            let to = cargo_home.join("config.toml");
            fs::copy(&config, &to).with_context(|| format!("cannot copy {}", config.display()))?;
        }
        println!("HOME, CARGO_HOME and the target directory are empty; HEAD is {}", head.trim());
        // The gate expects it in the clone. The variable overrides the configuration that was copied.
        let new = NewDirectories { home, cargo_home, target: clone.join("target") };
        let environment = environment(std::env::vars_os(), &new, built);
        Ok(Self { clone, environment })
    }

    fn run(&self, commands: &[&str], runner: &CommandRunner) -> Result<FreshOutcome> {
        let mut took = Vec::new();
        for command in commands {
            println!("\n$ {command}");
            let started = Instant::now();
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).current_dir(&self.clone).stdin(Stdio::null());
            shell.env_clear().envs(self.environment.iter().cloned());
            let end = runner.run(&mut shell).with_context(|| format!("cannot run `{command}`"))?;
            let GroupExit::ByItself(status) = end else { return Ok(FreshOutcome::Interrupted) };
            ensure!(status.success(), "`{command}` failed in a fresh clone: {status}");
            took.push((started.elapsed(), command));
        }
        println!("\nfresh clone, all commands succeeded:");
        for (time, command) in took {
            println!("  {:>7.1}s {command}", time.as_secs_f64());
        }
        Ok(FreshOutcome::Succeeded)
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

/// Cargo's configuration of this user, if there is one.
fn own_config() -> Option<PathBuf> {
    let home = cargo_home()?;
    ["config.toml", "config"].map(|name| home.join(name)).into_iter().find(|path| path.is_file())
}

/// Runs git and returns its output.
fn answer(dir: &Path, args: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    for name in GIT_VARIABLES {
        git.env_remove(name);
    }
    let output = git.current_dir(dir).args(args).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("`git {}` failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).context("the output of git is not UTF-8")
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

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
    fn commands_are_read_from_the_block_for_fresh_machines() {
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

    /// A directory in which commands record what they observe.
    struct Recorder(tempfile::TempDir);

    impl Recorder {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a directory"))
        }

        fn note(&self, command: &str, name: &str) -> String {
            format!("{command} > {}", self.0.path().join(name).display())
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.path().join(name)).expect("written").trim_end().to_owned()
        }

        #[track_caller]
        fn is_deleted(&self, name: &str) {
            let place = self.read(name);
            assert!(!Path::new(&place).exists(), "{place} is deleted");
        }
    }

    fn try_in_clone(repository: &Path, commands: &[String], runner: &CommandRunner) -> Result<FreshOutcome> {
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        in_clone(repository, &[], &commands, runner)
    }

    fn no_interrupts() -> CommandRunner {
        CommandRunner::new(Duration::from_secs(60))
    }

    #[test]
    fn commands_run_in_a_clone_that_is_deleted() {
        let (repository, seen) = (repository(), Recorder::new());
        let commands = [
            seen.note("cat file", "file"),
            seen.note("pwd", "pwd"),
            seen.note("ls -A \"$HOME\"", "home"),
            seen.note("echo $CARGO_HOME", "cargo"),
            seen.note("echo $CARGO_TARGET_DIR", "target"),
        ];
        assert_eq!(
            try_in_clone(repository.path(), &commands, &no_interrupts()).expect("success"),
            FreshOutcome::Succeeded
        );
        assert_eq!((seen.read("file").as_str(), seen.read("home").as_str()), ("committed", ""));
        assert_eq!(seen.read("target"), format!("{}/target", seen.read("pwd")));
        ["pwd", "cargo", "target"].iter().for_each(|name| seen.is_deleted(name));
        let failing = [commands[1].clone(), "exit 3".to_owned(), commands[0].clone()];
        let error = try_in_clone(repository.path(), &failing, &no_interrupts()).expect_err("one fails").to_string();
        assert_eq!(error, "`exit 3` failed in a fresh clone: exit status: 3");
        seen.is_deleted("pwd");
    }

    #[test]
    fn ctrl_c_ends_the_command_and_everything_is_deleted() {
        let (repository, seen, runner) = (repository(), Recorder::new(), no_interrupts());
        let ready = seen.0.path().join("ready");
        assert!(Command::new("mkfifo").arg(&ready).status().expect("mkfifo starts").success());
        let commands =
            [seen.note("pwd", "pwd"), format!("echo > {}; sleep 1000", ready.display()), seen.note("", "no")];
        let done = std::thread::scope(|scope| {
            let running = scope.spawn(|| try_in_clone(repository.path(), &commands, &runner));
            fs::read(&ready).expect("it is ready");
            runner.raise();
            running.join().expect("no panic")
        });
        assert_eq!(done.expect("no error"), FreshOutcome::Interrupted);
        seen.is_deleted("pwd");
        assert!(!seen.0.path().join("no").exists(), "nothing is started after it");
    }

    #[track_caller]
    fn check_conclude(done: Result<FreshOutcome>, deleted: Result<()>, expected: Expect) {
        expected.assert_eq(&match conclude(done, deleted) {
            Ok(done) => format!("{done:?}"),
            Err(error) => format!("error: {error:#}"),
        });
    }

    #[test]
    fn a_failed_deletion_does_not_hide_the_failed_command() {
        let left = || Err(Error::msg("why").context("cannot delete /tmp/x"));
        check_conclude(Ok(FreshOutcome::Succeeded), Ok(()), expect!["Succeeded"]);
        check_conclude(Ok(FreshOutcome::Succeeded), left(), expect!["error: cannot delete /tmp/x: why"]);
        check_conclude(Ok(FreshOutcome::Interrupted), left(), expect!["Interrupted"]);
        check_conclude(Err(Error::msg("`a` failed")), Ok(()), expect!["error: `a` failed"]);
        check_conclude(
            Err(Error::msg("`a` failed")),
            left(),
            expect![[r#"
                error: `a` failed
                error: cannot delete /tmp/x: why"#]],
        );
    }
}
