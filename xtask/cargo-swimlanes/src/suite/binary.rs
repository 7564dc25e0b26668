//! A test binary that cargo built, and how its processes end.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use serde::Serialize;

/// Variables that would change the output of a suite or the order of its tests.
const NOT_PASSED_ON: [&str; 5] = [
    "RUST_TEST_NOCAPTURE",
    "RUST_TEST_SHUFFLE",
    "RUST_TEST_SHUFFLE_SEED",
    "RUST_TEST_THREADS",
    // With it, a suite would assume that cargo-nextest runs it, although cargo-nextest runs us.
    "NEXTEST_EXECUTION_MODE",
];

/// The format of a suite's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Harness {
    /// Events in a file, and seeds.
    Swimlanes,
    /// libtest's text on stdout; also libtest-mimic.
    Libtest,
}

/// A test binary that cargo built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Binary {
    /// As in nextest: `shop`, `shop::api`, `shop::bin/till`.
    pub(crate) name: String,
    pub(crate) package: String,
    /// The id of the package in cargo's metadata.
    pub(crate) package_id: String,
    /// The name of the target.
    pub(crate) target: String,
    /// As in nextest: `lib`, `test`, `bin`, `example`, `bench`, `proc-macro`.
    pub(crate) kind: String,
    pub(crate) executable: PathBuf,
    /// The directory in which it runs: that of its package.
    pub(crate) directory: PathBuf,
    /// The variables that `cargo test` would add to its environment.
    pub(crate) environment: Vec<(String, String)>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub(crate) enum RunEnd {
    /// By itself.
    Exited { code: i32 },
    /// By a signal that we did not send.
    Signalled { signal: i32 },
    /// We killed it, as it took too long.
    TimedOut,
    /// We stopped it after Ctrl-C.
    Interrupted,
}

impl Binary {
    /// The binary as `cargo test` would start it, without arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.directory).envs(self.environment.iter().map(|(name, value)| (name, value)));
        for name in NOT_PASSED_ON {
            command.env_remove(name);
        }
        // The runs of a campaign are not those that the user repeats with `--last-failed`.
        command.env("SWIMLANES_HISTORY", "off");
        command
    }
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "ended with exit code {code}"),
            Self::Signalled { signal } => {
                write!(f, "was ended by signal {signal}")?;
                // The signals of faulty programs, whose numbers are the same on all Unix systems.
                let name = [(4, "SIGILL"), (6, "SIGABRT"), (8, "SIGFPE"), (9, "SIGKILL"), (11, "SIGSEGV")];
                name.iter().find(|(number, _)| number == signal).map_or(Ok(()), |(_, name)| write!(f, " ({name})"))
            }
            Self::TimedOut => f.write_str("took too long and was ended"),
            Self::Interrupted => f.write_str("was interrupted"),
        }
    }
}
