//! A workspace of test suites with deliberate faults, and the command that runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Fails in every third run: it counts them in a file.
const FLAKY: &str = r#"
#[test]
fn fails_in_every_third_run() {
    let n: u32 = std::fs::read_to_string("runs").map_or(0, |text| text.parse().unwrap()) + 1;
    std::fs::write("runs", n.to_string()).unwrap();
    assert!(n % 3 != 0, "this is run {n}");
}

#[test]
fn is_broken() {
    println!("what it prints");
    assert_eq!(1 + 1, 3);
}

#[test]
fn is_stable() {
    assert_eq!(env!("CARGO_PKG_NAME"), std::env::var("CARGO_PKG_NAME").unwrap());
    assert_eq!(env!("CARGO_MANIFEST_DIR"), std::env::current_dir().unwrap().to_str().unwrap());
}

#[test]
#[ignore]
fn is_ignored() {}
"#;

const ABORTS: &str = r#"
#[test]
fn a_before() {}

#[test]
fn b_aborts() {
    eprintln!("this is captured");
    std::process::abort();
}

#[test]
fn c_after() {}
"#;

/// Connects to a port when it runs, and then runs for ever.
const HANGS: &str = r#"
use std::io::Read;

#[test]
fn hangs() {
    let mut stream = std::net::TcpStream::connect(std::env::var("HANGS_AT").unwrap()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    loop { std::thread::park(); }
}
"#;

const CUSTOM: &str = r#"fn main() { println!("I am a test of a kind of my own"); }"#;

/// A directory with packages. Dropping it deletes the directory.
pub(crate) struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    /// The workspace names the package `shop` for campaigns.
    pub(crate) fn new() -> Self {
        let project = Self { directory: tempfile::tempdir().expect("a directory") };
        project.write(
            "Cargo.toml",
            r#"
                [workspace]
                resolver = "3"
                members = ["shop", "crash", "hang"]
                [workspace.metadata.swimlanes]
                stability-packages = ["shop"]
            "#,
        );
        let package = |name: &str, more: &str| {
            let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}");
            project.write(&format!("{name}/Cargo.toml"), &manifest);
            project.write(&format!("{name}/src/lib.rs"), "");
        };
        package("shop", "[[test]]\nname = \"custom\"\nharness = false");
        project.write("shop/tests/api.rs", FLAKY);
        project.write("shop/tests/custom.rs", CUSTOM);
        package("crash", "");
        project.write("crash/tests/aborts.rs", ABORTS);
        package("hang", "");
        project.write("hang/tests/hangs.rs", HANGS);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// `cargo swimlanes stability` with these arguments, in the workspace. It prints no color and builds into the workspace.
    pub(crate) fn stability(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-swimlanes"));
        command.args(["swimlanes", "stability"]).args(words.split_whitespace());
        command.current_dir(self.directory.path());
        command.env("CARGO_TARGET_DIR", self.path("target")).env("NO_COLOR", "1").env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs it to its end. Returns the exit code, and the output without the parts that vary.
    #[track_caller]
    pub(crate) fn run(&self, words: &str) -> CommandOutput {
        let output = self.stability(words).output().expect("the command runs");
        CommandOutput::new(output, self.directory.path())
    }

    /// The JSON report in this file, without the parts that vary.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(name)).expect("a report");
        let lines = text.lines().map(|line| match line.split_once("\": ") {
            Some((name, value)) if ["started", "finished", "took_s"].contains(&name.trim_start_matches([' ', '"'])) => {
                let comma = if value.ends_with(',') { "," } else { "" };
                format!("{name}\": \"[time]\"{comma}\n")
            }
            _ => format!("{line}\n"),
        });
        lines.collect()
    }
}

/// The output of a command.
pub(crate) struct CommandOutput {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl CommandOutput {
    pub(crate) fn new(output: Output, directory: &Path) -> Self {
        let text = |bytes: &[u8]| scrub(&String::from_utf8_lossy(bytes), directory);
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// Replaces times, and the path of the workspace.
fn scrub(text: &str, directory: &Path) -> String {
    let text = text.replace(&*directory.to_string_lossy(), "[workspace]");
    let lines = text.split_inclusive('\n').map(|line| {
        let line = match line.split_once(", seed ").filter(|(before, _)| before.contains(" each at ")) {
            // The sentence about the campaign ends with its time.
            Some((before, after)) => {
                let seed: String = after.chars().take_while(char::is_ascii_digit).collect();
                format!("{before}, seed {seed}, [time].\n")
            }
            None => line.to_owned(),
        };
        match line.rfind("  (").filter(|_| line.starts_with("run ")) {
            Some(at) => format!("{}  ([time])\n", &line[..at]),
            None => line,
        }
    });
    lines.collect()
}
